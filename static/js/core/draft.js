/**
 * A record being edited: what it was, what I typed, what others saved meanwhile.
 *
 * Three-way by field. A field that I did not touch follows the others; one that both changed is a conflict, and nothing is decided
 * about it here. Pure: forms read and write through {@link Draft}, never the other way round.
 *
 * @typedef {Record<string, any>} Row
 * @typedef {{name: string, base: any, mine: any, theirs: any}} Conflict
 */

/** Equal as a form sees it: nothing, null and the empty text are one; lists of rights have no order. @param {any} a @param {any} b */
export function same(a, b) {
  return JSON.stringify(plain(a)) === JSON.stringify(plain(b));
}

/** @param {any} value */
function plain(value) {
  if (value === undefined || value === "") return null;
  return Array.isArray(value) ? [...value].sort() : value;
}

export class Draft {
  /** @param {Row} base the row as it was when the form was opened @param {string[]} names the fields of the form */
  constructor(base, names) {
    this.base = base;
    this.names = names;
    /** Fields that others and I changed in different ways. @type {Conflict[]} */
    this.conflicts = [];
  }

  get rev() {
    return this.base.rev;
  }

  /** What I changed. @param {Row} mine the form's values @returns {Row} */
  changes(mine) {
    return Object.fromEntries(this.names.filter((name) => name in mine && !same(mine[name], this.base[name])).map((name) => [name, mine[name]]));
  }

  /**
   * The others saved a newer row. It becomes the base; the fields to update in the form are returned.
   * @param {Row} theirs @param {Row} mine the form's values @returns {Row} fields that I did not touch and that changed
   */
  rebase(theirs, mine) {
    if (theirs.rev !== undefined && this.rev !== undefined && theirs.rev <= this.rev) return {};
    const changed = this.names.filter((name) => name in theirs && !same(theirs[name], this.base[name]));
    const touched = (/** @type {string} */ name) => name in mine && !same(mine[name], this.base[name]);
    const clashes = changed.filter((name) => touched(name) && !same(mine[name], theirs[name]));
    const older = this.conflicts.filter((conflict) => !changed.includes(conflict.name));
    this.conflicts = [...older, ...clashes.map((name) => ({ name, base: this.base[name], mine: mine[name], theirs: theirs[name] }))];
    const updates = Object.fromEntries(changed.filter((name) => !touched(name)).map((name) => [name, theirs[name]]));
    this.base = { ...this.base, ...theirs };
    return updates;
  }

  /** All conflicts are decided. */
  settle() {
    this.conflicts = [];
  }
}
