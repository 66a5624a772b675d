/**
 * Time that runs only while it should: a message's, while nobody is reading it.
 *
 * @typedef {import("./clock.js").Clock} Clock
 */
export class Countdown {
  #left;
  #run;
  #clock;
  #since = 0;
  /** @type {any} */ #timer = null;

  /** Begins held. @param {number} ms @param {() => void} run @param {Clock} clock */
  constructor(ms, run, clock) {
    this.#left = ms;
    this.#run = run;
    this.#clock = clock;
  }

  /** @param {boolean} held */
  hold(held) {
    if (held === (this.#timer === null)) return;
    if (held) this.stop();
    else this.#go();
  }

  stop() {
    if (this.#timer === null) return;
    this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
    this.#left = Math.max(0, this.#left - (this.#clock.now() - this.#since));
  }

  #go() {
    this.#since = this.#clock.now();
    this.#timer = this.#clock.setTimeout(this.#run, this.#left);
  }
}
