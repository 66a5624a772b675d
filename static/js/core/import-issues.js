/**
 * What an import found fault with: a page at a time, as the person narrows it, and what comes while it runs. No DOM.
 *
 * @typedef {object} Issue
 * @property {number} n              counts from 1 in the order in which they were found
 * @property {"error"|"warning"} severity  `error`: something was left out
 * @property {string} code
 * @property {string|null} file
 * @property {number|null} line
 * @property {number|null} column
 * @property {string|null} kind
 * @property {string|null} extId     the `Ид`
 * @property {string|null} field
 * @property {string|null} value
 * @property {string} message        in the reader's language
 *
 * @typedef {{severity: string, code: string, file: string}} Narrowed  empty: all
 */

export const PAGE = 100;
/** The server keeps as many of a session; its totals know of all. */
export const KEPT = 10_000;

export class Issues {
  /** @type {Issue[]} */ items = [];
  /** As many fit. */ total = 0;
  loaded = false;
  loading = false;
  /** There are others after them. */ more = false;
  /** The last failure, until the next success. @type {any} */ error = null;
  #turn = 0;
  /** As many the session had when we last looked. */ #seen = -1;
  #id;
  #request;
  #changed;

  /** @param {string} id of the session @param {Narrowed} narrowed @param {{request: import("./import-list.js").Request, changed: () => void}} ports */
  constructor(id, narrowed, { request, changed }) {
    this.#id = id;
    this.narrowed = narrowed;
    this.#request = request;
    this.#changed = changed;
  }

  /** Others of them. @param {Partial<Narrowed>} narrowed */
  show(narrowed) {
    this.narrowed = { ...this.narrowed, ...narrowed };
    [this.items, this.total, this.loaded] = [[], 0, false];
    return this.#look();
  }

  /** The next page. */
  next() {
    return this.#look();
  }

  /** The session has so many now: new ones are shown where the last are shown. @param {number} issuesTotal */
  async grown(issuesTotal) {
    if (this.loading || this.#seen === issuesTotal) return;
    this.#seen = issuesTotal;
    const all = Object.values(this.narrowed).every((word) => !word);
    if (all) this.total = issuesTotal;
    if (!this.more && (issuesTotal > 0 || this.loaded)) await this.#look();
  }

  async #look() {
    const turn = (this.#turn += 1);
    const after = this.items.at(-1)?.n;
    this.loading = true;
    try {
      const words = { ...this.narrowed, after, limit: PAGE };
      const query = new URLSearchParams(Object.entries(words).flatMap(([name, value]) => (value ? [[name, String(value)]] : [])));
      const { data } = await this.#request("GET", `/api/imports/${encodeURIComponent(this.#id)}/issues?${query}`);
      if (turn === this.#turn) this.#add(data, after);
    } catch (error) {
      if (turn === this.#turn) this.error = error;
    } finally {
      if (turn === this.#turn) this.loading = false;
      this.#changed();
    }
  }

  /** @param {{items: Issue[], next: any, total?: number}} page @param {number|undefined} after */
  #add({ items, next, total = 0 }, after) {
    this.error = null;
    this.items = after === undefined ? items : [...this.items, ...items];
    this.more = next !== null && next !== undefined;
    this.total = total;
    this.loaded = true;
  }
}
