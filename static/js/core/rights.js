/** What a person may do, as the server says it. The server checks again; this only decides what is offered. */

export const ENTITIES = Object.freeze(["files", "users", "groups", "categories", "registrators"]);

/** Rights beyond seeing and editing the entities. */
export const OTHER_RIGHTS = Object.freeze(["logs.view", "imports.run", "scans.run", "admin"]);

/** @typedef {{id: string, login: string, name: string, group: any, permissions: string[], admin?: boolean, locks?: string[]}} User  `locks`: entities whose records are locked while edited */

/** @param {User} user @param {string} right */
export function may(user, right) {
  const has = (/** @type {string} */ name) => user.permissions.includes(name);
  if (user.admin || has("admin") || has(right)) return true;
  return right.endsWith(".view") && has(right.replace(/view$/, "edit"));
}

/** The entities whose rows the person may see. @param {User} user */
export const visible = (user) => ENTITIES.filter((entity) => may(user, `${entity}.view`));

/** @param {User} a @param {User} b */
export const sameRights = (a, b) => Boolean(a.admin) === Boolean(b.admin) && [...a.permissions].sort().join() === [...b.permissions].sort().join();
