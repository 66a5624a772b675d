/**
 * What a change changed: fields that people edit, from and to.
 *
 * Revisions, times, counts and names of other rows that a row only shows are no changes of it. Pure.
 */

/** What people edit, in the order in which they read it. */
export const EDITED = Object.freeze(["name", "login", "description", "email", "group_id", "category_id", "registrator_id", "parent_id",
  "folder", "path", "size", "mime", "sha256", "status", "note", "enabled", "permissions", "password"]);

/** Fields that differ. @param {Record<string, any>} before @param {Record<string, any>} after @returns {string[]} */
export const changedFields = (before, after) => EDITED.filter((name) => name in after && !same(before[name], after[name]));

/** What a field is called; one that has no word is called by its own name. @param {import("./i18n.js").I18n} i18n @param {string} entity @param {string} name */
export function fieldName(i18n, entity, name) {
  const key = [`col.${entity}.${name}`, `col.${name}`].find((key) => i18n.has(key));
  return key ? i18n.t(key) : name;
}

/** `Категория, Статус`. @param {import("./i18n.js").I18n} i18n @param {string} entity @param {string[]} names */
export const fieldNames = (i18n, entity, names) => names.map((name) => fieldName(i18n, entity, name)).join(", ");

/** @param {any} one @param {any} other */
const same = (one, other) => JSON.stringify(one ?? null) === JSON.stringify(other ?? null);
