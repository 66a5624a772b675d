/**
 * The notices that are known, and which of them each tab shows.
 *
 * All tabs draw from one pot, so what is read in one is read in all of them. A tab shows none from beyond the pages that it has asked
 * for: there would be holes between. Pure: who asks and who tells is not its business.
 *
 * @typedef {import("./notice.js").Notice} Notice
 * @typedef {import("./notice.js").Tab} Tab
 * @typedef {import("./wire.js").Position} Position
 * @typedef {{items: Notice[], unread: number|null, next: string|null, position: Position|null}} Page
 * @typedef {{items: Notice[], more: boolean, loaded: boolean, loading: boolean, error: any}} Shown
 * @typedef {{notice: Notice, seq: number, live: boolean}} Known       `seq`: of the last thing heard of it; `live`: it came by itself
 * @typedef {{next: string|null, floor: number, loaded: boolean, loading: boolean, error: any, watchers: number}} List
 */
import { fits, noticeOf, TABS } from "./notice.js";

/** Kept in memory by a page that stays open for weeks; older ones can be asked for again. */
export const KEPT_MAX = 1000;

/** One that only this page knows. @param {string} id */
export const isLocal = (id) => id.startsWith("local-");

export class NoticeLists {
  /** @type {Map<string, Known>} */ #known = new Map();
  /** @type {Map<Tab, List>} */ #lists = new Map();
  /** @type {Map<Tab, Shown>} */ #shown = new Map();
  /** Up to here all was cleared away. */ #clearedAt = "";

  constructor() {
    for (const tab of tabs()) this.#lists.set(tab, { next: null, floor: Infinity, loaded: false, loading: false, error: null, watchers: 0 });
  }

  /** @param {string} id */
  get(id) {
    return this.#known.get(id);
  }

  get all() {
    return [...this.#known.values()];
  }

  /** Whether something is hidden that is known. */
  get cleared() {
    return this.#clearedAt !== "";
  }

  /** @param {Known} known */
  put(known) {
    this.#known.set(known.notice.id, known);
    if (this.#known.size > KEPT_MAX) this.#trim();
    this.changed();
  }

  /** @param {Tab} tab */
  of(tab) {
    return /** @type {List} */ (this.#lists.get(tab));
  }

  /** What a tab shows, the newest first. The same object until something changes. @param {Tab} tab @returns {Shown} */
  shown(tab) {
    const shown = this.#shown.get(tab) ?? this.#look(tab);
    this.#shown.set(tab, shown);
    return shown;
  }

  /** Something about a list has changed. */
  changed() {
    this.#shown.clear();
  }

  /** Hides what is known, or shows it again. @param {boolean} hide */
  clear(hide) {
    const last = (/** @type {string} */ before, /** @type {Known} */ { notice }) => (notice.timestamp > before ? notice.timestamp : before);
    this.#clearedAt = hide ? this.all.reduce(last, this.#clearedAt) : "";
    this.changed();
  }

  /** A page of a tab; `anew`: its first one. What was heard since then is newer. @param {Tab} tab @param {Page} page @param {boolean} anew */
  take(tab, { items, next, position }, anew) {
    const seq = position?.seq ?? -Infinity;
    if (anew && tab === "all") this.#forget(seq);
    for (const item of items) {
      const before = this.#known.get(String(item.id));
      if (!before || before.seq <= seq) this.#known.set(String(item.id), { notice: noticeOf(item), seq, live: before?.live ?? false });
    }
    const oldest = Math.min(...items.map(({ id }) => Number(id)));
    const list = this.of(tab);
    Object.assign(list, { next, loaded: true, floor: next === null ? -Infinity : anew ? oldest : Math.min(list.floor, oldest) });
    this.changed();
  }

  /** A look at the whole: what was known before comes with it, or with another page, or is no more. @param {number} seq */
  #forget(seq) {
    for (const { notice: { id }, seq: heard } of this.all) if (heard <= seq && !isLocal(id)) this.#known.delete(id);
  }

  /** @param {Tab} tab @returns {Shown} */
  #look(tab) {
    const { floor, next, loaded, loading, error } = this.of(tab);
    const known = this.all.filter(({ notice, live }) => fits(tab, notice) && (live || !loaded || Number(notice.id) >= floor));
    const items = known.map(({ notice }) => notice).filter(({ timestamp }) => timestamp > this.#clearedAt || !this.cleared);
    return { items: items.sort(newestFirst), more: loaded && (next !== null || items.length < known.length), loaded, loading, error };
  }

  /** The older half goes, and lists end above it. */
  #trim() {
    const kept = this.all.sort((a, b) => newestFirst(a.notice, b.notice)).slice(0, KEPT_MAX / 2);
    this.#known = new Map(kept.map((known) => [known.notice.id, known]));
    const last = kept[kept.length - 1].notice.id;
    for (const list of this.#lists.values()) if (list.loaded) Object.assign(list, { next: last, floor: Number(last) });
  }
}

/** @returns {Tab[]} */
export const tabs = () => /** @type {Tab[]} */ (Object.keys(TABS));

/** @param {Notice} a @param {Notice} b */
const newestFirst = (a, b) => (a.timestamp < b.timestamp ? 1 : a.timestamp > b.timestamp ? -1 : Number(b.id) - Number(a.id) || 0);
