/**
 * A record being edited: what it was, what I typed, what others saved meanwhile.
 *
 * Three-way by field, and by line in long texts. A field that I did not touch follows the others; one that both changed is a conflict,
 * and nothing is decided about it here. Of each field the draft remembers what it was when I began (`ancestor`) and what it is now
 * (`row`); what I have is the form's, handed in whenever something is asked. So an undone change is none, and nothing depends on the
 * order of typing and hearing. Pure.
 *
 * @typedef {Record<string, any>} Row
 * @typedef {{name: string, at: string|number|null}} Author    who saved, and when
 * @typedef {{name: string, base: any, mine: any, theirs: any, by: Author|null}} Conflict
 */
import { mergeSet, mergeText } from "./merge.js";

/** Equal as a form sees it: nothing, null and the empty text are one; so are the ways to end a line; lists of rights have no order. @param {any} a @param {any} b */
export function same(a, b) {
  return JSON.stringify(plain(a)) === JSON.stringify(plain(b));
}

/** @param {any} value */
function plain(value) {
  if (value === undefined || value === "") return null;
  if (typeof value === "string") return value.replace(/\r\n?/g, "\n");
  return Array.isArray(value) ? [...value].sort() : value;
}

export class Draft {
  /** @type {Map<string, Author>} */ #authors = new Map();
  /** Fields that followed the others, or were merged with them, since the form was opened: for the one who asks what happened. @type {Map<string, Author>} */
  merged = new Map();
  #texts;

  /**
   * @param {Row} row the row as it is @param {string[]} names the fields of the form
   * @param {{texts?: string[], ancestor?: Row, by?: Author|null}} [options] `texts`: fields of many lines; `ancestor`: what fields were
   *   when I began, where that is longer ago; `by`: who saved the row since
   */
  constructor(row, names, { texts = [], ancestor = {}, by = null } = {}) {
    this.row = row;
    this.names = names;
    this.ancestor = { ...row, ...ancestor };
    this.#texts = texts;
    for (const name of names) if (by && !same(row[name], this.ancestor[name])) this.#authors.set(name, by);
  }

  get rev() {
    return this.row.rev;
  }

  /** Whether I changed the field, whatever others did. @param {string} name @param {Row} mine the form's values */
  touched(name, mine) {
    return name in mine && !same(mine[name], this.ancestor[name]);
  }

  /** What saving must send: what I touched and what is not so already. @param {Row} mine @returns {Row} */
  changes(mine) {
    return pick(mine, this.names.filter((name) => this.touched(name, mine) && !same(mine[name], this.row[name])));
  }

  /** Fields that others and I changed in different ways, and that nobody has decided. @param {Row} mine @returns {Conflict[]} */
  conflicts(mine) {
    const open = this.names.filter((name) => name in this.changes(mine) && !same(this.row[name], this.ancestor[name]));
    return open.map((name) => ({ name, base: this.ancestor[name], mine: mine[name], theirs: this.row[name], by: this.#authors.get(name) ?? null }));
  }

  /**
   * The others saved a newer row. @param {Row} row @param {Row} mine the form's values @param {Author|null} [by]
   * @returns {Row} fields that I did not touch and that the form must show now
   */
  rebase(row, mine, by = null) {
    if (row.rev !== undefined && this.rev !== undefined && row.rev <= this.rev) return {};
    const changed = this.names.filter((name) => name in row && !same(row[name], this.row[name]));
    const follows = this.names.filter((name) => name in row && !this.touched(name, mine) && !same(row[name], mine[name]));
    for (const name of changed) if (by) this.#authors.set(name, by);
    for (const name of follows) if (by) this.merged.set(name, by);
    this.row = { ...this.row, ...row };
    this.settle(this.names.filter((name) => !this.touched(name, mine)));
    return pick(row, follows);
  }

  /** Fields inside which we changed different things: lines of a long text, rights of a list. @param {Row} mine @returns {Row} the merged
   * values, for the form to show */
  mergeWithin(mine) {
    const merges = this.conflicts(mine).filter((conflict) => this.mergeable(conflict));
    for (const { name, by } of merges) if (by) this.merged.set(name, by);
    this.settle(merges.map(({ name }) => name));
    return Object.fromEntries(merges.map((conflict) => [conflict.name, this.#within(conflict)]));
  }

  /** Whether the field merges by itself. @param {Conflict} conflict */
  mergeable(conflict) {
    return this.#within(conflict) !== null;
  }

  /** @param {Conflict} conflict */
  #within({ name, base, mine, theirs }) {
    if (Array.isArray(mine)) return mergeSet(base ?? [], mine, theirs ?? []);
    return this.#texts.includes(name) ? mergeText(base ?? "", mine ?? "", theirs ?? "") : null;
  }

  /** What the others saved in these fields is taken note of: what the form holds then is meant. @param {string[]} names */
  settle(names) {
    this.ancestor = { ...this.ancestor, ...pick(this.row, names) };
  }

  /** What is needed to go on later: the fields that I touched, and what they were. @param {Row} mine */
  saved(mine) {
    const names = this.names.filter((name) => this.touched(name, mine));
    return { mine: pick(mine, names), ancestor: pick(this.ancestor, names) };
  }
}

/** @param {Row} row @param {string[]} names @returns {Row} */
const pick = (row, names) => Object.fromEntries(names.map((name) => [name, row[name]]));
