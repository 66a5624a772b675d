/**
 * The live logs of a page: whoever asks for the same lines shares a connection.
 *
 * A connection has one filter, since it is the server that filters. Who is alone on one changes it in place; who is not moves to another
 * one, and nobody else sees a change. Whoever joins later gets what the others have.
 *
 * @typedef {import("../../../static/js/core/log-filter.js").LogFilter} LogFilter
 * @typedef {import("../../../static/js/core/log-source.js").LogSource} LogSource
 * @typedef {import("../../../static/js/core/log-source.js").LogSink} LogSink
 * @typedef {Parameters<typeof streamSource>[0]} Open
 */
import { NO_FILTER, sameFilter } from "../../../static/js/core/log-filter.js";
import { BACKFILL_MAX, streamSource } from "../../../static/js/core/log-source.js";
import { Logs } from "../../../static/js/core/logs.js";
import { Linger } from "./linger.js";

export class Streams {
  /** @type {Set<Stream>} */ #streams = new Set();
  #open;
  #clock;

  /** @param {Open} open a WebSocketService of the address @param {import("../../../static/js/core/clock.js").Clock} clock */
  constructor(open, clock) {
    this.#open = open;
    this.#clock = clock;
  }

  /** Lines for one component or hook. It can be started again after its end. @returns {LogSource} */
  source() {
    /** @type {Stream} */ let stream;
    /** @type {LogSink} */ let sink;
    let leave = () => {};
    const enter = (/** @type {LogFilter} */ filter, /** @type {number} */ backfill) => {
      leave();
      stream = this.#find(filter, backfill) ?? this.#begin(filter, backfill, sink.logs.filter);
      leave = stream.join(sink);
    };
    return {
      start(to, filter, backfill) {
        sink = to;
        enter(filter, backfill);
      },
      filter: (filter, backfill) => (stream.isAlone && !this.#find(filter, backfill) ? stream.change(filter, backfill) : enter(filter, backfill)),
      again: () => stream.again(),
      stop: () => leave(),
    };
  }

  /** @param {LogFilter} filter @param {number} backfill */
  #find(filter, backfill) {
    return [...this.#streams].find((stream) => stream.offers(filter, backfill));
  }

  /** @param {LogFilter} filter @param {number} backfill @param {LogFilter} former in force again if the server refuses */
  #begin(filter, backfill, former) {
    const stream = new Stream(streamSource(this.#open), { filter, backfill, former }, this.#clock, () => this.#streams.delete(stream));
    this.#streams.add(stream);
    return stream;
  }
}

/** One connection, and those who look at it. */
class Stream {
  /** @type {Set<LogSink>} */ #sinks = new Set();
  /** What those get who come later. */ #kept;
  /** Whether what is kept begins with a backfill of the filter in force. */ #whole = false;
  /** Another filter is on its way. */ #changing = false;
  #filter;
  #backfill;
  #source;
  #linger;

  /** @param {LogSource} source @param {{filter: LogFilter, backfill: number, former: LogFilter}} wanted @param {import("../../../static/js/core/clock.js").Clock} clock @param {() => void} ended */
  constructor(source, { filter, backfill, former }, clock, ended) {
    this.#kept = new Logs({ max: BACKFILL_MAX, clock, frame: () => {} }); // nobody looks at it
    this.#kept.filter = former ?? { ...NO_FILTER };
    this.#filter = filter;
    this.#backfill = backfill;
    this.#source = source;
    this.#linger = new Linger({
      timers: clock,
      begin: () => source.start(this.#outlet(), filter, backfill),
      end: () => (source.stop(), ended()),
    });
  }

  get isAlone() {
    return this.#sinks.size === 1;
  }

  /** @param {LogFilter} filter @param {number} backfill */
  offers(filter, backfill) {
    return !this.#changing && this.#backfill >= backfill && sameFilter(this.#filter, filter);
  }

  /** @param {LogSink} sink @returns {() => void} leave */
  join(sink) {
    this.#sinks.add(sink);
    if (this.#whole) this.#catchUp(sink);
    const release = this.#linger.hold();
    return () => {
      this.#sinks.delete(sink);
      release();
    };
  }

  /** @param {LogFilter} filter @param {number} backfill */
  change(filter, backfill) {
    this.#changing = true;
    this.#filter = filter;
    this.#backfill = backfill;
    this.#source.filter(filter, backfill);
  }

  again() {
    this.#source.again?.();
  }

  /** What has come since the last hole: of what was lost before it there is no row to show. @param {LogSink} sink */
  #catchUp({ logs, ended }) {
    const { rows, filter, state } = this.#kept;
    const hole = rows.findLastIndex(({ gap }) => gap);
    logs.filtered(filter);
    logs.backfill(rows.slice(hole + 1).flatMap(({ line }) => line ?? []), hole >= 0 || this.#kept.more);
    if (state.state === "ended") ended(state.reason);
    else logs.is(state);
  }

  /** What the connection tells, to all. @returns {LogSink} */
  #outlet() {
    const kept = this.#kept;
    const own = { logs: kept, lines: (/** @type {any} */ lines) => void kept.take(lines), gap: (/** @type {any} */ gap) => kept.gap(gap), ended: (/** @type {string} */ reason) => kept.is({ state: "ended", reason }) };
    const each = (/** @type {(sink: LogSink) => void} */ tell) => [own, ...this.#sinks].forEach(tell);
    const logs = {
      get filter() { return kept.filter; },
      get filled() { return kept.filled; },
      is: (/** @type {any} */ state) => each(({ logs }) => logs.is(state)),
      filtered: (/** @type {LogFilter} */ filter) => (this.#settle(filter), each(({ logs }) => logs.filtered(filter))),
      refused: (/** @type {any} */ refusal) => (this.#settle(kept.filter, this.#whole), each(({ logs }) => logs.refused(refusal))),
      backfill: (/** @type {any} */ lines, /** @type {boolean} */ more) => (each(({ logs }) => logs.backfill(lines, more)), (this.#whole = true)),
    };
    return { logs: /** @type {any} */ (logs), lines: (lines) => each((sink) => sink.lines(lines)), gap: (gap) => each((sink) => sink.gap(gap)), ended: (reason) => each((sink) => sink.ended(reason)) };
  }

  /** This filter is in force. @param {LogFilter} filter */
  #settle(filter, whole = false) {
    this.#changing = false;
    this.#filter = filter;
    this.#whole = whole;
  }
}
