/** Both ways of a log line to the page: no line of an older filter is shown, and a refused filter costs none. */
import assert from "node:assert/strict";
import test from "node:test";
import { NO_FILTER, logFilter, toParams, fromParams, onTheWire } from "../core/log-filter.js";
import { sharedSource, streamSource } from "../core/log-source.js";
import { Logs } from "../core/logs.js";
import { FakeClock, settle } from "./support.js";

const line = (n, more = {}) => ({ id: `w-${n}`, n, timestamp: "2026-11-26T10:00:00.000Z", level: "info", type: "info", message: "", source: "a", environment: "p", worker: 7, ...more });
const shown = ({ rows }) => rows.map(({ line, gap }) => (line ? line.n : `(${gap.dropped} ${gap.why})`));
const ERRORS = logFilter({ level: "error" });

/** A log at the end of a source. */
function sink() {
  const logs = new Logs({ clock: new FakeClock(), frame: (draw) => draw() });
  const to = { logs, ended: [], lines: (lines) => logs.take(lines), gap: (gap) => logs.gap(gap) };
  return { ...to, ended: (reason) => (to.ended.push(reason), logs.is({ state: "ended", reason })), endings: to.ended };
}

/** A page's SyncManager whose server is the test. */
function shared(filter = NO_FILTER, backfill = 100) {
  const ears = {};
  const asked = [];
  let status = () => {};
  const sync = {
    rooms: [{ name: "logs", denied: null }], joinRoom: async () => {}, leaveRoom() {},
    hear: (name, fn) => ((ears[name] = fn), () => delete ears[name]),
    ask: (name, payload) => new Promise((resolve) => asked.push({ name, payload, resolve })),
    onStatus: (fn) => (fn({ connected: true }), (status = fn), () => {}),
  };
  const to = sink();
  const source = sharedSource(sync);
  source.start(to, filter, backfill);
  return { ...to, source, asked, server: (name, payload) => ears[name]?.(payload), drop: () => status({ connected: false }), deny: (why) => ((sync.rooms[0].denied = why), status({ connected: true })) };
}

test("joined without a filter, the page shows what the room brings", () => {
  const { server, logs, asked } = shared();

  server("log:backfill", { lines: [line(1), line(2)], more: false });
  server("log", [line(3)]);
  server("log:gap", { dropped: 4, why: "slow", after: "w-3" });
  server("log", [line(8)]);

  assert.deepEqual([shown(logs), asked.length, logs.state.state], [[1, 2, 3, "(4 slow)", 8], 0, "live"]);
});

test("a filter is set as soon as the room is joined, and nothing is shown before it holds", async () => {
  const { server, logs, asked } = shared(ERRORS);

  server("log:backfill", { lines: [line(1)], more: false });
  server("log", [line(2)]);
  assert.deepEqual([shown(logs), asked[0].payload.level, asked[0].payload.backfill], [[], "error", 100]);
  asked[0].resolve({ ok: true, filter: onTheWire(ERRORS) });
  await settle();
  server("log:backfill", { lines: [line(9)], more: false });

  assert.deepEqual([shown(logs), logs.filter.level], [[9], "error"]);
});

test("the lines may come before the answer that they belong to", async () => {
  const { server, source, logs, asked } = shared();
  server("log:backfill", { lines: [line(1)], more: false });

  source.filter(ERRORS, 100);
  server("log", [line(2)]);
  server("log:backfill", { lines: [line(9)], more: false });
  server("log", [line(10)]);
  asked[0].resolve({ ok: true, filter: onTheWire(ERRORS) });
  await settle();

  assert.deepEqual(shown(logs), [9, 10]);
});

test("of filters that overtake each other the last one holds", async () => {
  const { server, source, logs, asked } = shared();
  server("log:backfill", { lines: [], more: false });

  source.filter(logFilter({ text: "a" }), 100);
  source.filter(logFilter({ text: "ab" }), 100);
  assert.equal(asked.length, 1, "one at a time");
  asked[0].resolve({ ok: true, filter: onTheWire(logFilter({ text: "a" })) });
  await settle();
  server("log:backfill", { lines: [line(1)], more: false });
  asked[1].resolve({ ok: true, filter: onTheWire(logFilter({ text: "ab" })) });
  await settle();
  server("log:backfill", { lines: [line(2)], more: false });

  assert.deepEqual([shown(logs), logs.filter.text], [[2], "ab"]);
});

test("a filter that is refused costs no line, and says why", async () => {
  const { server, source, logs, asked } = shared();
  server("log:backfill", { lines: [line(1)], more: false });

  source.filter(logFilter({ text: "(", regex: true }), 100);
  server("log", [line(2)]);
  asked[0].resolve({ ok: false, error: "bad_filter", field: "text", message: "unclosed group" });
  await settle();
  server("log", [line(3)]);

  assert.deepEqual([shown(logs), logs.filter.text, logs.refusal], [[1, 2, 3], "", { field: "text", message: "unclosed group" }]);
});

test("after a reconnect the filter is set again, and the lines go on", async () => {
  const { server, source, logs, asked, drop } = shared();
  server("log:backfill", { lines: [], more: false });
  source.filter(ERRORS, 100);
  asked[0].resolve({ ok: true, filter: onTheWire(ERRORS) });
  await settle();
  server("log:backfill", { lines: [line(1)], more: false });

  drop();
  assert.equal(logs.state.state, "lost");
  server("log:backfill", { lines: [line(50)], more: true }); // of the join, without a filter
  asked[1].resolve({ ok: true, filter: onTheWire(ERRORS) });
  await settle();
  server("log:backfill", { lines: [line(1), line(2)], more: false });

  assert.deepEqual([shown(logs), logs.state.state], [[1, 2], "live"]);
});

test("a room that is joined again has forgotten the filter, and is told it", async () => {
  const { server, source, logs, asked } = shared();
  server("log:backfill", { lines: [], more: false });
  source.filter(ERRORS, 100);
  asked[0].resolve({ ok: true, filter: onTheWire(ERRORS) });
  await settle();
  server("log:backfill", { lines: [line(1)], more: false });

  server("log:backfill", { lines: [line(1), line(2), line(3)], more: false }); // of the join, without a filter
  server("log", [line(4)]);
  assert.deepEqual([shown(logs), asked.length, asked[1].payload.level], [[1], 2, "error"]);
  asked[1].resolve({ ok: true, filter: onTheWire(ERRORS) });
  await settle();
  server("log:backfill", { lines: [line(1), line(3)], more: false });
  server("log", [line(5)]);

  assert.deepEqual(shown(logs), [1, 3, 5]);
});

test("a room that is joined again on the way of a filter ends with that filter's lines and no others", async () => {
  const { server, source, logs, asked } = shared();
  server("log:backfill", { lines: [], more: false });
  source.filter(ERRORS, 100);

  server("log:backfill", { lines: [line(1), line(2)], more: false }); // of the join, taken for the filter's
  asked[0].resolve({ ok: true, filter: onTheWire(ERRORS) });
  await settle();
  server("log:backfill", { lines: [line(2)], more: false });
  asked[1].resolve({ ok: true, filter: onTheWire(ERRORS) });
  await settle();
  server("log:backfill", { lines: [line(2)], more: false });

  assert.deepEqual(shown(logs), [2]);
});

test("who is refused, now or later, is told so once", () => {
  const { server, deny, drop, endings } = shared();
  server("log:backfill", { lines: [], more: false });

  drop();
  deny("forbidden");
  deny("forbidden");

  assert.deepEqual(endings, ["forbidden"]);
});

/** A socket of its own whose server is the test. */
function stream(filter = NO_FILTER) {
  const sent = [];
  let ports;
  const to = sink();
  const source = streamSource((given) => ((ports = given), { connect() {}, disconnect() {}, send: (message) => (sent.push(message), true) }));
  source.start(to, filter, 100);
  const server = (type, more = {}) => ports.onMessage({ type, ...more });
  return { ...to, source, sent, server, status: (status) => ports.onStatus({ state: "connecting", attempt: 0, why: null, reason: "", retryMs: null, ...status }) };
}

test("on a stream of its own nothing is shown before the page's filter is in force", async () => {
  const { server, logs, sent } = stream(ERRORS);

  server("connection_established", { filters: {} });
  server("log_entry", { data: line(1), backfill: true });
  server("backfill_end", { count: 1, more: false });
  server("log_entry", { data: line(2) });
  assert.deepEqual([sent[0].type, sent[0].filters.level, sent[0].backfill], ["set_filters", "error", 100]);
  server("filters_set", { filters: onTheWire(ERRORS) });
  server("log_entry", { data: line(5), backfill: true });
  server("backfill_end", { count: 1, more: true });
  server("log_entry", { data: line(6) });
  server("log_entry", { data: line(7) });
  server("gap", { dropped: 2, why: "slow", after: "w-7" });
  await settle();

  assert.deepEqual([shown(logs), logs.more, logs.state.state], [[5, 6, 7, "(2 slow)"], true, "live"]);
});

test("a filter that the stream refuses from the start leaves the lines unfiltered rather than the page empty", () => {
  const { server, logs, sent } = stream(logFilter({ text: "(", regex: true }));

  server("connection_established", { filters: {} });
  server("error", { code: "bad_filter", field: "text", message: "unclosed group" });
  assert.equal(sent.at(-1).filters.text, null);
  server("filters_set", { filters: onTheWire(NO_FILTER) });
  server("log_entry", { data: line(1), backfill: true });
  server("backfill_end", { count: 1, more: false });

  assert.deepEqual([shown(logs), logs.refusal?.message], [[1], "unclosed group"]);
});

test("an end says why, and a lost connection is no end", () => {
  const { server, logs, endings, status } = stream();
  server("connection_established", { filters: {} });
  server("filters_set", { filters: onTheWire(NO_FILTER) });
  server("backfill_end", { count: 0, more: false });

  status({ state: "connecting", why: "lost", retryMs: 3000 });
  assert.deepEqual([logs.state.state, endings], ["lost", []]);
  status({ state: "failed", why: "forbidden" });

  assert.deepEqual(endings, ["forbidden"]);
});

test("a filter is the same in an address, on the wire and in the server's echo", () => {
  const filter = logFilter({ type: "scan", level: ["error", "critical"], source: "scan-*", text: "акт", regex: true });

  assert.deepEqual(fromParams(new URLSearchParams(toParams(filter).toString())), filter);
  assert.deepEqual(logFilter(onTheWire(filter)), filter);
  assert.deepEqual(logFilter({ type: "all", level: null, source: "" }), NO_FILTER);
});
