/**
 * What is chosen, and what is done to it.
 *
 * @typedef {import("../../core/store.js").Row} Row
 */
import { each } from "../../core/list/bulk.js";
import { Selection } from "../../core/list/selection.js";
import { t } from "../../core/words.js";
import { showToast } from "../../utils.js";
import { reasons } from "./deletions.js";

export class Bulk {
  selection = new Selection();
  /** What is to be set: field → value. @type {Record<string, string>} */ settings = {};
  /** @type {{ended: number, total: number}|null} */ progress = null;
  /** @type {AbortController|null} */ #abort = null;
  #store;
  #pending;
  #draw;

  /** @param {import("../../core/store.js").ListStore} store @param {Set<string>} pending @param {() => void} draw */
  constructor(store, pending, draw) {
    this.#store = store;
    this.#pending = pending;
    this.#draw = draw;
  }

  /** The chosen rows in their order. @returns {Row[]} */
  get rows() {
    return this.#store.items.filter(({ id }) => this.selection.has(id));
  }

  get #shown() {
    return this.#store.items.map(({ id }) => id);
  }

  /** @param {string} id @param {boolean} [range] */
  pick(id, range = false) {
    this.selection.toggle(id, this.#shown, range);
    this.#draw();
  }

  pickAll() {
    this.selection.toggleAll(this.#shown);
    this.#draw();
  }

  clear() {
    this.selection.clear();
    this.settings = {};
    this.#draw();
  }

  /** Rows that are no longer shown are no longer chosen. */
  keep() {
    this.selection.keep(this.#shown);
  }

  /** @param {string} field @param {string} value empty: left as it is */
  set(field, value) {
    const { [field]: _, ...others } = this.settings;
    this.settings = value ? { ...others, [field]: value } : others;
    this.#draw();
  }

  stop() {
    this.#abort?.abort();
  }

  /** Does it to each chosen row. What failed stays chosen, and is told. @param {(row: Row) => Promise<Row>} work  the row as it is afterwards */
  async run(work) {
    const rows = this.rows;
    if (this.progress || rows.length === 0) return;
    this.#abort = new AbortController();
    this.#tick(0, rows);
    const { done, failed } = await each(rows, (row) => this.#one(row, work), { onProgress: (ended) => this.#tick(ended, rows), signal: this.#abort.signal });
    this.progress = null;
    for (const row of done) if (this.selection.has(row.id)) this.selection.toggle(row.id, []);
    if (this.selection.size === 0) this.settings = {};
    this.#report(rows.length, done.length, failed);
    this.#draw();
  }

  /** @param {number} ended @param {Row[]} rows */
  #tick(ended, rows) {
    this.progress = { ended, total: rows.length };
    this.#draw();
  }

  /** @param {Row} row @param {(row: Row) => Promise<Row>} work */
  async #one(row, work) {
    this.#pending.add(row.id);
    this.#draw();
    try {
      this.#store.put(await work(row));
    } catch (error) {
      const { current } = /** @type {any} */ (error);
      if (current) this.#store.put(current); // so that trying again is trying at what is true
      throw error;
    } finally {
      this.#pending.delete(row.id);
    }
  }

  /** @param {number} total @param {number} done @param {import("../../core/list/bulk.js").Failure[]} failed */
  #report(total, done, failed) {
    const text = t("bulk.done", { done, total });
    if (failed.length === 0) showToast(text, done === total ? "success" : "info");
    else showToast(`${text} ${reasons(failed)}`, "warning", { persist: true });
  }
}
