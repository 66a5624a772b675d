/**
 * What happened on the road, for whoever looks: `window.__syncDebug = true` prints it, live.
 *
 * The switch is remembered for the tab. The last hundred entries and the counts are kept whether it is on or not, so that a look
 * after the fact finds something.
 */

const KEEP = 100;
const KEY = "lockstep.syncDebug";

export class Debug {
  /** @type {{at: number, what: string, detail: any}[]} */ entries = [];
  /** @type {Record<string, number>} */ counts = {};
  #on = false;

  /** @param {Storage|null} storage @param {boolean} [initially] */
  constructor(storage, initially = false) {
    this.storage = storage;
    this.#on = initially || storage?.getItem(KEY) === "1";
  }

  get on() {
    return this.#on;
  }

  set on(value) {
    this.#on = Boolean(value);
    if (this.#on) this.storage?.setItem(KEY, "1");
    else this.storage?.removeItem(KEY);
  }

  /** @param {string} what @param {any} detail */
  note(what, detail) {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
    this.entries.push({ at: Date.now(), what, detail });
    if (this.entries.length > KEEP) this.entries.shift();
    if (this.#on) this.#print(what, detail);
  }

  /** @param {string} what @param {any} detail */
  #print(what, detail) {
    const event = detail?.event;
    const title = event?.seq ? `${event.event ?? ""} ${event.reason} ${event.id}` : detail?.why ?? detail?.mode ?? "";
    console.groupCollapsed(`[sync] ${detail?.room ?? ""} ${what} ${title}`);
    console.debug(detail);
    console.groupEnd();
  }
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
