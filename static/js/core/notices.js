/**
 * The notices of one person, as far as this page knows them.
 *
 * They come from a source: the page's shared connection, or a WebSocket of their own. How many are unread is always the server's word,
 * and the newest one: it is never counted here. What is read or archived in another tab is so here, too. What the person does shows at
 * once and is taken back if the server refuses. No DOM, no globals.
 *
 * @typedef {import("./notice.js").Notice} Notice
 * @typedef {import("./notice.js").Tab} Tab
 * @typedef {import("./notice-lists.js").Page} Page
 * @typedef {import("./notice-lists.js").Known} Known
 * @typedef {import("./wire.js").Position} Position
 *
 * @typedef {object} Listener                                          what a source tells
 * @property {(name: string, event: any) => void} hear                 `notification` and `notification:read`, in order
 * @property {() => Promise<Position|null>} reload                     something may have been missed: look at the whole again
 * @property {(live: boolean, why?: string|null) => void} live
 * @property {(unread: number, seq: number) => void} unread
 *
 * @typedef {object} Source
 * @property {(listener: Listener) => () => void} start
 * @property {(query: Record<string, string>) => Promise<Page>} page
 * @property {(id: string) => Promise<number|null>} read               `"*"`: all; resolves with how many are unread, where it is told
 * @property {((id: string) => Promise<number|null>)|null} archive     null: this source cannot
 * @property {() => void} [connect]                                    try now
 */
import { noticeOf, queryOf } from "./notice.js";
import { isLocal, NoticeLists, tabs } from "./notice-lists.js";

/** Asked for at a time. */
export const PAGE = 30;

export class NoticeStore {
  #lists = new NoticeLists();
  /** @type {Set<() => void>} */ #subscribers = new Set();
  /** @type {Set<(notice: Notice) => void>} */ #listeners = new Set();
  /** @type {Set<(ids: string[]|null) => void>} */ #readers = new Set();
  /** @type {Promise<Position|null>|null} */ #reload = null;
  /** Seq of the server's word on how many are unread. */ #unreadAt = -Infinity;
  #locals = 0;
  /** @type {(() => void)|null} */ #stop = null;
  #source;
  #clock;

  /** @param {Source} source @param {Pick<import("./clock.js").Clock, "now"|"setTimeout">} clock */
  constructor(source, clock) {
    this.#source = source;
    this.#clock = clock;
    /** A new object with every change. `why`: it will not become live by itself. @type {{live: boolean, why: string|null, unread: number|null}} */
    this.state = { live: false, why: null, unread: null };
  }

  /** Begins to listen. Called again it does nothing. */
  start() {
    this.#stop ??= this.#source.start({
      hear: (name, event) => (name === "notification" ? this.#told(event) : this.#wasRead(event)),
      reload: () => this.reload(),
      live: (live, why = null) => this.#set({ live, why }),
      unread: (unread, seq) => this.#count(unread, seq),
    });
  }

  stop() {
    this.#stop?.();
    this.#stop = null;
    this.#set({ live: false });
  }

  /** Tries to become live now, where the source does not do so by itself. */
  connect() {
    this.#source.connect?.();
  }

  get canArchive() {
    return this.#source.archive !== null;
  }

  /** @param {() => void} listener called on every change @returns {() => void} off */
  subscribe(listener) {
    this.#subscribers.add(listener);
    return () => this.#subscribers.delete(listener);
  }

  /** @param {(notice: Notice) => void} listener called for each new one that nobody has read meanwhile @returns {() => void} off */
  onNotice(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @param {(ids: string[]|null) => void} listener some were read, here or elsewhere; null: all @returns {() => void} off */
  onRead(listener) {
    this.#readers.add(listener);
    return () => this.#readers.delete(listener);
  }

  /** What a tab shows, the newest first. The same object until something changes. @param {Tab} tab */
  list(tab) {
    return this.#lists.shown(tab);
  }

  /** @param {string} id */
  get(id) {
    return this.#lists.get(id)?.notice;
  }

  /** Somebody looks at a tab: it is loaded, and again whenever it may be out of date. @param {Tab} tab @returns {() => void} close */
  open(tab) {
    const list = this.#lists.of(tab);
    list.watchers += 1;
    if (!list.loaded && !list.loading) this.#load(tab).catch(() => {}); // the list shows its failure, and offers to try again
    return () => void (list.watchers -= 1);
  }

  /** Older ones, or the first ones again after a failure; or those that were cleared away. @param {Tab} tab */
  async more(tab) {
    const { loaded, next } = this.#lists.of(tab);
    if (!loaded || !this.#lists.cleared) return void (await this.#load(tab, loaded ? next : null));
    this.#lists.clear(false);
    this.#changed();
  }

  /** Looks again from the beginning. @returns {Promise<Position|null>} how new what is shown is now */
  reload() {
    this.#reload ??= this.#again().finally(() => (this.#reload = null));
    return this.#reload;
  }

  /** @param {string} id `"*"`: all. Rejects when the server refuses; then it is as before. */
  async read(id) {
    const before = this.#change(({ notice }) => (id === "*" || notice.id === id) && !notice.read, { read: true });
    if (before.length === 0 && id !== "*") return;
    this.#say(id === "*" ? null : [id]);
    if (!isLocal(id)) await this.#do(this.#source.read(id), before);
  }

  /** @param {string} id */
  async archive(id) {
    const before = this.#change(({ notice }) => notice.id === id, { read: true, archived: true });
    this.#say([id]);
    if (!isLocal(id) && this.#source.archive) await this.#do(this.#source.archive(id), before);
  }

  /** Hides what is shown; the server forgets nothing. */
  clear() {
    this.#lists.clear(true);
    this.#changed();
  }

  /** One of the page's own making: only this page knows it. @param {Partial<Notice>} notice @returns {Notice} */
  push(notice) {
    const made = noticeOf({ type: "system", timestamp: new Date(this.#clock.now()).toISOString(), ...notice, id: `local-${++this.#locals}` });
    this.#lists.put({ notice: made, seq: -Infinity, live: true });
    this.#changed();
    this.#announce(made.id);
    return made;
  }

  /** @param {any} event */
  #told(event) {
    const notice = noticeOf(event);
    const { seq = 0, unread } = event;
    if ((this.#lists.get(notice.id)?.seq ?? -Infinity) >= seq) return;
    this.#lists.put({ notice, seq, live: true });
    this.#count(unread, seq);
    this.#changed();
    if (!notice.read) this.#announce(notice.id);
  }

  /** @param {any} event */
  #wasRead({ id, seq = 0, data }) {
    const ids = data?.ids?.map(String) ?? (id === "*" ? null : [String(id)]);
    for (const known of this.#lists.all) {
      if ((ids && !ids.includes(known.notice.id)) || known.seq > seq) continue; // not meant, or told again since
      this.#lists.put({ ...known, seq, notice: { ...known.notice, read: true, archived: known.notice.archived || data?.archived === true } });
    }
    this.#count(data?.unread, seq);
    this.#say(ids);
    this.#changed();
  }

  /** The newest word counts. @param {any} unread @param {number} seq */
  #count(unread, seq) {
    if (typeof unread !== "number" || seq < this.#unreadAt) return;
    this.#unreadAt = seq;
    if (unread !== this.state.unread) this.#set({ unread });
  }

  /** Once what has come together is known together: something read at once in another tab is no news here. @param {string} id */
  #announce(id) {
    this.#clock.setTimeout(() => {
      const notice = this.get(id);
      if (notice && !notice.read && !notice.archived) for (const listener of this.#listeners) listener(notice);
    }, 0);
  }

  async #again() {
    const position = await this.#load("all");
    for (const tab of tabs()) {
      const list = this.#lists.of(tab);
      if (tab !== "all") list.loaded = false;
      if (tab !== "all" && list.watchers > 0) await this.#load(tab);
    }
    return position;
  }

  /** @param {Tab} tab @param {string|null} [before] @returns {Promise<Position|null>} */
  async #load(tab, before = null) {
    const list = this.#lists.of(tab);
    this.#mark(list, { loading: true, error: null });
    try {
      const page = await this.#source.page({ ...queryOf(tab), limit: String(PAGE), ...(before && { before }) });
      this.#lists.take(tab, page, !before);
      if (page.position || this.state.unread === null) this.#count(page.unread, page.position?.seq ?? -Infinity);
      return page.position;
    } catch (error) {
      list.error = error;
      throw error;
    } finally {
      this.#mark(list, { loading: false });
    }
  }

  /** @param {(known: Known) => boolean} which @param {Partial<Notice>} change @returns {Known[]} as they were */
  #change(which, change) {
    const before = this.#lists.all.filter(which);
    for (const known of before) this.#lists.put({ ...known, notice: { ...known.notice, ...change } });
    this.#changed();
    return before;
  }

  /** @param {Promise<number|null>} doing @param {Known[]} before */
  async #do(doing, before) {
    try {
      const unread = await doing;
      if (!this.state.live) this.#count(unread, this.#unreadAt); // else the connection tells, in order
    } catch (error) {
      for (const known of before) if (this.#lists.get(known.notice.id)?.seq === known.seq) this.#lists.put(known);
      this.#changed();
      throw error;
    }
  }

  /** @param {string[]|null} ids */
  #say(ids) {
    for (const reader of this.#readers) reader(ids);
  }

  /** @param {Partial<NoticeStore["state"]>} change */
  #set(change) {
    this.state = { ...this.state, ...change };
    this.#changed();
  }

  /** @param {import("./notice-lists.js").List} list @param {Partial<import("./notice-lists.js").List>} change */
  #mark(list, change) {
    Object.assign(list, change);
    this.#changed();
  }

  #changed() {
    this.#lists.changed();
    for (const subscriber of this.#subscribers) subscriber();
  }
}
