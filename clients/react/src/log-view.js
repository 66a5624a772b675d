/**
 * The log as one hook holds it: lines of a source, as a snapshot that changes at most once a frame.
 *
 * @typedef {import("../types/model.js").LogEntry} LogEntry
 * @typedef {Omit<import("../types/hooks/useWebSocket.js").LogStreamState, "clearLogs"|"setFilters"|"pause"|"resume">} Snapshot
 */
import { logFilter } from "../../../static/js/core/log-filter.js";
import { BACKFILL_MAX } from "../../../static/js/core/log-source.js";
import { Logs } from "../../../static/js/core/logs.js";

/** Before anything is known. @type {Snapshot} */
export const NOTHING = Object.freeze({ isConnected: false, status: Object.freeze({ state: "connecting", why: null }), logs: [], dropped: 0, paused: false, refusal: null });

export class LogView {
  #logs;
  #source;
  #wanted;
  #snapshot = NOTHING;
  /** Called with each new line. @type {(line: LogEntry) => void} */ onLine = () => {};

  /**
   * @param {import("../../../static/js/core/log-source.js").LogSource} source
   * @param {{maxLogs: number, filters: any, clock: import("../../../static/js/core/clock.js").Clock, frame: (draw: () => void) => void}} options
   */
  constructor(source, { maxLogs, filters, clock, frame }) {
    this.#source = source;
    this.#wanted = logFilter(filters);
    this.#logs = new Logs({ max: maxLogs, clock, frame });
    this.#logs.onChange(() => this.#look());
  }

  /** @returns {() => void} stop; it can be started again */
  start() {
    const logs = this.#logs;
    this.#source.start({
      logs,
      lines: (lines) => logs.take(lines).forEach((line) => this.onLine(line)),
      gap: (gap) => logs.gap(gap),
      ended: (reason) => logs.is({ state: "ended", reason }),
    }, this.#wanted, this.#backfill);
    return () => this.#source.stop();
  }

  subscribe = (/** @type {() => void} */ listener) => this.#logs.onChange(listener);

  snapshot = () => this.#snapshot;

  /** Another filter in place of the former. */
  setFilters = (/** @type {any} */ filters) => {
    this.#wanted = logFilter(filters);
    this.#logs.asks();
    this.#source.filter(this.#wanted, this.#backfill);
  };

  clear = () => this.#logs.clear();
  pause = () => this.#logs.hold("paused");
  resume = () => void this.#logs.release("paused");

  /** @param {number} max */
  keep(max) {
    if (max !== this.#logs.max) this.#logs.max = max;
  }

  get #backfill() {
    return Math.min(this.#logs.max, BACKFILL_MAX);
  }

  #look() {
    const { rows, state: { state, reason }, dropped, paused, refusal } = this.#logs;
    const status = { state: state === "live" ? state : state === "ended" ? "failed" : "connecting", why: reason || null };
    this.#snapshot = { isConnected: state === "live", status: /** @type {any} */ (status), logs: rows.flatMap(({ line }) => line ?? []), dropped, paused, refusal };
  }
}
