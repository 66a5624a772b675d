/**
 * A list of rows as the server has it: one page of it, kept current by events.
 *
 * The cheapest way that is right: an event with the row patches it in place, unknown values are asked for by id, anything else is one
 * conditional request. A lower revision never replaces a higher one, and an event that the list already shows changes nothing.
 *
 * Three paces. *Live*: the list follows. *Held*: somebody points at a row or works in it, so values follow and rows stay where they
 * are; what would come, go or move waits. *Manual*: only the person's own changes show. What waits is names, and one fresh look shows
 * it all. No DOM.
 *
 * @typedef {import("./wire.js").SyncEvent} SyncEvent
 * @typedef {import("./wire.js").Position} Position
 * @typedef {Record<string, any> & {id: string, rev: number}} Row
 * @typedef {{q: string, sort: string, page: number, per_page: number, filters: Record<string, string>}} Query  `filters`: field → value
 * @typedef {(method: string, url: string, body?: any, options?: any) => Promise<import("./http.js").Answer>} Request
 */
import { apiUrl } from "./address.js";
import { clock as machine } from "./clock.js";
import { causeOf, judge, moves } from "./list/judge.js";
import { Marks } from "./list/marks.js";
import { Rows } from "./list/rows.js";

/** Rows asked for by id in one request; beyond that the list itself is the cheaper answer. */
export const ASK_MAX = 50;
/** Instead of ids: the whole list. */
const ALL = "*";

export class ListStore {
  pages = 1;
  loaded = false;
  loading = false;
  /** The last failure, until the next success. @type {any} */ error = null;
  /** Up to where everything is known, shown or waiting. @type {Position|null} */ position = null;
  /** When what is shown was last known to be all there is, ms. */ freshAt = 0;
  /** Only the person's own changes show: set by {@link pace}. */ manual = false;

  /** @type {string|null} */ #etag = null;
  /** Whether what is shown is what the answer under the ETag said. */ #settled = true;
  /** @type {AbortController|null} */ #abort = null;
  /** @type {Promise<void>|null} */ #load = null;
  #held = false;
  #request;
  #onChange;
  #clock;
  #own;
  #rows;

  /**
   * @param {string} entity @param {Query} query
   * @param {object} ports
   * @param {Request} ports.request
   * @param {() => void} [ports.onChange]
   * @param {Pick<import("./clock.js").Clock, "now"|"setTimeout">} [ports.clock]
   * @param {string} [ports.own]                          the page's client id, whose changes are no news to it
   * @param {Record<string, string>} [ports.refs]         field → the entity it points to, whose name the row shows
   * @param {string[]} [ports.placing]                    fields that place a row beside sort and filters
   * @param {(rows: Row[], query: Query, pages: number) => Row[]} [ports.arrange]  another order of the same rows
   */
  constructor(entity, query, { request, onChange = () => {}, clock = machine, own, refs = {}, placing = [], arrange = (rows) => rows }) {
    this.entity = entity;
    this.query = query;
    this.refs = refs;
    this.placing = placing;
    this.#request = request;
    this.#onChange = onChange;
    this.#clock = clock;
    this.#own = own;
    /** What others changed a moment ago. */
    this.marks = new Marks(clock, onChange);
    this.#rows = new Rows(this.marks, (rows) => arrange(rows, this.query, this.pages));
  }

  /** The rows shown, in their order. */
  get items() {
    return this.#rows.items;
  }

  /** How many rows there are on all pages. */
  get total() {
    return this.#rows.total;
  }

  /** What is known and not shown. */
  get waiting() {
    return this.#rows.waiting;
  }

  /** Rows that are shown and no longer there: they go when rows may move. */
  get gone() {
    return this.#rows.gone;
  }

  /** @param {string} id */
  row(id) {
    return this.#rows.row(id);
  }

  /** Another page, order or search: an older request that is under way counts for nothing. @param {Partial<Query>} query */
  show(query) {
    this.query = { ...this.query, ...query };
    this.#etag = null;
    return this.#start(true);
  }

  /** Looks again; often the server answers that nothing has changed. @returns {Promise<void>} */
  refresh() {
    return this.#start(false);
  }

  /** Shows all that waits, whatever the pace. @returns {Promise<void>} */
  apply() {
    if (!this.#settled) this.#etag = null;
    return this.#start(true);
  }

  /** Rows stay where they are from now on, or may move again. @param {boolean} held */
  hold(held) {
    this.#held = held;
    this.#release();
  }

  /** Only the person's own changes show from now on, or all. @param {boolean} manual */
  pace(manual) {
    this.manual = manual;
    this.#release();
    this.#onChange();
  }

  /**
   * Takes events in order. @param {SyncEvent[]} events
   * @returns {Promise<Position|null>} up to where the list knows everything afterwards
   */
  async take(events) {
    await this.#load?.catch(() => {});
    const news = events.filter((event) => !this.#knows(event));
    const looked = await this.#get(news.flatMap((event) => [...this.#obey(event), ...this.#named(event)]));
    if (!looked && news.length > 0) this.#took(news[news.length - 1]);
    return this.position;
  }

  /** Takes events of what the rows show by name: another room's, so they say nothing of this list's position.
   * @param {string} entity @param {SyncEvent[]} events */
  async follow(entity, events) {
    await this.#load?.catch(() => {});
    await this.#get(events.flatMap((event) => this.#obey(causeOf(event, entity))));
  }

  /** The row as an answer to the person's own doing brought it. @param {Row} row */
  put(row) {
    this.#rows.put(row, null);
    this.#onChange();
  }

  /** Takes rows out of sight that are about to be deleted. @param {Row[]} rows */
  hide(rows) {
    this.#rows.hide(rows);
    this.#onChange();
  }

  /** They are not deleted after all: back where they stood. @param {string[]} ids */
  unhide(ids) {
    this.#rows.unhide(ids);
    this.#onChange();
  }

  /** It is deleted: the next look has it no more. @param {string} id */
  deleted(id) {
    this.#rows.sent(id);
  }

  /** Whether rows stay where they are. */
  get #stays() {
    return this.#held || this.manual;
  }

  #release() {
    if (!this.#stays && this.waiting.any) this.apply().catch(() => {}); // the list shows its failure, and offers to try again
  }

  /** @param {SyncEvent} event @returns {string[]} ids to ask for */
  #obey(event) {
    const order = judge(event, this);
    const mine = this.#own !== undefined && event.origin === this.#own;
    if (order.do === "nothing") return [];
    if (order.do === "look") return [ALL];
    if (this.manual && !mine) return this.#count(order);
    if (order.do === "ask") return order.ids;
    if (order.do === "arrive") this.#rows.arrive(order.id, event.reason === "added" && !mine);
    if (order.do === "remove") this.#rows.remove(order.id, this.#stays || this.pages > 1);
    if (order.do === "patch") this.#rows.put(order.row, mine ? null : event.actor?.name);
    if (order.do === "patch" && order.moves) this.waiting.add(order.row.id);
    return [];
  }

  /** Rows of this list that show the name of one of its own. @param {SyncEvent} event */
  #named(event) {
    const own = Object.values(this.refs).includes(this.entity) && !event.soft && event.id !== ALL;
    return own ? this.#obey(causeOf(event, this.entity)) : [];
  }

  /** @param {import("./list/judge.js").Patch|import("./list/judge.js").Step|import("./list/judge.js").Ask} order @returns {string[]} */
  #count(order) {
    const ids = order.do === "ask" ? order.ids : [order.do === "patch" ? order.row.id : order.id];
    for (const id of ids) this.waiting.add(id);
    return [];
  }

  /** Fetches what is not known, and the order where rows may move. @param {string[]} wanted @returns {Promise<boolean>} whether it was the list */
  async #get(wanted) {
    const ids = new Set(wanted);
    const moving = () => this.waiting.any && !this.#stays;
    const look = ids.has(ALL) || ids.size > ASK_MAX || moving();
    if (!look && ids.size > 0) await this.#ask([...ids]);
    if (!look && !moving()) return false;
    await this.refresh();
    return true;
  }

  /** Values of these rows only. @param {string[]} ids */
  async #ask(ids) {
    const { data } = await this.#request("GET", `/api/${this.entity}?ids=${ids.join(",")}&per_page=${ids.length}`);
    const found = new Map(data.items.map((/** @type {Row} */ row) => [row.id, row]));
    for (const id of ids) {
      const [before, now] = [this.row(id), found.get(id)];
      if (before && !now) this.#rows.leave(id);
      else if (before && moves(before, now, this)) this.waiting.add(id);
      if (now) this.#rows.put(now);
    }
    this.#etag = null;
    this.#onChange();
  }

  /** @param {boolean} apply show rows in their new order whatever the pace */
  #start(apply) {
    this.#abort?.abort();
    const abort = new AbortController();
    this.#abort = abort;
    this.loading = true;
    this.#onChange();
    const load = this.#fetch(abort, apply).finally(() => {
      if (this.#load === load) this.#load = null;
    });
    this.#load = load;
    return load;
  }

  /** @param {AbortController} abort @param {boolean} apply */
  async #fetch(abort, apply) {
    try {
      const answer = await this.#request("GET", apiUrl(this.entity, this.query, this.#clock.now()), undefined, { signal: abort.signal, ifNoneMatch: this.#etag });
      if (abort === this.#abort) this.#loadedWith(answer, apply || !this.loaded || !this.#stays);
    } catch (error) {
      if (abort === this.#abort) {
        this.error = error;
        throw error;
      }
    } finally {
      if (abort === this.#abort) {
        this.loading = false;
        this.#onChange();
      }
    }
    if (abort !== this.#abort) await this.#load; // overtaken: the newer one speaks for both
  }

  /** @param {import("./http.js").Answer} answer @param {boolean} settle */
  #loadedWith(answer, settle) {
    this.error = null;
    this.position = answer.position; // null: nothing is known of it, so no event counts as shown
    if (!answer.unchanged) {
      this.#etag = answer.etag;
      if (settle) this.#settle(answer.data);
      this.#settled = settle || this.#rows.within(answer.data.items, answer.data.total, this.manual);
    }
    if (!this.#settled) return;
    this.#rows.settled();
    this.freshAt = this.#clock.now();
  }

  /** @param {any} page */
  #settle(page) {
    this.pages = Math.max(1, page.pages ?? Math.ceil(page.total / this.query.per_page));
    this.query.page = page.page ?? this.query.page;
    this.#rows.settle(page.items, page.total);
    this.loaded = true;
  }

  /** @param {SyncEvent} event */
  #knows(event) {
    const { position } = this;
    return !event.synthetic && position !== null && position.epoch === event.epoch && event.seq <= position.seq;
  }

  /** Everything up to this event is known. @param {SyncEvent} last */
  #took(last) {
    if (this.position && this.position.epoch === last.epoch) this.position = { epoch: this.position.epoch, seq: last.seq };
    if (!this.waiting.any) this.freshAt = this.#clock.now();
    this.#etag = null;
    this.#onChange();
  }
}
