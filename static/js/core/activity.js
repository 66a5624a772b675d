/**
 * How busy each room was in the last hour: the server's counts, carried on by the events that the page hears.
 *
 * Time is cut into steps counted from where the server's answer begins, so that the picture slides by whole steps as time passes and
 * nobody asks again for it. An event counts once, whether the answer held it already or not. Pure: time is passed in.
 *
 * @typedef {object} Answer        of `GET /api/activity`
 * @property {number} from         ms since 1970
 * @property {number} step_ms
 * @property {Record<string, number[]>} rooms
 */

/** Events remembered to be counted on top of the next answer. More than that in the time of one request is nobody's picture. */
const RECENT_MAX = 2000;

export class Activity {
  #buckets;
  #origin = 0;
  #step;
  /** @type {Map<string, Map<number, number>>} room → number of step → events */ #counts = new Map();
  /** @type {{room: string, seq: number}[]} */ #recent = [];
  /** Up to which event the answer counted. */ #known = 0;

  /** @param {{buckets?: number, stepMs?: number}} [shape] */
  constructor({ buckets = 30, stepMs = 120_000 } = {}) {
    this.#buckets = buckets;
    this.#step = stepMs;
    /** Whether the server has answered. */
    this.loaded = false;
  }

  /** @param {Answer} answer @param {number} seq the newest event that the answer counted */
  load({ from, step_ms: step, rooms }, seq) {
    this.#origin = from;
    this.#step = step;
    this.#known = seq;
    this.#counts = new Map(Object.entries(rooms).map(([room, counts]) => [room, new Map(counts.entries())]));
    this.#buckets = Math.max(...Object.values(rooms).map((counts) => counts.length), 1);
    this.loaded = true;
    for (const event of this.#recent) if (event.seq > seq) this.#count(event.room, event.seq);
  }

  /** One direct event that was heard. @param {string} room @param {number} seq ms */
  note(room, seq) {
    if (this.#recent.some((event) => event.seq === seq && event.room === room)) return;
    this.#recent.push({ room, seq });
    if (this.#recent.length > RECENT_MAX) this.#recent.shift();
    if (this.loaded && seq > this.#known) this.#count(room, seq);
  }

  /** Events a step, the oldest first; the last step is the one that `now` is in. @param {string} room @param {number} now ms @returns {number[]} */
  series(room, now) {
    const counts = this.#counts.get(room);
    const last = this.#at(now);
    // A ledger that writes more than a thousand events a second runs ahead of the clock: what is in the future counts for now.
    const ahead = [...(counts ?? [])].reduce((sum, [at, count]) => (at > last ? sum + count : sum), 0);
    const past = Array.from({ length: this.#buckets }, (_, n) => counts?.get(last - this.#buckets + 1 + n) ?? 0);
    return past.with(-1, /** @type {number} */ (past.at(-1)) + ahead);
  }

  /** @param {string} room @param {number} now ms @returns {number} events in all steps together */
  total(room, now) {
    return this.series(room, now).reduce((sum, count) => sum + count, 0);
  }

  /** @param {string} room @param {number} seq */
  #count(room, seq) {
    const counts = this.#counts.get(room) ?? new Map();
    const at = this.#at(seq);
    this.#counts.set(room, counts.set(at, (counts.get(at) ?? 0) + 1));
    for (const old of counts.keys()) if (old <= at - 2 * this.#buckets) counts.delete(old);
  }

  /** @param {number} time */
  #at(time) {
    return Math.floor((time - this.#origin) / this.#step);
  }
}
