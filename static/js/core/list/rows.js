/**
 * The rows that a list shows: their values, their order, and what is known and does not show yet.
 *
 * Values may follow while the order stays: then what came, went or moved waits by name, and rows that went are *gone*: shown still,
 * and marked. A lower revision never replaces a higher one.
 *
 * @typedef {import("../store.js").Row} Row
 */
import { changedFields } from "./marks.js";
import { Waiting } from "./waiting.js";

/** Rows whose arrival is remembered so that they flash when they show. Who adds more at once sees them all the same. */
const ARRIVED_MAX = 50;

export class Rows {
  /** In their order. @type {Row[]} */ items = [];
  /** What is known and not shown. */ waiting = new Waiting();
  /** Rows that are shown and no longer there. @type {Set<string>} */ gone = new Set();

  #total = 0;
  /** @type {Set<string>} */ #arrived = new Set();
  /** Out of sight because they are about to be deleted. @type {Map<string, {row: Row, at: number, sent: boolean}>} */ #hidden = new Map();
  #marks;
  #arrange;

  /** @param {import("./marks.js").Marks} marks @param {(rows: Row[]) => Row[]} arrange another order of the same rows */
  constructor(marks, arrange) {
    this.#marks = marks;
    this.#arrange = arrange;
  }

  /** How many there are on all pages. */
  get total() {
    return this.#total - this.#hidden.size;
  }

  /** @param {string} id */
  row(id) {
    return this.items.find((item) => item.id === id);
  }

  /** Another state of a row. @param {Row} row @param {string|null} [by] null: by the person himself, to whom it is no news */
  put(row, by = row.updated_by?.name) {
    const at = this.items.findIndex((item) => item.id === row.id);
    if (at < 0 || this.items[at].rev > row.rev) return;
    if (by === null) this.#marks.forget(row.id);
    else this.#mark(row, changedFields(this.items[at], row), by);
    this.items = this.items.with(at, row);
  }

  /** A row that is perhaps to be shown. @param {string} id @param {boolean} added by somebody else: it flashes when it shows */
  arrive(id, added) {
    if (added && this.#arrived.size < ARRIVED_MAX) this.#arrived.add(id);
    this.waiting.add(id);
  }

  /** A row is no more. @param {string} id @param {boolean} stays rows may not move now, or another one may follow in */
  remove(id, stays) {
    const shown = this.row(id) !== undefined;
    if (this.#hidden.delete(id) || shown) this.#total -= 1;
    if (!stays) this.items = this.items.filter((item) => item.id !== id);
    else this.leave(id);
  }

  /** A row no longer belongs here, and is shown until rows may move. @param {string} id */
  leave(id) {
    if (this.row(id)) this.gone.add(id);
    this.waiting.add(id);
  }

  /** The rows as they are, in their order. @param {Row[]} items @param {number} total */
  settle(items, total) {
    const before = new Map(this.items.map((item) => [item.id, item]));
    const now = new Set(items.map((item) => item.id));
    for (const [id, hidden] of this.#hidden) if (hidden.sent && !now.has(id)) this.#hidden.delete(id);
    this.#total = total;
    this.items = this.#arrange(this.#visible(items).map((item) => this.#newer(before.get(item.id), item)));
    this.settled();
  }

  /** Nothing waits: what is shown is all there is. */
  settled() {
    this.waiting.clear();
    this.gone.clear();
    this.#arrived.clear();
  }

  /**
   * The order stays; values follow unless `frozen`. What differs waits.
   * @param {Row[]} items @param {number} total @param {boolean} frozen
   * @returns {boolean} whether nothing differs
   */
  within(items, total, frozen) {
    const now = new Map(this.#visible(items).map((item) => [item.id, item]));
    for (const item of this.items) {
      const next = now.get(item.id);
      if (!next) frozen ? this.waiting.add(item.id) : this.leave(item.id);
      else if (frozen && changedFields(item, next).size > 0) this.waiting.add(item.id);
    }
    for (const id of now.keys()) if (!this.row(id)) this.waiting.add(id);
    if (!this.waiting.any && this.#moved([...now.values()])) this.waiting.addMany();
    if (!frozen) this.items = this.items.map((item) => this.#newer(item, now.get(item.id) ?? item));
    if (!frozen) this.#total = total;
    return !this.waiting.any;
  }

  /** Takes rows out of sight that are about to be deleted. @param {Row[]} rows */
  hide(rows) {
    for (const row of rows) this.#hidden.set(row.id, { row, at: this.items.findIndex((item) => item.id === row.id), sent: false });
    this.items = this.#visible(this.items);
  }

  /** They are not deleted after all: back where they stood. @param {string[]} ids */
  unhide(ids) {
    const back = ids.flatMap((id) => this.#hidden.get(id) ?? []).sort((a, b) => a.at - b.at);
    for (const id of ids) this.#hidden.delete(id);
    for (const { row, at } of back) if (at >= 0 && !this.row(row.id)) this.items = this.items.toSpliced(at, 0, row);
  }

  /** They are deleted: the next look has them no more. @param {string} id */
  sent(id) {
    const hidden = this.#hidden.get(id);
    if (hidden) hidden.sent = true;
  }

  /** @param {Row[]} rows */
  #visible(rows) {
    return rows.filter((row) => !this.#hidden.has(row.id));
  }

  /** Whether the same rows have another order. @param {Row[]} items */
  #moved(items) {
    return this.#arrange(items).some((item, n) => item.id !== this.items[n]?.id);
  }

  /** @param {Row|undefined} old @param {Row} item */
  #newer(old, item) {
    if (!old && this.#arrived.has(item.id)) this.#mark(item, null);
    if (!old || old.rev > item.rev) return old ?? item;
    const fields = changedFields(old, item);
    this.#mark(item, fields);
    return fields.size === 0 && old.rev === item.rev ? old : item;
  }

  /** @param {Row} row @param {Set<string>|null} fields @param {string} [by] */
  #mark(row, fields, by = row.updated_by?.name) {
    this.#marks.add(row.id, fields, { by, at: row.updated_at });
  }
}
