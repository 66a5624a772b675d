/**
 * The form of one record and its draft: what was typed, what follows the others, what both changed.
 *
 * It knows nothing of dialogs, presence or locks. What a person typed is changed by {@link RecordEdit.show} alone, and only where he
 * asked for it or did not touch the field.
 *
 * @typedef {import("./fields.js").FieldSpec} FieldSpec
 * @typedef {import("../core/draft.js").Author} Author
 * @typedef {Record<string, any>} Row
 */
import { Draft, same } from "../core/draft.js";
import { authorOf } from "./author.js";
import { fill, read } from "./fields.js";

/** "Just now" is no longer true after this. */
const FRESH_MS = 10_000;

export class RecordEdit {
  /** Fields that followed the others a moment ago. @type {Map<string, Author|null>} */ fresh = new Map();
  /** What a select held at any time, and must go on offering. @type {Map<string, Set<string>>} */ #held = new Map();
  #form;
  #onChange;

  /**
   * @param {FieldSpec[]} fields @param {Row} row what the record is, or what a new one begins with
   * @param {{form: () => HTMLFormElement|null, onChange: () => void, ancestor?: Row}} ports `ancestor`: of fields whose editing began earlier
   */
  constructor(fields, row, { form, onChange, ancestor }) {
    const texts = fields.filter(({ kind }) => kind === "text").map(({ name }) => name);
    this.fields = fields;
    this.draft = new Draft(row, fields.map(({ name }) => name), { texts, ancestor, by: authorOf(row) });
    this.#form = form;
    this.#onChange = onChange;
    this.#hold(row);
    this.#hold(ancestor ?? {});
  }

  /** What the form holds. @returns {Row} */
  get values() {
    const form = this.#form();
    return form ? read(form, this.fields) : {};
  }

  /** Whether something would be lost. */
  get dirty() {
    return Object.keys(this.draft.changes(this.values)).length > 0;
  }

  /** The fields that I touched. @returns {string[]} */
  get touched() {
    const { values } = this;
    return this.draft.names.filter((name) => this.draft.touched(name, values));
  }

  get conflicts() {
    return this.draft.conflicts(this.values);
  }

  /** Puts values into the form. @param {Row} values */
  show(values) {
    const form = this.#form();
    if (!form) return;
    this.#hold(values);
    this.#onChange(); // first: a select must have the option before it can show it
    fill(form, this.fields, values);
    this.#onChange();
  }

  /** A newer row: what I did not touch follows it. @param {Row} row @param {Author|null} by @returns {string[]} the fields that changed */
  rebase(row, by) {
    const before = this.draft.row;
    const follows = this.draft.rebase(row, this.values, by);
    const names = Object.keys(follows);
    for (const name of names) this.#freshen(name, by);
    this.show(follows);
    this.#flash(names);
    return this.draft.names.filter((name) => this.draft.row[name] !== before[name]);
  }

  /** What they have in a field that both changed. @param {string} name */
  take(name) {
    this.draft.settle([name]);
    this.show({ [name]: this.draft.row[name] });
  }

  /** What was decided about fields that both changed. @param {Row} values */
  decide(values) {
    this.draft.settle(Object.keys(values));
    this.show(values);
  }

  /** The server took what the form held; what was typed since stays unsaved. @param {Row} row as it is now @param {Row} sent the values of then */
  took(row, sent) {
    const { values } = this;
    this.draft.rebase(row, values);
    const names = this.draft.names.filter((name) => same(values[name], sent[name]));
    this.decide(Object.fromEntries(names.map((name) => [name, this.draft.row[name]])));
  }

  /** Merges inside fields what merges by itself. */
  mergeWithin() {
    this.show(this.draft.mergeWithin(this.values));
  }

  /** Ids that the select must offer beside what there is. @param {string} name */
  held(name) {
    const value = this.#form()?.querySelector(`[name="${CSS.escape(name)}"]`);
    if (value instanceof HTMLSelectElement && value.value) this.#hold({ [name]: value.value });
    return this.#held.get(name) ?? new Set();
  }

  /** @param {Row} values */
  #hold(values) {
    for (const { name, kind } of this.fields) {
      if (kind === "select" && values[name]) this.#held.set(name, (this.#held.get(name) ?? new Set()).add(values[name]));
    }
  }

  /** @param {string} name @param {Author|null} by */
  #freshen(name, by) {
    this.fresh.set(name, by);
    setTimeout(() => {
      if (this.fresh.get(name) === by && this.fresh.delete(name)) this.#onChange();
    }, FRESH_MS);
  }

  /** @param {string[]} names */
  #flash(names) {
    for (const name of names) {
      const field = this.#form()?.querySelector(`[data-field="${CSS.escape(name)}"]`);
      field?.animate([{ backgroundColor: "var(--flash)" }, { backgroundColor: "transparent" }], { duration: 2000 });
    }
  }
}
