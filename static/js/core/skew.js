/**
 * How far the server's clock is ahead of this machine's: for "5 s ago" and for what is left to do, never for order.
 *
 * The median of the last five answers that told the server's time, so that one answer heard late (a frozen tab, a slow line) does not
 * move it.
 */

/** Enough for two bad answers to be outvoted. */
const SAMPLES = 5;
/** An answer that took longer says too little of when it was written. */
const SLOW_MS = 2000;

export class Skew {
  /** @type {number[]} */ #samples = [];

  /** @param {number} serverTime ms @param {number} askedAt when it was asked for, by our clock @param {number} [heardAt] */
  hear(serverTime, askedAt, heardAt = askedAt) {
    if (!Number.isFinite(serverTime) || heardAt - askedAt > SLOW_MS) return;
    this.#samples = [...this.#samples.slice(1 - SAMPLES), serverTime - (askedAt + heardAt) / 2];
  }

  /** In ms; 0 until something was heard. */
  get ahead() {
    const sorted = [...this.#samples].sort((a, b) => a - b);
    return Math.round(sorted[sorted.length >> 1] ?? 0);
  }
}
