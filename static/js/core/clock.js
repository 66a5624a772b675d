/**
 * Time, passed in so that tests own it.
 *
 * @typedef {object} Clock
 * @property {() => number} now                                   milliseconds; only differences carry meaning
 * @property {(fn: () => void, ms: number) => any} setTimeout
 * @property {(timer: any) => void} clearTimeout
 * @property {() => number} random                                0 ≤ r < 1, for jitter
 */

/** The machine's own time. @type {Clock} */
export const clock = {
  now: () => Date.now(),
  setTimeout: (fn, ms) => setTimeout(fn, ms),
  clearTimeout: (timer) => clearTimeout(timer),
  random: () => Math.random(),
};
