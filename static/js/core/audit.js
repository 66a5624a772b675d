/**
 * The audit as a list: newest first, narrowed by the server, its head kept current, older ones on demand. No DOM.
 *
 * @typedef {{seq: number, at: any, worker: number, event: string, entity: string|null, id: string, name: string|null, reason: string,
 *   actor: {id: string, name: string}|null, rev?: number, changes: Record<string, import("./audit-words.js").Change>|null}} Entry
 * @typedef {{entity: string, actor: string, reason: string, id: string}} AuditFilter  empty: all
 */

/** Entries of one request. */
const PAGE = 50;

export class AuditList {
  /** @type {Entry[]} */ items = [];
  /** What to ask for the older ones; null: there are none. @type {number|null} */ next = null;
  /** When the oldest event that is kept was, ms. @type {number|null} */ since = null;
  loaded = false;
  busy = false;
  /** @type {any} */ error = null;
  #asked = 0;
  #request;
  #onChange;

  /** @param {import("./store.js").Request} request @param {AuditFilter} filter @param {() => void} onChange */
  constructor(request, filter, onChange) {
    this.#request = request;
    this.filter = filter;
    this.#onChange = onChange;
  }

  /** Another view: what was shown goes. @param {AuditFilter} filter */
  narrow(filter) {
    this.filter = filter;
    this.items = [];
    this.next = null;
    this.loaded = false;
    return this.#ask(null);
  }

  /** What is new, put on top. Where more is new than one answer holds, the list begins anew: a gap would look like the truth. */
  head() {
    return this.#ask(null);
  }

  more() {
    return this.busy || this.next === null ? undefined : this.#ask(this.next);
  }

  /** @param {number|null} before */
  async #ask(before) {
    const ask = ++this.#asked;
    this.busy = true;
    this.#onChange();
    try {
      const { data } = await this.#request("GET", `/api/audit?${this.#words(before)}`);
      if (ask === this.#asked) this.#took(data, before);
    } catch (error) {
      if (ask === this.#asked) this.error = error;
    }
    if (ask !== this.#asked) return;
    this.busy = false;
    this.#onChange();
  }

  /** @param {{items: Entry[], next: number|null, since: number|null}} answer @param {number|null} before */
  #took({ items, next, since }, before) {
    this.error = null;
    this.since = since;
    const known = new Set(this.items.map(({ seq }) => seq));
    const fresh = items.filter(({ seq }) => !known.has(seq));
    const joins = before !== null || (known.size > 0 && (fresh.length < items.length || items.length === 0));
    if (joins) this.items = [...this.items, ...fresh].sort((a, b) => b.seq - a.seq);
    else this.items = items;
    if (before !== null || !joins) this.next = next;
    this.loaded = true;
  }

  /** @param {number|null} before */
  #words(before) {
    const words = new URLSearchParams(Object.entries(this.filter).filter(([, value]) => value));
    if (before !== null) words.set("before", String(before));
    words.set("limit", String(PAGE));
    return words;
  }
}
