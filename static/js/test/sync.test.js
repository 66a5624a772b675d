import assert from "node:assert/strict";
import test from "node:test";
import { joined, live, page, recovered } from "./page.js";
import { change, settle } from "./support.js";

test("all rooms of the page are joined in one question, each with its position", async () => {
  const { sync, socket } = page();
  sync.joinRoom("files", { position: { epoch: "a", seq: 10 } });
  sync.joinRoom("users");
  assert.equal(socket.connects, 1);
  assert.equal(socket.sent.length, 0); // nothing is buffered while the connection is down

  socket.accept();

  assert.deepEqual(socket.sent.map(({ name, payload, ms }) => [name, payload, ms]), [["sync:join", { rooms: { files: ["a", 10], users: null } }, 5000]]);
});

test("a room that does not exist is refused with the list of those that do", () => {
  assert.throws(() => page().sync.joinRoom("flies"), /no such room\. Rooms are index, files, users/);
});

test("joining says how it went, and is counted", async () => {
  const { sync, socket } = page();
  const first = sync.joinRoom("files");
  const second = sync.joinRoom("files");
  socket.accept();
  socket.last("sync:join").resolve({ ok: true, rooms: { files: live("files") } });

  assert.deepEqual(await first, { mode: "live", epoch: "a", seq: 10 });
  await second;
  assert.deepEqual(await sync.joinRoom("files"), { mode: "live", epoch: "a", seq: 10 });
  sync.leaveRoom("files");
  sync.leaveRoom("files");
  assert.equal(socket.last("sync:leave"), undefined);
  sync.leaveRoom("files");
  assert.deepEqual(socket.last("sync:leave").payload, { room: "files" });
});

test("a room joined without data runs its handlers once: that closes the gap", async () => {
  const { sync, socket, clock } = page();
  const ran = [];
  sync.on("files:changed", (event) => void ran.push(event.synthetic));
  sync.on("users:changed", () => void ran.push("wrong room"));
  sync.joinRoom("files");
  socket.accept();
  socket.last("sync:join").resolve({ ok: true, rooms: { files: live("files") } });
  await clock.advance(10);

  assert.deepEqual(ran, ["join"]);
});

test("events arrive in order, each once, by name and by *", async () => {
  const all = [];
  const named = [];
  const { sync, socket, clock } = await joined((event, { events }) => void named.push(...events.map((event) => event.seq)));
  sync.on("*", (event, { events }) => void all.push(...events.map((event) => event.seq)));

  for (const [seq, prev] of [[12, 10], [12, 10], [14, 12]]) socket.emit("files:changed", change("files", seq, prev));
  socket.emit("users:changed", change("users", 13, 0)); // not joined
  await clock.advance(1000);

  assert.deepEqual(named, [12, 14]);
  assert.deepEqual(all, [12, 14]);
});

test("the same event by two rooms runs a handler once", async () => {
  const ran = [];
  const { sync, socket, clock } = await joined((event) => void ran.push(event.seq));
  sync.joinRoom("index", { position: { epoch: "a", seq: 10 } });
  await settle();
  socket.last("sync:join").resolve(recovered("index", 10));
  await settle();

  socket.emit("files:changed", change("files", 12, 10));
  socket.emit("files:changed", { ...change("files", 12, 9), scope: "global", room: "index" });
  await clock.advance(1000);

  assert.deepEqual(ran, [12]);
});

test("a hole is asked for, and what was missed comes before what revealed it", async () => {
  const ran = [];
  const { socket, clock } = await joined((events) => void ran.push(...events.map((event) => event.seq)), { batch: true });

  socket.emit("files:changed", change("files", 20, 15));
  assert.deepEqual(socket.last("sync:join").payload, { room: "files", epoch: "a", seq: 10 });
  socket.last("sync:join").resolve(recovered("files", 20, [change("files", 15, 10, { event: "files:changed" }), change("files", 20, 15, { event: "files:changed" })]));
  await clock.advance(1000);

  assert.deepEqual(ran, [15, 20]);
});

test("a beat reveals an event that nothing followed", async () => {
  const { sync, socket } = await joined();

  socket.emit("sync:pos", { epoch: "a", rooms: { files: 30, users: 99 } });

  assert.deepEqual(socket.last("sync:join").payload, { room: "files", epoch: "a", seq: 10 });
  assert.equal(sync.status.state, "connecting");
});

test("a reset fetches, takes only data that is new enough, and goes on from there", async () => {
  const snapshots = [{ epoch: "b", seq: 40 }, { epoch: "b", seq: 55 }];
  const ran = [];
  const { sync, socket, clock } = await joined((event) => {
    ran.push(event.seq);
    return snapshots.shift();
  });

  socket.emit("sync:reset", { epoch: "b", seq: 50, why: "restored" });
  await clock.advance(0);
  assert.equal(sync.position("files").epoch, "a");
  assert.notEqual(sync.status.staleSince, null);
  await clock.advance(200);
  assert.deepEqual(sync.position("files"), { epoch: "b", seq: 55, provenAt: 200 });
  assert.deepEqual(socket.last("sync:join").payload, { room: "files", epoch: "b", seq: 55 }); // newer than the worker has said
  socket.last("sync:join").resolve({ ...recovered("files", 55, []), epoch: "b" });
  socket.emit("files:changed", change("files", 56, 55, { epoch: "b" }));
  await clock.advance(1000);

  assert.deepEqual(ran, [50, 50, 56]);
  assert.equal(sync.status.state, "live");
});

test("a handler that fails leaves the page stale until it succeeds", async () => {
  let broken = true;
  const { sync, socket, clock } = await joined(() => {
    if (broken) throw new Error("no answer");
  });

  socket.emit("files:changed", change("files", 12, 10));
  await clock.advance(500);
  assert.equal(sync.status.staleSince, 0);
  broken = false;
  await clock.advance(1000);

  assert.equal(sync.status.staleSince, null);
});

test("an unanswered join is repeated, and the third time the connection is given up", async () => {
  const { sync, socket, clock } = page();
  sync.joinRoom("files");
  socket.accept();
  for (let n = 0; n < 3; n += 1) {
    socket.last("sync:join").reject(new Error("operation has timed out"));
    await settle();
  }

  assert.equal(socket.sent.filter(({ name }) => name === "sync:join").length, 3);
  assert.equal(socket.connected, false);
  await clock.advance(0);
  assert.equal(socket.connects, 2);
});

test("a refused room says so, does not spoil the others, and is tried again with the next connection", async () => {
  const { sync, socket, clock } = page();
  const admin = sync.joinRoom("admin");
  sync.joinRoom("files", { position: { epoch: "a", seq: 10 } });
  socket.accept();
  const answer = { ok: false, rooms: { admin: { ok: false, room: "admin", error: "forbidden" }, files: recovered("files", 10) } };
  socket.last("sync:join").resolve(answer);

  await assert.rejects(admin, /joinRoom\("admin"\): the server says forbidden/);
  assert.equal(sync.status.state, "live");
  socket.drop();
  await clock.advance(5000);
  socket.accept();
  assert.deepEqual(Object.keys(socket.last("sync:join").payload.rooms), ["admin", "files"]);
});

test("a lost connection comes back with the position and misses nothing", async () => {
  const ran = [];
  const { sync, socket, clock } = await joined((events) => void ran.push(...events.map((event) => event.seq)), { batch: true });
  socket.emit("files:changed", change("files", 12, 10));
  await clock.advance(1000);

  socket.drop();
  assert.equal(sync.status.state, "connecting");
  await clock.advance(5000);
  socket.accept();
  assert.deepEqual(socket.last("sync:join").payload, { rooms: { files: ["a", 12] } });
  socket.last("sync:join").resolve({ ok: true, rooms: { files: recovered("files", 14, [change("files", 14, 12)]) } });
  await clock.advance(1000);

  assert.deepEqual(ran, [12, 14]);
});

test("waits between tries double with full jitter, and after ten the page says offline", async () => {
  const { sync, socket, clock } = page();
  clock.randomValue = 1;
  sync.joinRoom("files");
  const waits = [];
  for (let n = 0; n < 11; n += 1) {
    const from = clock.now();
    const connects = socket.connects;
    socket.refuse("websocket error");
    while (socket.connects === connects) await clock.advance(100);
    waits.push(clock.now() - from);
  }

  assert.deepEqual(waits, [500, 1000, 2000, 4000, 5000, 5000, 5000, 5000, 5000, 30_000, 30_000]);
  assert.equal(sync.status.state, "offline");
});

test("a page whose worker goes hears everything until it is its turn to move, then moves in a blink", async () => {
  const { sync, socket, clock } = await joined();
  const seen = [];
  sync.on("files:changed", (event) => seen.push(event.seq));

  socket.emit("sync:bye", { retryMs: 3000 });
  await clock.advance(2999);
  socket.emit("files:changed", change("files", 11, 10));
  await settle();
  assert.deepEqual([socket.connected, socket.connects, seen], [true, 1, [11]]);
  await clock.advance(1);

  assert.deepEqual([socket.connected, socket.connects], [false, 2]);
  socket.accept();
  assert.deepEqual(socket.last("sync:join").payload, { rooms: { files: ["a", 11] } });
});

test("a page that is cut before its turn waits for the rest of it", async () => {
  const { socket, clock } = await joined();

  socket.emit("sync:bye", { retryMs: 3000 });
  await clock.advance(1000);
  socket.drop("io server disconnect");
  await clock.advance(1999);
  assert.equal(socket.connects, 1);
  await clock.advance(1);

  assert.equal(socket.connects, 2);
});

test("a page moves once, and a connection that breaks later is nobody's farewell", async () => {
  const { socket, clock } = await joined();
  socket.emit("sync:bye", { retryMs: 3000 });
  socket.emit("sync:bye", { retryMs: 4000 });
  await clock.advance(3000);
  socket.accept();

  await clock.advance(5000);
  assert.equal(socket.connects, 2);
  socket.drop();
  await clock.advance(500);

  assert.equal(socket.connects, 3);
});

test("a page that is put away after the farewell does not move", async () => {
  const { sync, socket, clock } = await joined();
  socket.emit("sync:bye", { retryMs: 3000 });

  sync.lifeline.leave();
  await clock.advance(10_000);

  assert.equal(socket.connects, 1);
});

test("a refused session is told apart from a server that is gone", () => {
  const { sync, socket } = page();
  sync.joinRoom("files");

  socket.refuse("unauthorized");

  assert.deepEqual([sync.status.state, sync.status.why], ["failed", "unauthorized"]);
});

test("a page that is put away ends its connection, and one that returns connects at once", async () => {
  const { sync, socket } = await joined();

  sync.lifeline.leave();
  assert.equal(socket.connected, false);
  sync.lifeline.enter();

  assert.equal(socket.connects, 2);
});

test("a tab that becomes visible asks whether the connection still answers", async () => {
  const { sync, socket } = await joined();

  sync.lifeline.visible(true);
  const probe = socket.last("sync:pos");
  assert.deepEqual([probe.payload, probe.ms], [{ room: "files" }, 2000]);
  probe.reject(new Error("operation has timed out"));
  await settle();

  assert.equal(socket.connects, 2);
});

test("the answer to that question may reveal a hole", async () => {
  const { sync, socket } = await joined();

  sync.lifeline.visible(true);
  socket.last("sync:pos").resolve({ epoch: "a", seq: 30 });
  await settle();

  assert.deepEqual(socket.last("sync:join").payload, { room: "files", epoch: "a", seq: 10 });
});

test("the idle guard runs after that long without events, and not before", async () => {
  const ran = [];
  const { sync, socket, clock } = await joined();
  const stop = sync.startIdleGuard(() => void ran.push(clock.now()), 30);

  await clock.advance(20_000);
  socket.emit("files:changed", change("files", 12, 10));
  await clock.advance(29_999);
  assert.deepEqual(ran, []);
  await clock.advance(1);
  assert.deepEqual(ran, [50_000]);
  await clock.advance(30_000);
  assert.deepEqual(ran, [50_000, 80_000]);
  stop();
  await clock.advance(90_000);

  assert.equal(ran.length, 2);
});

test("the idle guard waits for the person, and takes its time from the server", async () => {
  const ran = [];
  const { sync, socket, clock, life } = await joined();
  socket.emit("hello", { syncIdleSeconds: 10, epoch: "a" });
  sync.startIdleGuard(() => void ran.push(clock.now()));

  await clock.advance(9000);
  sync.lifeline.input();
  await clock.advance(1999);
  assert.deepEqual(ran, []);
  await clock.advance(1);
  assert.deepEqual(ran, [11_000]);
  life.shown = false;
  await clock.advance(60_000);

  assert.equal(ran.length, 1);
});

test("a guard that verifies asks for the position before it fetches", async () => {
  let ran = 0;
  const { sync, asked, clock } = await joined();
  sync.startIdleGuard(() => void (ran += 1), 30, { verify: true });

  await clock.advance(30_000);

  assert.deepEqual(asked, ["GET /api/sync/position?room=files"]);
  assert.equal(ran, 0);
});

test("off ends a subscription, by its own function or by name", async () => {
  const ran = [];
  const { sync, socket, clock } = await joined();
  const handler = () => void ran.push("named");
  const off = sync.on("files:changed", () => void ran.push("own"));
  sync.on("files:changed", handler);

  off();
  sync.off("files:changed", handler);
  socket.emit("files:changed", change("files", 12, 10));
  await clock.advance(1000);

  assert.deepEqual(ran, []);
});

test("a view that fetched skips the events that its data shows already", async () => {
  const ran = [];
  const { socket, clock } = await joined((event) => {
    ran.push(event.seq);
    return { epoch: "a", seq: 20 };
  });

  for (const [seq, prev] of [[12, 10], [18, 12], [22, 18]]) {
    socket.emit("files:changed", change("files", seq, prev));
    await clock.advance(1000);
  }

  assert.deepEqual(ran, [12, 22]);
});

test("what is outside the chain comes packet by packet to whoever hears it, until he is off", () => {
  const { sync, socket } = page();
  const heard = [];
  sync.joinRoom("logs");
  socket.accept();

  const off = sync.hear("log", (lines) => heard.push(lines));
  socket.emit("log", [1, 2]);
  off();
  socket.emit("log", [3]);

  assert.deepEqual(heard, [[1, 2]]);
});
