/**
 * One thing done to many rows.
 *
 * A few at a time, each with its own revision: so somebody else's change of one row refuses that row alone and is told by name.
 *
 * @typedef {import("../store.js").Row} Row
 * @typedef {{row: Row, error: any}} Failure
 */

/** Requests under way at once: enough to be quick, and leaves the browser's six connections some for the page itself. */
export const ABREAST = 4;

/**
 * @param {Row[]} rows
 * @param {(row: Row) => Promise<any>} work
 * @param {{onProgress?: (ended: number) => void, signal?: AbortSignal}} [options] `signal`: no further row is begun
 * @returns {Promise<{done: Row[], failed: Failure[]}>} in the order in which they ended; rows not begun are in neither
 */
export async function each(rows, work, { onProgress = () => {}, signal } = {}) {
  const queue = [...rows];
  /** @type {Row[]} */ const done = [];
  /** @type {Failure[]} */ const failed = [];
  async function worker() {
    for (let row = queue.shift(); row && !signal?.aborted; row = queue.shift()) {
      try {
        await work(row);
        done.push(row);
      } catch (error) {
        failed.push({ row, error });
      }
      onProgress(done.length + failed.length);
    }
  }
  await Promise.all(Array.from({ length: Math.min(ABREAST, rows.length) }, worker));
  return { done, failed };
}

/** Failures by their reason: what is said of each reason, and the rows that it kept. @param {Failure[]} failed @param {(failure: Failure) => string} reason */
export function byReason(failed, reason) {
  /** @type {Map<string, Row[]>} */ const reasons = new Map();
  for (const failure of failed) {
    const said = reason(failure);
    if (!reasons.get(said)?.push(failure.row)) reasons.set(said, [failure.row]);
  }
  return [...reasons];
}
