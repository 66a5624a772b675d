/**
 * Who changed what a moment ago: the marks that flash in a list.
 *
 * A mark lives for two seconds by the clock and not by its animation, since whoever wants less motion gets a still mark for as long.
 *
 * @typedef {object} Mark
 * @property {number} n                 counts marks: the next one starts its flash anew
 * @property {Set<string>|null} fields  what changed; null: the whole row is new
 * @property {string|null} by           who
 * @property {any} at                   when, as the row says it
 * @property {number} until
 */

/** Long enough to be found by an eye that was elsewhere, short enough not to be taken for a state. */
export const FLASH_MS = 2000;
/** What changes with every edit and says nothing by itself. */
const BOOKKEEPING = new Set(["rev", "created_at", "updated_by"]);

export class Marks {
  /** @type {Map<string, Mark>} */ #marks = new Map();
  #count = 0;
  /** @type {any} */ #timer = null;
  #clock;
  #onChange;

  /** @param {Pick<import("../clock.js").Clock, "now"|"setTimeout">} clock @param {() => void} onChange */
  constructor(clock, onChange) {
    this.#clock = clock;
    this.#onChange = onChange;
  }

  get size() {
    return this.#marks.size;
  }

  /** @param {string} id @returns {Mark|null} */
  of(id) {
    return this.#marks.get(id) ?? null;
  }

  /** @param {string} id @param {Set<string>|null} fields @param {{by?: string|null, at?: any}} [of] */
  add(id, fields, { by = null, at = null } = {}) {
    if (fields?.size === 0) return;
    this.#count += 1;
    this.#marks.set(id, { n: this.#count, fields, by, at, until: this.#clock.now() + FLASH_MS });
    this.#timer ??= this.#clock.setTimeout(() => this.#expire(), FLASH_MS);
  }

  /** @param {string} id */
  forget(id) {
    this.#marks.delete(id);
  }

  #expire() {
    const now = this.#clock.now();
    for (const [id, mark] of this.#marks) if (mark.until <= now) this.#marks.delete(id);
    const next = Math.min(...[...this.#marks.values()].map((mark) => mark.until));
    this.#timer = Number.isFinite(next) ? this.#clock.setTimeout(() => this.#expire(), next - now) : null;
    this.#onChange();
  }
}

/** The fields in which two states of a row differ, as a reader would see it. @param {any} before @param {any} after @returns {Set<string>} */
export function changedFields(before, after) {
  const names = Object.keys(after).filter((name) => !BOOKKEEPING.has(name));
  return new Set(names.filter((name) => !same(before[name], after[name])));
}

/** @param {any} a @param {any} b */
const same = (a, b) => a === b || (typeof a === "object" && typeof b === "object" && JSON.stringify(a) === JSON.stringify(b));
