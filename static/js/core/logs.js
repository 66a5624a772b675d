/**
 * The log as a page holds it: the newest lines, each once and in the server's order, and a row of its own wherever some are missing.
 *
 * While it is held, because somebody has paused it or reads further up, what comes waits; of more than ten thousand the oldest are
 * dropped and counted. Whoever looks is told at most once a frame. It knows neither sockets nor the DOM: a source (core/log-source.js)
 * feeds it.
 *
 * @typedef {object} LogLine
 * @property {string} id
 * @property {number} n                counts up by one a worker
 * @property {string} timestamp        ISO 8601
 * @property {"debug"|"info"|"warning"|"error"|"critical"} level
 * @property {"scan"|"debug"|"error"|"info"} type
 * @property {string} message
 * @property {string} source
 * @property {string} environment
 * @property {number} worker           process id
 * @property {any} [metadata]
 *
 * @typedef {object} Gap               lines that never came; how many is null where nobody knows
 * @property {number|null} dropped
 * @property {"slow"|"wire"|"paused"|"lost"} why   `lost`: while there was no connection
 *
 * @typedef {{key: string, at: number, line: LogLine, gap?: undefined}|{key: string, at: number, gap: Gap, line?: undefined}} LogRow
 *   `at` rises from row to row, as they came: what is drawn together is told by it
 *
 * @typedef {object} LogState          what the source says of itself
 * @property {"connecting"|"live"|"lost"|"ended"} state   `ended`: it does not try again
 * @property {string} reason           why, a code: `forbidden`, `unauthorized`, `offline` …
 */
import { NO_FILTER, sameFilter } from "./log-filter.js";

/** Lines that wait while the log is held. */
export const WAITING_MAX = 10_000;
/** The rate is the mean of so many seconds. */
const RATE_SECONDS = 5;

export class Logs {
  /** @type {LogRow[]} */ #rows = [];
  /** @type {LogRow[]} */ #waiting = [];
  /** Lines dropped because too many waited. */ #overflow = 0;
  /** Ids of all rows and all that wait. @type {Set<string>} */ #known = new Set();
  /** Ids that were taken from sight: a reconnect must not bring them back. @type {Set<string>} */ #cleared = new Set();
  /** The next backfill is of another filter: it takes the place of what is shown. */ #replace = true;
  /** @type {Set<"paused"|"reading">} */ #holds = new Set();
  /** Second → lines that came in it. @type {Map<number, number>} */ #seconds = new Map();
  /** @type {Set<() => void>} */ #listeners = new Set();
  #asked = false;
  /** Rows that there have been. */ #count = 0;
  #max;
  #clock;
  #frame;

  /** @param {{max?: number, clock: import("./clock.js").Clock, frame: (draw: () => void) => void}} options  `frame`: when the page draws next */
  constructor({ max = 100, clock, frame }) {
    this.#max = max;
    this.#clock = clock;
    this.#frame = frame;
    /** In force, as the server says. @type {import("./log-filter.js").LogFilter} */ this.filter = { ...NO_FILTER };
    /** Another one is on its way. */ this.pending = false;
    /** What the server did not take of the last one. @type {{field: string, message: string}|null} */ this.refusal = null;
    /** @type {LogState} */ this.state = { state: "connecting", reason: "" };
    /** There are older lines than those that came first. */ this.more = false;
    /** Lines that never came, as far as they were counted. */ this.dropped = 0;
    /** Why the last of them did not. @type {Gap["why"]|null} */ this.lost = null;
    /** The first answer is there. */ this.filled = false;
  }

  /** The oldest first. @returns {readonly LogRow[]} */
  get rows() {
    return this.#rows;
  }

  get max() {
    return this.#max;
  }

  set max(max) {
    this.#max = max;
    this.#trim();
    this.#tell();
  }

  /** Lines shown, without the rows of gaps. */
  get held() {
    return this.#rows.reduce((count, { line }) => count + (line ? 1 : 0), 0);
  }

  /** Lines that wait to be shown; those that were too many for waiting are among them. */
  get waiting() {
    return this.#overflow + this.#waiting.reduce((count, { line }) => count + (line ? 1 : 0), 0);
  }

  get paused() {
    return this.#holds.has("paused");
  }

  /** Somebody reads further up. */
  get reading() {
    return this.#holds.has("reading");
  }

  get following() {
    return this.#holds.size === 0;
  }

  /** Lines a second, lately. */
  get rate() {
    const now = Math.floor(this.#clock.now() / 1000);
    const counts = Array.from({ length: RATE_SECONDS }, (_, n) => this.#seconds.get(now - 1 - n) ?? 0); // this second is not over yet
    return counts.reduce((sum, count) => sum + count, 0) / RATE_SECONDS;
  }

  /** @param {() => void} listener at most once a frame @returns {() => void} off */
  onChange(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Live lines. @param {LogLine[]} lines @returns {LogLine[]} those that are new */
  take(lines) {
    const fresh = lines.filter(({ id }) => !this.#has(id));
    this.#tally(fresh.length);
    for (const line of fresh) this.#push(this.#rowOf(line));
    this.#trim();
    this.#tell();
    return fresh;
  }

  /**
   * The newest lines as they are now. After a change of the filter they are all there is; after a lost connection they go on where the
   * lines known stop, with a row between where the two do not meet.
   * @param {LogLine[]} lines @param {boolean} more
   */
  backfill(lines, more) {
    const goesOn = !this.#replace && this.#known.size + this.#cleared.size > 0;
    if (!goesOn) this.#forget();
    const first = lines.findIndex(({ id }) => this.#has(id)); // what stands before it is older than all that is kept
    if (goesOn && first < 0 && more) this.gap({ dropped: null, why: "lost" });
    if (!goesOn) this.more = more;
    this.#replace = false;
    this.filled = true;
    const to = goesOn ? this.#end : this.#rows; // whoever has paused still wants to see what another filter shows
    for (const line of lines.slice(first + 1)) if (!this.#has(line.id)) this.#push(this.#rowOf(line), to);
    this.#trim();
    this.#tell();
  }

  /** @param {Gap} gap */
  gap({ dropped, why }) {
    this.dropped += dropped ?? 0;
    this.lost = why;
    this.#push(this.#gapOf({ dropped, why }));
    this.#trim();
    this.#tell();
  }

  /** Another filter is on its way; `anew`: what it shows takes the place of what is there, even if it is the same. @param {boolean} [anew] */
  asks(anew = false) {
    this.pending = true;
    this.#replace ||= anew;
    this.refusal = null;
    this.#tell();
  }

  /** The server filters by this now. @param {import("./log-filter.js").LogFilter} filter */
  filtered(filter) {
    const same = this.filled && sameFilter(filter, this.filter);
    this.filter = filter;
    this.pending = false;
    this.#replace ||= !same; // after a lost connection it is the same again, and what is shown stays
    this.#tell();
  }

  /** The server keeps the filter before. @param {{field: string, message: string}} refusal */
  refused(refusal) {
    this.pending = false;
    this.refusal = refusal;
    this.#tell();
  }

  /** @param {LogState} state */
  is(state) {
    this.state = state;
    this.#tell();
  }

  /** What comes from now on waits. @param {"paused"|"reading"} why */
  hold(why) {
    if (this.#holds.has(why)) return;
    this.#holds.add(why);
    this.#tell();
  }

  /** @param {"paused"|"reading"} why @returns {number} how many lines came meanwhile; 0 while it is held for another reason too */
  release(why) {
    if (!this.#holds.delete(why)) return 0;
    this.#tell();
    if (this.#holds.size > 0) return 0;
    const came = this.waiting;
    if (this.#overflow > 0) this.#rows.push({ ...this.#gapOf({ dropped: this.#overflow, why: "paused" }), at: this.#waiting[0].at });
    for (const row of this.#waiting) this.#rows.push(row);
    this.#waiting = [];
    this.#overflow = 0;
    this.#trim();
    return came;
  }

  /** Shows nothing of what came until now. */
  clear() {
    const gone = this.#known.size > 0 ? this.#known : this.#cleared;
    this.#forget();
    this.#cleared = gone;
    this.#tell();
  }

  /** @param {string} id */
  #has(id) {
    return this.#known.has(id) || this.#cleared.has(id);
  }

  #forget() {
    this.#rows = [];
    this.#waiting = [];
    this.#overflow = 0;
    this.#known = new Set();
    this.#cleared = new Set();
    this.more = false;
  }

  /** @param {LogLine} line @returns {LogRow} */
  #rowOf = (line) => ({ key: line.id, at: (this.#count += 1), line });

  /** @param {Gap} gap @returns {LogRow & {gap: Gap}} */
  #gapOf(gap) {
    this.#count += 1;
    return { key: `gap ${this.#count}`, at: this.#count, gap };
  }

  /** Where what comes is put. */
  get #end() {
    return this.following ? this.#rows : this.#waiting;
  }

  /** @param {LogRow} row */
  #push(row, to = this.#end) {
    if (row.line) this.#known.add(row.line.id);
    to.push(row);
  }

  /** Of what is shown the oldest go, as the newest come; of what waits they are dropped, which is said. */
  #trim() {
    for (const { key } of this.#rows.splice(0, Math.max(0, this.#rows.length - this.#max))) this.#known.delete(key);
    for (const { key, line, gap } of this.#waiting.splice(0, Math.max(0, this.#waiting.length - WAITING_MAX))) {
      this.#known.delete(key);
      this.#lose(line ? 1 : gap?.dropped ?? 0);
    }
  }

  /** @param {number} count */
  #lose(count) {
    this.#overflow += count;
    this.dropped += count;
    this.lost = "paused";
  }

  /** @param {number} count */
  #tally(count) {
    const now = Math.floor(this.#clock.now() / 1000);
    this.#seconds.set(now, (this.#seconds.get(now) ?? 0) + count);
    for (const second of this.#seconds.keys()) if (second < now - RATE_SECONDS) this.#seconds.delete(second);
  }

  #tell() {
    if (this.#asked) return;
    this.#asked = true;
    this.#frame(() => {
      this.#asked = false;
      for (const listener of this.#listeners) listener();
    });
  }
}
