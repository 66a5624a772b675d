/**
 * A tree as one walks through it by keyboard: what of it is in sight, and where a key leads. Pure.
 *
 * Thousands of groups are common, so branches are closed until somebody opens them, and only what is in sight is drawn.
 *
 * @typedef {{id: string, name: string, parentId: string|null, products: number, deleted: boolean}} Group
 * @typedef {object} Line
 * @property {Group} group
 * @property {number} level     from 1
 * @property {number} at        among its brothers, from 1
 * @property {number} of        how many brothers there are with it
 * @property {boolean|null} open  null: it has nothing below it
 */

/** By parent, each in the order given. A group whose parent is not there stands at the root. @param {Group[]} groups */
function families(groups) {
  const ids = new Set(groups.map(({ id }) => id));
  /** @type {Map<string|null, Group[]>} */ const families = new Map();
  for (const group of groups) {
    const parent = group.parentId !== null && ids.has(group.parentId) ? group.parentId : null;
    const family = families.get(parent);
    if (family) family.push(group);
    else families.set(parent, [group]);
  }
  return families;
}

/** What is in sight, from above to below. @param {Group[]} groups @param {ReadonlySet<string>} open @returns {Line[]} */
export function inSight(groups, open) {
  const children = families(groups);
  /** @type {Line[]} */ const lines = [];
  const grow = (/** @type {string|null} */ parent, /** @type {number} */ level) => {
    const family = children.get(parent) ?? [];
    family.forEach((group, n) => {
      const isOpen = children.has(group.id) ? open.has(group.id) : null;
      lines.push({ group, level, at: n + 1, of: family.length, open: isOpen });
      if (isOpen) grow(group.id, level + 1);
    });
  };
  grow(null, 1);
  return lines;
}

/** Those above a group, which must be open for it to be in sight. @param {Group[]} groups @param {string} id @returns {string[]} */
export function above(groups, id) {
  const parents = new Map(groups.map((group) => [group.id, group.parentId]));
  /** @type {Set<string>} */ const seen = new Set();
  for (let at = parents.get(id); at && parents.has(at) && !seen.has(at); at = parents.get(at)) seen.add(at);
  return [...seen];
}

/**
 * Where a key leads from a line: to another one, or to opening or closing this one; null: it is no key of a tree.
 * @param {Line[]} lines @param {string} id @param {string} key as `KeyboardEvent.key` says it
 * @returns {{to: string}|{toggle: string}|null}
 */
export function walk(lines, id, key) {
  const here = lines.findIndex(({ group }) => group.id === id);
  if (here < 0) return null;
  const { group, open } = lines[here];
  const to = (/** @type {number} */ n) => (lines[n] ? { to: lines[n].group.id } : { to: id });
  if (key === "ArrowDown") return to(here + 1);
  if (key === "ArrowUp") return to(here - 1);
  if (key === "Home") return to(0);
  if (key === "End") return to(lines.length - 1);
  if (key === "ArrowRight") return open === false ? { toggle: id } : open ? to(here + 1) : { to: id };
  if (key === "ArrowLeft" && open) return { toggle: id };
  if (key === "ArrowLeft") return lines.some((line) => line.group.id === group.parentId) ? { to: /** @type {string} */ (group.parentId) } : { to: id };
  return null;
}
