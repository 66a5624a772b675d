/**
 * When a view runs.
 *
 * Many events in a short time become few runs, the first of them at once: leading and trailing edge, with a longest wait so that a
 * busy room never starves its view. One run at a time; what comes meanwhile makes exactly one more. A run that fails leaves the
 * view *dirty*: it is tried again until it succeeds, so a taken event is never a lost refresh.
 *
 * @typedef {import("./clock.js").Clock} Clock
 * @typedef {import("./wire.js").SyncEvent} SyncEvent
 * @typedef {(events: SyncEvent[], signal: AbortSignal) => any} Run
 */

/** A view waits this long after the last direct event; two keystrokes of a fast typist are closer than this. */
export const WAIT_MS = 150;
/** … but never longer than this after the first event of a burst. */
export const MAX_WAIT_MS = 1000;
/** A soft event is only a reason to look again: it waits for the direct one that often follows. */
export const SOFT_WAIT_MS = 400;
/** First and longest wait before a failed run is tried again. */
const RETRY_MS = 1000;
const RETRY_CAP_MS = 30_000;
/** Events kept for one run. More than that is a reason to fetch the list, not to patch rows. */
const EVENTS_MAX = 500;

export class Schedule {
  /** @type {SyncEvent[]} */ #events = [];
  /** @type {any} */ #timer = null;
  #dueAt = Infinity;
  #burstAt = -1;
  #windowEnds = -Infinity;
  #softOnly = true;
  #running = false;
  #again = false;
  #failures = 0;
  #open = true;
  #abort = new AbortController();
  #run;
  #clock;
  #options;

  /**
   * @param {Run} run
   * @param {Clock} clock
   * @param {{debounce?: number, maxWait?: number, leading?: boolean, onState?: (schedule: Schedule) => void,
   *   onError?: (error: unknown) => void}} [options]
   */
  constructor(run, clock, options = {}) {
    this.#run = run;
    this.#clock = clock;
    this.#options = { debounce: WAIT_MS, maxWait: MAX_WAIT_MS, leading: true, onState() {}, onError() {}, ...options };
    /** When the view became stale by a failed run; null while it is fresh. @type {number|null} */
    this.dirtySince = null;
    /** When the last run ended. */
    this.ranAt = -Infinity;
  }

  get running() {
    return this.#running;
  }

  /** Whether it has run, or is running for the first time. */
  get ran() {
    return this.#running || this.#failures > 0 || this.ranAt !== -Infinity;
  }

  get pending() {
    return this.#timer !== null || this.#again || this.#running;
  }

  /** One more event for the view. @param {SyncEvent} event */
  call(event) {
    if (this.#abort.signal.aborted) return;
    const now = this.#clock.now();
    if (this.#timer !== null && this.#dueAt <= now && this.#open) this.#fire(); // due before this event came: a run of its own
    this.#keep(event);
    const soft = Boolean(event.soft);
    const idle = now >= this.#windowEnds && (this.#timer === null || this.#softOnly);
    if (!soft && idle && this.#options.leading && this.#failures === 0) return this.#fire();
    this.#postpone(now, soft);
  }

  /** Runs without waiting for the window: after a failed run, a return to the tab, by hand. @param {SyncEvent} [event] */
  flush(event) {
    if (this.#abort.signal.aborted) return;
    if (event) this.#keep(event);
    if (event || this.#timer !== null) this.#fire();
  }

  /** Closed while the tab is hidden: events are kept, the run waits for the return. @param {boolean} open */
  gate(open) {
    this.#open = open;
    if (open && this.#timer === null && this.#events.length > 0 && !this.#running) this.#fire();
  }

  /** Ends it: no run starts any more, and one under way is told by its signal. */
  stop() {
    this.#disarm();
    this.#events = [];
    this.#again = false;
    this.#abort.abort();
  }

  /** @param {SyncEvent} event */
  #keep(event) {
    this.#events.push(event);
    if (this.#events.length > EVENTS_MAX) this.#events = [{ ...event, id: "*", data: null, synthetic: "many" }];
  }

  /** @param {number} now @param {boolean} soft */
  #postpone(now, soft) {
    const pendingDirect = this.#timer !== null && !this.#softOnly;
    if (soft && pendingDirect) return; // that run serves both
    if (this.#timer === null) {
      this.#burstAt = now;
      this.#softOnly = soft;
    } else if (!soft) {
      this.#softOnly = false;
    }
    const wait = soft ? Math.max(SOFT_WAIT_MS, this.#options.debounce) : this.#options.debounce;
    const retryAt = this.#failures > 0 ? this.#dueAt : -Infinity;
    this.#arm(Math.max(Math.min(now + wait, this.#burstAt + this.#options.maxWait), Number.isFinite(retryAt) ? retryAt : 0));
  }

  /** @param {number} at */
  #arm(at) {
    this.#disarm();
    this.#dueAt = at;
    this.#timer = this.#clock.setTimeout(() => this.#fire(), Math.max(0, at - this.#clock.now()));
  }

  #disarm() {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
    this.#dueAt = Infinity;
  }

  #fire() {
    this.#disarm();
    this.#burstAt = -1;
    this.#softOnly = true;
    this.#windowEnds = this.#clock.now() + this.#options.debounce;
    if (!this.#open || this.#events.length === 0) return;
    if (this.#running) {
      this.#again = true;
      return;
    }
    const events = this.#events;
    this.#events = [];
    this.#running = true;
    this.#options.onState(this);
    this.#attempt(events).then((failed) => this.#ended(failed));
  }

  /** @param {SyncEvent[]} events @returns {Promise<SyncEvent[]|null>} the events of a failed run */
  async #attempt(events) {
    try {
      await this.#run(events, this.#abort.signal);
      return null;
    } catch (error) {
      if (this.#abort.signal.aborted) return null;
      this.#options.onError(error);
      return events;
    }
  }

  /** @param {SyncEvent[]|null} failed */
  #ended(failed) {
    this.#running = false;
    const again = this.#again;
    this.#again = false;
    if (this.#abort.signal.aborted) return;
    if (failed) this.#retry(failed);
    else this.#succeeded();
    this.#options.onState(this);
    if (!failed && again) this.#fire();
  }

  /** @param {SyncEvent[]} events */
  #retry(events) {
    this.dirtySince ??= this.#clock.now();
    for (const event of this.#events.splice(0)) events.push(event);
    for (const event of events) this.#keep(event);
    const wait = Math.min(RETRY_MS * 2 ** this.#failures, RETRY_CAP_MS);
    this.#failures += 1;
    this.#arm(this.#clock.now() + wait);
  }

  #succeeded() {
    this.#failures = 0;
    this.dirtySince = null;
    this.ranAt = this.#clock.now();
  }
}
