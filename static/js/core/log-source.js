/**
 * Where log lines come from: the page's own Socket.IO connection, or a raw `/ws/logs/stream/` of their own.
 *
 * Either feeds a {@link Logs} and sets the filter on the server again whenever it has a new reader there. What an older filter let
 * through and comes late is not shown.
 *
 * @typedef {import("./logs.js").Logs} Logs
 * @typedef {import("./log-filter.js").LogFilter} LogFilter
 *
 * @typedef {object} LogSink
 * @property {Logs} logs
 * @property {(lines: import("./logs.js").LogLine[]) => void} lines      live ones
 * @property {(gap: import("./logs.js").Gap) => void} gap
 * @property {(reason: string) => void} ended                            it does not try again
 *
 * @typedef {object} LogSource
 * @property {(sink: LogSink, filter: LogFilter, backfill: number) => void} start
 * @property {(filter: LogFilter, backfill: number) => void} filter
 * @property {() => void} stop
 * @property {() => void} [again]                                        tries now what it has given up
 */
import { logFilter, onTheWire, sameFilter, NO_FILTER } from "./log-filter.js";

/** The server gives no more lines than this at the beginning … */
export const BACKFILL_MAX = 1000;
/** … and so many to whoever joins the room without a word. */
const JOIN_BACKFILL = 200;

/**
 * On the shared connection the answer to a filter and the lines of that filter come by different ways. Each accepted filter brings one
 * backfill, in order: so what comes after the n-th backfill is of the n-th filter, and of no interest until that is the last one.
 *
 * @param {object} sync                       a SyncManager
 * @param {(room: string) => Promise<any>} sync.joinRoom
 * @param {(room: string) => void} sync.leaveRoom
 * @param {(name: string, fn: (payload: any) => void) => () => void} sync.hear
 * @param {(name: string, payload: any) => Promise<any>} sync.ask
 * @param {(fn: (status: any) => void) => () => void} sync.onStatus
 * @param {{name: string, denied: string|null}[]} sync.rooms
 * @returns {LogSource}
 */
export function sharedSource(sync) {
  /** @type {LogSink} */ let sink;
  /** @type {LogFilter} */ let wanted = { ...NO_FILTER };
  /** @type {(() => void)[]} */ let offs = [];
  let backfill = 0;
  /** Backfills heard since the join, whose own is number 0; filters accepted since. */ let [fills, accepted] = [-1, 0];
  /** A filter is on its way; another one is to follow it. */ let [waiting, again] = [false, false];
  /** What came while a filter was on its way, each with its number. @type {[number, () => void][]} */ let early = [];
  /** Counts the connections: an answer to an older one means nothing. */ let turn = 0;

  /** @param {() => void} work */
  const show = (work) => {
    if (waiting) early.push([fills, work]);
    else if (fills === accepted) work();
  };

  /** @param {any} payload */
  function filled(payload) {
    fills += 1;
    const anew = fills > accepted + (waiting ? 1 : 0); // nobody asked for it: the room was joined again, and the filter is forgotten there
    if (anew) fills = accepted;
    const plain = sameFilter(wanted, NO_FILTER) && sameFilter(sink.logs.filter, NO_FILTER) && backfill <= JOIN_BACKFILL;
    if (anew && !plain) sink.logs.asks(true);
    if ((anew || fills === 0) && !plain) set();
    show(() => sink.logs.backfill(payload.lines, payload.more));
    if (!waiting) sink.logs.is({ state: "live", reason: "" });
  }

  async function set() {
    if (waiting) return void (again = true);
    const mine = turn;
    waiting = true;
    do {
      again = false;
      const answer = await sync.ask("logs:filter", { ...onTheWire(wanted), backfill }).catch(() => ({ ok: false, error: "unavailable" }));
      if (mine !== turn) return;
      answered(answer);
    } while (again);
    waiting = false;
    for (const [number, work] of early.splice(0)) if (number === accepted) work();
    sink.logs.is({ state: "live", reason: "" });
  }

  /** @param {any} answer */
  function answered(answer) {
    if (!answer?.ok) return sink.logs.refused({ field: answer?.field ?? "", message: answer?.message ?? answer?.error ?? "unavailable" });
    accepted += 1;
    sink.logs.filtered(logFilter(answer.filter));
  }

  /** @param {{connected?: boolean}} status */
  function told({ connected }) {
    if (connected === false) return lost();
    const denied = sync.rooms.find(({ name }) => name === "logs")?.denied; // now, or once the person's rights have changed
    if (denied && sink.logs.state.state !== "ended") sink.ended(denied);
  }

  function lost() {
    if (fills >= 0) sink.logs.is({ state: "lost", reason: "" });
    [fills, accepted, waiting, again, early] = [-1, 0, false, false, []];
    turn += 1;
  }

  return {
    start(to, filter, count) {
      [sink, wanted, backfill] = [to, filter, count];
      lost();
      offs = [
        sync.hear("log", (lines) => show(() => sink.lines(lines))),
        sync.hear("log:gap", (gap) => show(() => sink.gap(gap))),
        sync.hear("log:backfill", filled),
        sync.onStatus(told),
      ];
      sync.joinRoom("logs").catch(() => {}); // a refusal is told by the room
    },
    filter(filter, count) {
      [wanted, backfill] = [filter, count];
      if (fills >= 0) set();
    },
    stop() {
      turn += 1;
      for (const off of offs.splice(0)) off();
      sync.leaveRoom("logs");
    },
  };
}

/**
 * On a socket of its own all comes in order: the answer to a filter, its backfill, its lines.
 *
 * @param {(ports: {onMessage: (message: any) => void, onStatus: (status: import("./websocket.js").ServiceStatus) => void}) =>
 *   {connect: () => void, disconnect: () => void, send: (message: any) => boolean}} open  a WebSocketService of the address
 * @returns {LogSource}
 */
export function streamSource(open) {
  /** @type {LogSink} */ let sink;
  /** @type {LogFilter} */ let wanted = { ...NO_FILTER };
  /** @type {ReturnType<typeof open>} */ let service;
  let backfill = 0;
  /** Until our filter is in force nothing of the connection is of use. */ let fresh = true;
  /** @type {any[]} */ let gathered = [];
  /** Lines that came in one turn of the browser go on together. @type {any[]} */ let batch = [];

  /** @param {LogFilter} filter */
  const set = (filter) => service.send({ type: "set_filters", filters: onTheWire(filter), backfill });

  /** @param {any} message */
  function entry({ data, backfill: old }) {
    if (fresh) return;
    if (old) gathered.push(data);
    else if (batch.push(data) === 1) queueMicrotask(flush);
  }

  function flush() {
    if (batch.length > 0) sink.lines(batch);
    batch = [];
  }

  /** @type {Record<string, (message: any) => void>} */
  const HEARD = {
    connection_established() {
      [fresh, gathered, batch] = [true, [], []];
      set(wanted);
    },
    filters_set({ filters }) {
      flush();
      [fresh, gathered] = [false, []];
      sink.logs.filtered(logFilter(filters));
      sink.logs.is({ state: "live", reason: "" });
    },
    log_entry: entry,
    backfill_end({ more }) {
      if (!fresh) sink.logs.backfill(gathered, more);
      gathered = [];
    },
    gap(gap) {
      flush();
      if (!fresh) sink.gap(gap);
    },
    error({ code, field, message }) {
      if (code !== "bad_filter") return;
      sink.logs.refused({ field: field ?? "", message: message ?? code });
      if (fresh) set(sink.logs.filter);
    },
  };

  /** @param {import("./websocket.js").ServiceStatus} status */
  function told({ state, why }) {
    if (state === "failed") sink.ended(why === "given_up" ? "offline" : String(why));
    else if (state !== "live") sink.logs.is({ state: sink.logs.filled ? "lost" : "connecting", reason: "" });
  }

  return {
    start(to, filter, count) {
      [sink, wanted, backfill] = [to, filter, count];
      service = open({ onMessage: (message) => HEARD[message?.type]?.(message), onStatus: told });
      service.connect();
    },
    filter(filter, count) {
      [wanted, backfill] = [filter, count];
      set(filter);
    },
    again: () => service.connect(),
    stop: () => service.disconnect(),
  };
}
