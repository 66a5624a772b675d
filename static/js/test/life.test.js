/** A page over its life: late comers, silence, a network that goes and comes. */
import assert from "node:assert/strict";
import test from "node:test";
import { Skew } from "../core/skew.js";
import { joined, live, page, recovered } from "./page.js";
import { change, settle } from "./support.js";

/** A handler that notes what it was run for. */
const noting = (ran) => (event) => void ran.push(event.synthetic ?? event.seq);

test("a second view whose data is older than its room looks for itself, and the first is left alone", async () => {
  const first = [];
  const second = [];
  const { sync, socket, clock } = await joined(noting(first));
  socket.emit("files:changed", change("files", 12, 10));
  await clock.advance(1000);

  sync.on("files:changed", noting(second));
  sync.joinRoom("files", { position: { epoch: "a", seq: 11 } });
  await clock.advance(1000);

  assert.deepEqual([first, second], [[12], ["join"]]);
});

test("a second view whose data is as new as its room has nothing to look for", async () => {
  const ran = [];
  const { sync, clock } = await joined();

  sync.on("files:changed", noting(ran));
  sync.joinRoom("files", { position: { epoch: "a", seq: 10 } });
  await clock.advance(1000);

  assert.deepEqual(ran, []);
});

test("whoever joins a room that was refused is told at once", async () => {
  const { sync, socket } = page();
  sync.joinRoom("admin");
  socket.accept();
  socket.last("sync:join").resolve({ ok: true, rooms: { admin: { ok: false, room: "admin", error: "forbidden" } } });
  await settle();

  await assert.rejects(sync.joinRoom("admin"), /forbidden/);
});

test("a connection whose beats stop is asked, and ended if it does not answer", async () => {
  const { socket, clock } = await joined();
  socket.emit("sync:pos", { epoch: "a", rooms: { files: 10 } });
  socket.last("sync:pos").resolve({ epoch: "a", seq: 10 });

  await clock.advance(24_999);
  assert.equal(socket.connects, 1);
  await clock.advance(1);
  const probe = socket.last("sync:pos");
  assert.deepEqual([probe.payload, probe.ms], [{ room: "files" }, 2000]);
  probe.reject(new Error("operation has timed out"));
  await settle();

  assert.equal(socket.connects, 2);
});

test("as long as beats come nobody asks", async () => {
  const { socket, clock } = await joined();
  const beat = { epoch: "a", rooms: { files: 10 } };
  socket.emit("sync:pos", beat);
  socket.last("sync:pos").resolve({ epoch: "a", seq: 10 });
  const asked = socket.sent.length;

  for (let n = 0; n < 2; n += 1) {
    await clock.advance(10_000);
    socket.emit("sync:pos", beat);
  }

  assert.equal(socket.sent.length, asked);
});

test("the badge's milliseconds are those of a plain question, not of a join that read the ledger", async () => {
  const { sync, socket, clock } = page();
  sync.joinRoom("files", { position: { epoch: "a", seq: 10 } });
  socket.accept();
  await clock.advance(700);
  socket.last("sync:join").resolve({ ok: true, rooms: { files: recovered("files", 10) } });
  await settle();
  assert.equal(sync.status.rtt, 700);

  socket.emit("sync:pos", { epoch: "a", rooms: { files: 10 } });
  await clock.advance(12);
  socket.last("sync:pos").resolve({ epoch: "a", seq: 10 });
  await settle();
  assert.equal(sync.status.rtt, 12);
  sync.joinRoom("users");
  await clock.advance(900);
  socket.last("sync:join").resolve(live("users"));
  await settle();

  assert.equal(sync.status.rtt, 12);
});

test("a network that comes back is tried at once, and again soon, however long it was gone", async () => {
  const { sync, socket, clock } = page();
  clock.randomValue = 1;
  sync.joinRoom("files");
  for (let n = 0; n < 11; n += 1) {
    socket.refuse("websocket error");
    await clock.advance(30_000);
  }
  assert.equal(sync.status.state, "offline");
  socket.refuse("websocket error");
  const before = socket.connects;

  sync.lifeline.wake();
  assert.deepEqual([socket.connects, sync.status.state, sync.status.attempt], [before + 1, "connecting", 1]);
  socket.refuse("websocket error");
  await clock.advance(500);

  assert.equal(socket.connects, before + 2);
});

test("that the network is gone is a hint: it is told, and the connection stays", async () => {
  const { sync, socket } = await joined();

  sync.lifeline.offline();
  assert.deepEqual([sync.status.network, sync.status.state, socket.connected], [false, "live", true]);
  sync.lifeline.wake();

  assert.equal(sync.status.network, true);
});

test("data of a lost connection is as old as its last proof", async () => {
  const { sync, socket, clock } = await joined();
  await clock.advance(5000);
  socket.emit("sync:pos", { epoch: "a", rooms: { files: 10 } });
  await clock.advance(9000);

  socket.drop();

  assert.deepEqual([sync.status.since, sync.status.staleSince], [14_000, 5000]);
});

test("the server's clock is the median of what five answers say, and one that came late does not move it", () => {
  const skew = new Skew();
  assert.equal(skew.ahead, 0);

  for (const [server, asked, heard] of [[3_600_010, 0, 20], [3_600_120, 100, 140], [3_600_210, 200, 220]]) skew.hear(server, asked, heard);
  skew.hear(3_600_300, 60_000); // heard a minute late by a frozen tab
  skew.hear(9_000_000, 0, 5000); // on its way for five seconds: says nothing
  skew.hear(Number.NaN, 0);

  assert.equal(skew.ahead, 3_600_000);
});

test("the median follows when the clock of the machine is set right", () => {
  const skew = new Skew();
  for (let n = 0; n < 5; n += 1) skew.hear(3_600_000 + n, n);

  for (let n = 0; n < 3; n += 1) skew.hear(n, n);

  assert.equal(skew.ahead, 0);
});

test("what a page hears of the server's time sets its clock", async () => {
  const { sync, socket, clock } = await joined();
  await clock.advance(1000);

  socket.emit("hello", { epoch: "a", serverTime: 61_000 });

  assert.equal(sync.ahead, 60_000);
});
