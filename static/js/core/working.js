/**
 * Who works on what just now, of all entities together.
 *
 * @typedef {import("./roster.js").Person} Person
 * @typedef {{entity: string, id: string, person: Person}} Work   `id`: the record's, or `"*"` for the list
 */

/** Editors first, then whoever came last. @param {Iterable<[string, Map<string, Person[]>]>} rosters entity → its roster @returns {Work[]} */
export function workOf(rosters) {
  const work = [...rosters].flatMap(([entity, roster]) => [...roster].flatMap(([id, people]) => people.map((person) => ({ entity, id, person }))));
  return work.sort((a, b) => rank(a) - rank(b) || b.person.since - a.person.since);
}

/** How many persons there are. @param {Work[]} work @returns {number} */
export const personsOf = (work) => new Set(work.map(({ person }) => person.user.id)).size;

/** An editor, who looks at a record, who looks at a list. @param {Work} work */
const rank = ({ id, person }) => (person.mode === "edit" ? 0 : id === "*" ? 2 : 1);
