/**
 * What a person does to rows without opening them: switch one, change many.
 *
 * At once on the page; taken back if the server refuses, with the reason and a way to try again.
 *
 * @typedef {import("../../core/store.js").Row} Row
 */
import { t } from "../../core/words.js";
import { showToast } from "../../utils.js";
import { complain } from "../page.js";

export class Changes {
  #entity;
  #store;
  #request;
  #pending;
  #draw;

  /**
   * @param {string} entity @param {import("../../core/store.js").ListStore} store @param {import("../../core/store.js").Request} request
   * @param {Set<string>} pending ids of rows whose change is under way @param {() => void} draw
   */
  constructor(entity, store, request, pending, draw) {
    this.#entity = entity;
    this.#store = store;
    this.#request = request;
    this.#pending = pending;
    this.#draw = draw;
  }

  /** @param {Row} row */
  async toggle(row) {
    if (this.#pending.has(row.id)) return;
    this.#pending.add(row.id);
    this.#store.put({ ...row, enabled: !row.enabled });
    try {
      const now = await this.#switch(row, !row.enabled);
      this.#store.put(now);
      if (this.#entity === "users" && !now.enabled) this.#offerBack(now);
    } catch (error) {
      this.#store.put(/** @type {any} */ (error).current ?? { ...row });
      complain(error, `toggle-${row.id}`, () => this.toggle(this.#store.row(row.id) ?? row));
    } finally {
      this.#pending.delete(row.id);
      this.#draw();
    }
  }

  /** For many rows: switched, each at its own revision. @param {boolean} enabled @returns {(row: Row) => Promise<Row>} */
  enabling(enabled) {
    return (row) => (row.enabled === enabled ? Promise.resolve(row) : this.#switch(row, enabled, row.rev));
  }

  /** For many rows: these values, each at its own revision. @param {Record<string, string>} settings `null` as a word: none @returns {(row: Row) => Promise<Row>} */
  setting(settings) {
    const values = Object.fromEntries(Object.entries(settings).map(([field, value]) => [field, value === "null" ? null : value]));
    return async (row) => (await this.#request("PATCH", `/api/${this.#entity}/${row.id}`, values, { ifMatch: row.rev })).data;
  }

  /** @param {Row} row @param {boolean} enabled @param {number} [rev] @returns {Promise<Row>} */
  async #switch({ id }, enabled, rev) {
    return (await this.#request("POST", `/api/${this.#entity}/${id}/toggle`, { enabled }, { ifMatch: rev })).data;
  }

  /** Who is switched off is thrown out at once: a slip of the hand must have a way back. @param {Row} row */
  #offerBack(row) {
    const undo = () => this.toggle(this.#store.row(row.id) ?? row);
    showToast(t("toggle.user_off", { name: row.name || row.login }), "warning", { key: `toggle-${row.id}`, action: { label: t("action.undo"), run: undo } });
  }
}
