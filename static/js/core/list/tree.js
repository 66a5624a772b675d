/**
 * Rows with a parent as a tree.
 *
 * Only where all rows are here: of a list that is cut into pages, searched or filtered, a branch may hang on a row that is elsewhere,
 * and a tree with such branches would lie. There the order is the server's, and the column of parents says the same in words.
 *
 * @typedef {import("../store.js").Row} Row
 * @typedef {import("../store.js").Query} Query
 */

/** @param {Query} query @param {number} pages */
export const isTree = ({ q, sort, filters }, pages) =>
  pages === 1 && q === "" && Object.keys(filters).length === 0 && sort.replace("-", "") === "name";

/** Children after their parent, brothers in the order given; every row once. @param {Row[]} rows @returns {Row[]} */
export function branches(rows) {
  const ids = new Set(rows.map((row) => row.id));
  /** @type {Map<string|null, Row[]>} */ const children = new Map();
  for (const row of rows) {
    const parent = ids.has(row.parent_id) ? row.parent_id : null;
    if (!children.get(parent)?.push(row)) children.set(parent, [row]);
  }
  /** @type {Set<Row>} */ const ordered = new Set();
  const grow = (/** @type {Row[]} */ brothers) => {
    for (const row of brothers) if (!ordered.has(row)) ordered.add(row), grow(children.get(row.id) ?? []);
  };
  grow(children.get(null) ?? []);
  grow(rows); // rows whose parents go in a circle, which no server of ours sends: shown all the same
  return [...ordered];
}

/** How deep each row stands. @param {Row[]} rows in the order of {@link branches} @returns {Map<string, number>} */
export function depths(rows) {
  /** @type {Map<string, number>} */ const deep = new Map();
  for (const row of rows) deep.set(row.id, deep.has(row.parent_id) ? Number(deep.get(row.parent_id)) + 1 : 0);
  return deep;
}
