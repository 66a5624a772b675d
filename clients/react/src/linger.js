/**
 * What is begun by the first who needs it, and ended when nobody has needed it for a moment.
 *
 * A moment, since React takes things away only to put them back: in StrictMode at once, and whenever one view of an app takes the place
 * of another.
 *
 * @typedef {Pick<import("../../../static/js/core/clock.js").Clock, "setTimeout"|"clearTimeout">} Timers
 */

/** Longer than it takes to load the code of another view from nearby; short enough that nobody is listened to in vain. */
export const LINGER_MS = 500;

export class Linger {
  #users = 0;
  #running = false;
  /** @type {any} */ #timer = null;
  #begin;
  #end;
  #timers;

  /** @param {{begin: () => void, end: () => void, timers: Timers}} ports */
  constructor({ begin, end, timers }) {
    this.#begin = begin;
    this.#end = end;
    this.#timers = timers;
  }

  /** @returns {() => void} release; called again it does nothing */
  hold() {
    this.#users += 1;
    this.#timers.clearTimeout(this.#timer);
    if (!this.#running) (this.#running = true), this.#begin();
    let held = true;
    return () => {
      if (held) this.#release();
      held = false;
    };
  }

  #release() {
    this.#users -= 1;
    if (this.#users === 0) this.#timer = this.#timers.setTimeout(() => this.#stop(), LINGER_MS);
  }

  #stop() {
    this.#running = false;
    this.#end();
  }
}
