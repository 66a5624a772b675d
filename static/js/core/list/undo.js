/**
 * What is done in a moment unless it is taken back.
 *
 * It happens after a while, or at once when the page is being put away; never twice, and never after it was taken back.
 */

/** Long enough to see what one did and reach for the button. */
export const UNDO_MS = 5000;
/** Whoever is about to press the button is given the time: so much more, so many times. A pointer that merely rests there is not waited for. */
const HELD_MS = 500;
const HELD_TIMES = 20;

export class Undo {
  /** @type {Set<{timer: any, run: (leaving: boolean) => void}>} */ #waiting = new Set();
  #clock;

  /** @param {Pick<import("../clock.js").Clock, "setTimeout"|"clearTimeout">} clock */
  constructor(clock) {
    this.#clock = clock;
  }

  /**
   * @param {(leaving: boolean) => void} run  `leaving`: the page is going, so nothing can be awaited
   * @param {{held?: () => boolean}} [options] `held`: somebody is at the button
   * @returns {() => boolean} takes it back; false: too late
   */
  later(run, { held = () => false } = {}) {
    const entry = { run, timer: /** @type {any} */ (null) };
    let left = HELD_TIMES;
    const ring = () => {
      if (left-- > 0 && held()) entry.timer = this.#clock.setTimeout(ring, HELD_MS);
      else this.#end(entry, false);
    };
    entry.timer = this.#clock.setTimeout(ring, UNDO_MS);
    this.#waiting.add(entry);
    return () => this.#drop(entry);
  }

  /** The page is being put away: now or never. */
  leave() {
    for (const entry of [...this.#waiting]) this.#end(entry, true);
  }

  /** @param {{timer: any, run: (leaving: boolean) => void}} entry @param {boolean} leaving */
  #end(entry, leaving) {
    if (this.#drop(entry)) entry.run(leaving);
  }

  /** @param {{timer: any, run: (leaving: boolean) => void}} entry */
  #drop(entry) {
    this.#clock.clearTimeout(entry.timer);
    return this.#waiting.delete(entry);
  }
}
