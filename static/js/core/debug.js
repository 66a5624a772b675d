/**
 * What happened on the road, for whoever looks: `window.__syncDebug = true` prints it, live, and opens the overlay on our own pages.
 *
 * The switch is remembered for the tab. The last hundred entries and the counts are kept whether it is on or not, so that a look
 * after the fact finds something.
 *
 * @typedef {{at: number, what: string, detail: any}} Note
 */

const KEEP = 100;
const KEY = "lockstep.syncDebug";

export class Debug {
  /** @type {Note[]} */ entries = [];
  /** @type {Record<string, number>} */ counts = {};
  #on = false;
  /** @type {Set<(on: boolean) => void>} */ #switched = new Set();
  /** @type {Set<() => void>} */ #noted = new Set();

  /** @param {Storage|null} storage @param {boolean} [initially] */
  constructor(storage, initially = false) {
    this.storage = storage;
    this.#on = initially || storage?.getItem(KEY) === "1";
  }

  get on() {
    return this.#on;
  }

  set on(value) {
    const before = this.#on;
    this.#on = Boolean(value);
    if (this.#on) this.storage?.setItem(KEY, "1");
    else this.storage?.removeItem(KEY);
    if (before !== this.#on) for (const listener of this.#switched) listener(this.#on);
  }

  /** @param {(on: boolean) => void} listener called at once and on every change @returns {() => void} off */
  onSwitch(listener) {
    this.#switched.add(listener);
    listener(this.#on);
    return () => void this.#switched.delete(listener);
  }

  /** @param {() => void} listener after every entry @returns {() => void} off */
  onNote(listener) {
    this.#noted.add(listener);
    return () => void this.#noted.delete(listener);
  }

  /** @param {string} what @param {any} detail */
  note(what, detail) {
    this.#count(what);
    if (detail?.mode === "recovered" && detail.events?.length > 0) this.#count("recovered");
    this.entries.push({ at: Date.now(), what, detail });
    if (this.entries.length > KEEP) this.entries.shift();
    if (this.#on) print(what, detail);
    for (const listener of this.#noted) listener();
  }

  /** What the counts say of the road: events applied, dropped as heard before, holes found, joins that brought what was missed, fresh looks. */
  get summary() {
    const of = (/** @type {string} */ what) => this.counts[what] ?? 0;
    return { applied: of("apply"), doubles: of("drop") + of("double"), holes: of("hole"), recovered: of("recovered"), refreshed: of("refresh"), failed: of("failed") };
  }

  /** @param {string} what */
  #count(what) {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }
}

/** An entry in one line: what it is about, and why. @param {string} what @param {any} detail @returns {string} */
export function titleOf(what, detail) {
  const event = detail?.event;
  const about = event?.seq ? `${event.event ?? ""} ${event.reason} ${event.id}` : detail?.name ?? detail?.why ?? detail?.mode ?? "";
  return [detail?.room, what, about].filter(Boolean).join(" ");
}

/** @param {string} what @param {any} detail */
function print(what, detail) {
  console.groupCollapsed(`[sync] ${titleOf(what, detail)}`);
  console.debug(detail);
  console.groupEnd();
}

/** Puts the switch on the window; a page may have set it before this script ran. @param {Debug} debug @param {any} page */
export function installSwitch(debug, page) {
  if (page.__syncDebug) debug.on = true;
  Object.defineProperty(page, "__syncDebug", {
    configurable: true,
    get: () => debug.on,
    set: (value) => (debug.on = value),
  });
}
