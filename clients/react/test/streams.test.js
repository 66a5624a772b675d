/** Who shares a connection of the log, and who does not. */
import assert from "node:assert/strict";
import test from "node:test";
import { Logs } from "../../../static/js/core/logs.js";
import { logFilter } from "../../../static/js/core/log-filter.js";
import { FakeClock } from "../../../static/js/test/support.js";
import { LINGER_MS } from "../src/linger.js";
import { Streams } from "../src/streams.js";

const ERRORS = logFilter({ level: "error" });
const line = (id) => ({ id, message: id });

/** A page whose sockets belong to the test. */
function page() {
  const clock = new FakeClock();
  const sockets = [];
  const streams = new Streams((ports) => {
    const socket = { open: false, sent: [], connect: () => (socket.open = true), disconnect: () => (socket.open = false), send: (message) => (socket.sent.push(message), true), hear: ports.onMessage };
    sockets.push(socket);
    return socket;
  }, clock);
  return { clock, sockets, streams };
}

/** The server answers the last filter with these lines. */
function answer(socket, ids) {
  socket.hear({ type: "filters_set", filters: socket.sent.at(-1).filters });
  for (const id of ids) socket.hear({ type: "log_entry", backfill: true, data: line(id) });
  socket.hear({ type: "backfill_end", count: ids.length, more: false });
}

function reader({ streams, clock }, filter = logFilter({})) {
  const logs = new Logs({ clock, frame: (draw) => draw() });
  const source = streams.source();
  const start = () => source.start({ logs, lines: (lines) => logs.take(lines), gap: (gap) => logs.gap(gap), ended: () => {} }, filter, 100);
  start();
  return { source, start, logs, ids: () => logs.rows.map(({ line }) => line?.id ?? "gap") };
}

function opened(world) {
  const first = reader(world);
  const [socket] = world.sockets;
  socket.hear({ type: "connection_established" });
  answer(socket, ["1", "2"]);
  return first;
}

test("whoever comes later shares the connection, and has what the others have", () => {
  const world = page();
  const first = opened(world);

  const second = reader(world);

  assert.deepEqual([first.ids(), second.ids()], [["1", "2"], ["1", "2"]]);
  assert.deepEqual([world.sockets.length, second.logs.state.state], [1, "live"]);
});

test("whoever comes after a hole has no line from before it", () => {
  const world = page();
  const first = opened(world);
  world.sockets[0].hear({ type: "gap", dropped: 3, why: "slow" });

  const second = reader(world);

  assert.deepEqual([first.ids(), second.ids(), second.logs.more], [["1", "2", "gap"], [], true]);
});

test("who is alone changes the filter in place; who is not takes another connection, and nobody else sees it", () => {
  const world = page();
  const first = opened(world);
  const second = reader(world);

  second.source.filter(ERRORS, 100);
  assert.equal(world.sockets.length, 2);
  assert.equal(world.sockets[0].sent.length, 1);
  first.source.filter(logFilter({ source: "a" }), 100);

  assert.equal(world.sockets.length, 2);
  assert.equal(world.sockets[0].sent.at(-1).filters.source, "a");
});

test("a filter that the server refuses on a new connection leaves the former one in force", () => {
  const world = page();
  reader(world, ERRORS);
  world.sockets[0].hear({ type: "connection_established" });
  answer(world.sockets[0], ["1"]);
  const second = reader(world, ERRORS);

  second.source.filter(logFilter({ text: "(", regex: true }), 100);
  world.sockets[1].hear({ type: "connection_established" });
  world.sockets[1].hear({ type: "error", code: "bad_filter", field: "text", message: "no" });

  assert.equal(second.logs.refusal.field, "text");
  assert.equal(world.sockets[1].sent.at(-1).filters.level, "error");
});

test("a connection outlives its readers for a moment: put back at once they have it again, else it ends", async () => {
  const world = page();
  const first = opened(world);

  first.source.stop();
  first.start();
  await world.clock.advance(LINGER_MS);
  assert.deepEqual([world.sockets.length, world.sockets[0].open], [1, true]);
  first.source.stop();
  await world.clock.advance(LINGER_MS);

  assert.equal(world.sockets[0].open, false);
  first.start();
  assert.equal(world.sockets.length, 2);
});
