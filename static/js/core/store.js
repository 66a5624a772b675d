/**
 * A list of rows as the server has it: one page of it, kept current by events.
 *
 * The cheapest way that is right: an event with the row patches it in place, anything else is one conditional request. A lower
 * revision never replaces a higher one, and an event that the list already shows changes nothing. No DOM.
 *
 * @typedef {import("./wire.js").SyncEvent} SyncEvent
 * @typedef {import("./wire.js").Position} Position
 * @typedef {Record<string, any> & {id: string, rev: number}} Row
 * @typedef {{q: string, sort: string, page: number, per_page: number, filters: Record<string, string>}} Query  `filters`: field → value
 * @typedef {(method: string, url: string, body?: any, options?: any) => Promise<import("./http.js").Answer>} Request
 */

export class ListStore {
  /** @type {Row[]} */ items = [];
  total = 0;
  pages = 1;
  loaded = false;
  loading = false;
  /** The last failure, until the next success. @type {any} */ error = null;
  /** How new the list is. @type {Position|null} */ position = null;
  /** When the list was last confirmed, ms. */ freshAt = 0;
  /** Rows that others changed of late: id → revision. @type {Map<string, number>} */ touched = new Map();

  /** @type {string|null} */ #etag = null;
  /** @type {AbortController|null} */ #abort = null;
  /** @type {Promise<void>|null} */ #load = null;
  #request;
  #onChange;
  #now;
  #own;

  /** @param {string} entity @param {Query} query @param {{request: Request, onChange?: () => void, now?: () => number,
   *   own?: string}} ports `own`: the page's client id, whose changes are no news to it */
  constructor(entity, query, { request, onChange = () => {}, now = Date.now, own }) {
    this.entity = entity;
    this.query = query;
    this.#request = request;
    this.#onChange = onChange;
    this.#now = now;
    this.#own = own;
  }

  /** Another page, order or search: an older request that is under way counts for nothing. @param {Partial<Query>} query */
  show(query) {
    this.query = { ...this.query, ...query };
    this.#etag = null;
    return this.#start();
  }

  /** Looks again; often the server answers that nothing has changed. @returns {Promise<void>} */
  refresh() {
    return this.#start();
  }

  /**
   * Takes events in order. @param {SyncEvent[]} events
   * @returns {Promise<Position|null>} the position that the list shows afterwards
   */
  async take(events) {
    await this.#load?.catch(() => {});
    const news = events.filter((event) => !this.#shows(event));
    const patched = news.map((event) => this.#patch(event));
    if (patched.includes(false)) await this.refresh();
    else if (news.length > 0) this.#patched(news);
    return this.position;
  }

  /** The row as an answer brought it. @param {Row} row */
  put(row) {
    const at = this.items.findIndex((item) => item.id === row.id);
    if (at < 0 || this.items[at].rev > row.rev) return;
    this.items = this.items.with(at, row);
    this.touched.delete(row.id);
    this.#onChange();
  }

  /** @param {string} id */
  row(id) {
    return this.items.find((item) => item.id === id);
  }

  /** The marks of changed rows have been seen. @param {string} id @param {number} rev */
  seen(id, rev) {
    if (this.touched.get(id) === rev) this.touched.delete(id);
  }

  #start() {
    this.#abort?.abort();
    const abort = new AbortController();
    this.#abort = abort;
    this.loading = true;
    this.#onChange();
    const load = this.#fetch(abort).finally(() => {
      if (this.#load === load) this.#load = null;
    });
    this.#load = load;
    return load;
  }

  /** @param {AbortController} abort */
  async #fetch(abort) {
    try {
      const answer = await this.#request("GET", this.url(), undefined, { signal: abort.signal, ifNoneMatch: this.#etag });
      if (abort === this.#abort) this.#loadedWith(answer);
    } catch (error) {
      if (abort !== this.#abort) return this.#load ?? undefined; // overtaken: the newer one speaks for both
      this.error = error;
      throw error;
    } finally {
      if (abort === this.#abort) {
        this.loading = false;
        this.#onChange();
      }
    }
  }

  /** The address of the page shown. */
  url() {
    const { q, sort, page, per_page, filters } = this.query;
    const params = new URLSearchParams({ ...filters, sort, page: String(page), per_page: String(per_page) });
    if (q) params.set("q", q);
    return `/api/${this.entity}?${params}`;
  }

  /** @param {import("./http.js").Answer} answer */
  #loadedWith(answer) {
    this.error = null;
    this.freshAt = this.#now();
    this.position = answer.position; // null: nothing is known of it, so no event counts as shown
    if (answer.unchanged) return;
    this.#etag = answer.etag;
    const before = new Map(this.items.map((item) => [item.id, item]));
    this.items = answer.data.items.map((/** @type {Row} */ item) => this.#newer(before.get(item.id), item));
    this.total = answer.data.total;
    this.pages = Math.max(1, answer.data.pages ?? Math.ceil(this.total / this.query.per_page));
    this.query.page = answer.data.page ?? this.query.page;
    this.loaded = true;
  }

  /** @param {Row|undefined} old @param {Row} item */
  #newer(old, item) {
    if (!old || old.rev === item.rev) return item;
    if (old.rev > item.rev) return old;
    this.touched.set(item.id, item.rev);
    return item;
  }

  /** @param {SyncEvent} event */
  #shows(event) {
    const { position } = this;
    return !event.synthetic && position !== null && position.epoch === event.epoch && event.seq <= position.seq;
  }

  /** @param {SyncEvent} event @returns {boolean} false: only a fetch can tell */
  #patch(event) {
    if (event.soft || event.id === "*" || !event.data || event.data.bulk) return false;
    const row = this.row(event.id);
    if (event.reason === "deleted") return this.#remove(row);
    if (!row || event.reason === "added" || this.query.q !== "") return false;
    if ((event.rev ?? 0) <= row.rev) return true;
    const placing = [this.query.sort.replace("-", ""), ...Object.keys(this.query.filters)];
    const moves = placing.some((name) => row[name] !== event.data[name]);
    this.items = this.items.with(this.items.indexOf(row), { ...row, ...event.data });
    if (!this.#own || event.origin !== this.#own) this.touched.set(row.id, event.rev ?? 0);
    return !moves;
  }

  /** @param {Row|undefined} row */
  #remove(row) {
    if (!row || this.pages > 1) return false;
    this.items = this.items.filter((item) => item !== row);
    this.total -= 1;
    return true;
  }

  /** @param {SyncEvent[]} events */
  #patched(events) {
    const last = events[events.length - 1];
    if (last.epoch !== undefined && this.position?.epoch === last.epoch) this.position = { epoch: last.epoch, seq: last.seq };
    this.freshAt = this.#now();
    this.#etag = null;
    this.#onChange();
  }
}
