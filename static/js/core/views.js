/**
 * Who wants to know: the handlers of a page, each with its own schedule.
 *
 * A handler runs once per (event name, seq), whichever room brought the event; it skips what its own last snapshot already shows;
 * and one that fails is run again until it succeeds.
 *
 * @typedef {import("./wire.js").SyncEvent} SyncEvent
 * @typedef {import("./wire.js").Position} Position
 * @typedef {import("./clock.js").Clock} Clock
 * @typedef {(event: any, context: {signal: AbortSignal, events: SyncEvent[]}) => any} Handler
 *
 * @typedef {object} ViewOptions
 * @property {number} [debounce]   ms after the last event of a burst
 * @property {number} [maxWait]    ms after the first one, at most
 * @property {boolean} [leading]   run at once on the first event
 * @property {boolean} [batch]     the handler takes all events of the run as its first argument
 * @property {string[]} [rooms]    rooms whose refresh concerns the handler, beside the one its event is named after
 */
import { Schedule } from "./scheduler.js";

/**
 * @typedef {object} Ports
 * @property {() => void} onChange
 * @property {(error: unknown, name: string) => void} onError
 * @property {(name: string, events: SyncEvent[]) => void} [onRun]   a handler runs, and because of what
 */

/** Events remembered so that one which comes by two rooms runs once. Two rooms are never this far apart. */
const SEEN_MAX = 512;

export class Views {
  /** @type {Set<View>} */ #views = new Set();
  /** @type {Set<string>} */ #seen = new Set();
  #clock;
  #ports;

  /** @param {Clock} clock @param {Ports} ports */
  constructor(clock, ports) {
    this.#clock = clock;
    this.#ports = ports;
    this.lastEventAt = -Infinity;
  }

  /** @param {string} name @param {Handler} handler @param {ViewOptions} [options] @returns {() => void} off */
  on(name, handler, options = {}) {
    const view = new View(name, handler, options, this.#clock, this.#ports);
    this.#views.add(view);
    return () => this.#drop(view);
  }

  /** @param {string} name @param {Handler} handler */
  off(name, handler) {
    for (const view of this.#views) if (view.name === name && view.handler === handler) this.#drop(view);
  }

  /** Hands an event to whoever listens for it. @param {string} name @param {SyncEvent} event @param {string} [room] the room that brought it
   * @returns {boolean} false if it was handed out before */
  dispatch(name, event, room) {
    this.lastEventAt = this.#clock.now();
    if (!this.#first(name, event)) return false;
    for (const view of this.#views) view.take(name, event, room);
    return true;
  }

  /**
   * A fresh look for everybody whom the room concerns. Resolves when each of them has run with success, with the oldest position
   * among them, or null where nobody could name one.
   * @param {string} room @param {SyncEvent} event @returns {Promise<Position|null>}
   */
  async refresh(room, event) {
    const concerned = [...this.#views].filter((view) => view.concerns(room));
    const positions = await Promise.all(concerned.map((view) => view.refresh(event)));
    return oldest(positions);
  }

  /** Runs those whom the room concerns and whose data is older than the event. @param {string} room @param {SyncEvent} event
   * @param {(view: View) => boolean} [among] */
  look(room, event, among = () => true) {
    for (const view of this.#views) if (among(view) && view.concerns(room) && !view.covers(event)) view.schedule.flush(event);
  }

  /** The view of a handler, if it is registered. @param {Handler} handler */
  of(handler) {
    return [...this.#views].find((view) => view.handler === handler);
  }

  /** Failed runs are tried at once: the connection is back. */
  flush() {
    for (const view of this.#views) if (view.schedule.dirtySince !== null) view.schedule.flush();
  }

  /** @param {boolean} open */
  gate(open) {
    for (const view of this.#views) view.schedule.gate(open);
  }

  get busy() {
    return [...this.#views].some((view) => view.schedule.running);
  }

  get lastRunAt() {
    return Math.max(-Infinity, ...[...this.#views].map((view) => view.schedule.ranAt));
  }

  /** Since when some view shows old data because its refresh fails; null while none does. @returns {number|null} */
  get dirtySince() {
    const since = [...this.#views].map((view) => view.schedule.dirtySince).filter((at) => at !== null);
    return since.length > 0 ? Math.min(...since) : null;
  }

  /** @param {View} view */
  #drop(view) {
    this.#views.delete(view);
    view.stop();
    this.#ports.onChange();
  }

  /** @param {string} name @param {SyncEvent} event */
  #first(name, event) {
    if (!Number.isFinite(event.seq)) return true; // not an event of the ledger: nothing to tell it by
    const key = `${name} ${event.epoch ?? ""} ${event.seq}`;
    if (this.#seen.has(key)) return false;
    this.#seen.add(key);
    if (this.#seen.size > SEEN_MAX) this.#seen.delete(/** @type {string} */ (this.#seen.values().next().value));
    return true;
  }
}

class View {
  /** @type {Set<string>} */ #rooms;
  /** @type {((position: Position|null) => void)[]} */ #waiting = [];
  #batch;
  #onRun;

  /** @param {string} name @param {Handler} handler @param {ViewOptions} options @param {Clock} clock
   * @param {Ports} ports */
  constructor(name, handler, { batch = false, rooms = [], ...timing }, clock, ports) {
    this.name = name;
    this.handler = handler;
    this.#batch = batch;
    this.#onRun = ports.onRun ?? (() => {});
    this.#rooms = new Set(rooms);
    /** How new the data of its last run was. @type {Position|null} */
    this.position = null;
    this.schedule = new Schedule((events, signal) => this.#run(events, signal), clock, {
      ...timing,
      onState: ports.onChange,
      onError: (error) => ports.onError(error, name),
    });
  }

  /** @param {string} room */
  concerns(room) {
    return this.name === "*" || this.name.startsWith(`${room}:`) || this.#rooms.has(room);
  }

  /** @param {SyncEvent} event */
  covers(event) {
    const { position } = this;
    return position !== null && position.epoch === (event.epoch ?? position.epoch) && event.seq <= position.seq;
  }

  /** @param {string} name @param {SyncEvent} event @param {string} [room] */
  take(name, event, room) {
    if (this.name !== "*" && this.name !== name) return;
    if (room) this.#rooms.add(room);
    if (!this.covers(event)) this.schedule.call(event);
  }

  /** @param {SyncEvent} event @returns {Promise<Position|null>} */
  refresh(event) {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.schedule.flush(event);
    });
  }

  stop() {
    this.schedule.stop();
    for (const resolve of this.#waiting.splice(0)) resolve(null);
  }

  /** @param {SyncEvent[]} events @param {AbortSignal} signal */
  async #run(events, signal) {
    const waiting = this.#waiting.splice(0); // who asked before this run began is served by it
    const context = { signal, events };
    this.#onRun(this.name, events);
    try {
      const result = await this.handler(this.#batch ? events : events[events.length - 1], context);
      const position = asPosition(result);
      if (position) this.position = position;
      for (const resolve of waiting) resolve(position);
    } catch (error) {
      if (signal.aborted) for (const resolve of waiting) resolve(null);
      else this.#waiting.unshift(...waiting);
      throw error;
    }
  }
}

/** @param {any} value @returns {Position|null} */
const asPosition = (value) =>
  typeof value?.epoch === "string" && Number.isFinite(value?.seq) ? { epoch: value.epoch, seq: value.seq } : null;

/** @param {(Position|null)[]} positions @returns {Position|null} */
function oldest(positions) {
  const known = positions.filter((position) => position !== null);
  if (known.length === 0) return null;
  const mixed = known.some((position) => position.epoch !== known[0].epoch);
  return mixed ? { ...known[0], seq: -1 } : known.reduce((least, position) => (position.seq < least.seq ? position : least));
}
