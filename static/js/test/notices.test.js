/** A person's notices as a page knows them: over the shared connection, and over a WebSocket of their own. */
import assert from "node:assert/strict";
import test from "node:test";
import { NoticeStore } from "../core/notices.js";
import { sharedSource } from "../core/notices-shared.js";
import { SocketSource } from "../core/notices-socket.js";
import { page as makePage, recovered } from "./page.js";
import { FakeClock, settle } from "./support.js";

const row = (id, more = {}) => ({ id: String(id), type: "system", data: {}, timestamp: new Date(Date.UTC(2026, 10, 26, 12) + id).toISOString(), read: false, archived: false, message: `№ ${id}`, ...more });
const told = (id, seq, unread, more = {}) => ({ reason: "added", seq, prev: seq - 1, epoch: "a", worker: 1, scope: "room:user:5", ...row(id), unread, ...more });
const marks = (ids, seq, unread, more = {}) => ({ reason: "updated", seq, prev: seq - 1, epoch: "a", worker: 1, scope: "room:user:5", id: ids?.[0] ?? "*", data: { ids, read: true, archived: false, unread, ...more } });
const ids = (store, tab = "all") => store.list(tab).items.map(({ id }) => id);

/** A store whose source is the test; `asked` is what it asked for. */
async function storeOf(pages = [{ items: [row(2), row(1)], unread: 2, next: null, position: { epoch: "a", seq: 10 } }]) {
  const clock = new FakeClock();
  const asked = [];
  const doing = {};
  const source = {
    start: (listener) => ((source.listener = listener), listener.reload().then(() => listener.live(true)), () => {}),
    page: async (query) => (asked.push(query), pages.length > 1 ? pages.shift() : pages[0]),
    read: (id) => (asked.push(`read ${id}`), new Promise((resolve, reject) => Object.assign(doing, { resolve, reject }))),
    archive: (id) => (asked.push(`archive ${id}`), Promise.resolve(0)),
  };
  const store = new NoticeStore(source, clock);
  const news = [];
  store.onNotice(({ id }) => news.push(id));
  store.start();
  await settle();
  return { store, clock, asked, doing, news, hear: (name, event) => source.listener.hear(name, event), tell: source };
}

test("what comes stands first, and is told once, with the server's number", async () => {
  const { store, clock, news, hear } = await storeOf();

  hear("notification", told(3, 12, 7));
  hear("notification", told(3, 12, 7));
  await clock.advance(1);

  assert.deepEqual([ids(store), store.state.unread, news], [["3", "2", "1"], 7, ["3"]]);
});

test("the number is never counted here: the newest word stands, also against a list that came late", async () => {
  const { store, hear, tell } = await storeOf();
  hear("notification", told(3, 20, 9));
  assert.equal(store.state.unread, 9);

  hear("notification", told(4, 15, 4)); // heard late
  await tell.listener.reload(); // says 2 at seq 10

  assert.equal(store.state.unread, 9);
});

test("read in another tab is read here; told again it is unread again", async () => {
  const { store, hear } = await storeOf();

  hear("notification:read", marks(["1"], 12, 1));
  assert.deepEqual([store.get("1").read, store.get("2").read, store.state.unread, ids(store, "unread")], [true, false, 1, ["2"]]);
  hear("notification", told(1, 13, 2, { reason: "updated", count: 2, timestamp: "2026-11-26T13:00:00.000Z" }));

  assert.deepEqual([store.get("1").read, store.get("1").count, ids(store)], [false, 2, ["1", "2"]]);
});

test("all were read does not touch what came after", async () => {
  const { store, hear } = await storeOf();
  hear("notification", told(3, 20, 3));

  hear("notification:read", marks(null, 15, 0));

  assert.deepEqual([store.get("1").read, store.get("2").read, store.get("3").read, store.state.unread], [true, true, false, 3]);
});

test("what was read elsewhere in the same moment is no news", async () => {
  const { clock, news, hear } = await storeOf();

  hear("notification", told(3, 12, 1));
  hear("notification", told(4, 13, 2));
  hear("notification:read", marks(["3"], 14, 1));
  await clock.advance(1);

  assert.deepEqual(news, ["4"]);
});

test("reading shows at once, and is taken back if the server refuses; the number waits for the server", async () => {
  const { store, asked, doing } = await storeOf();

  const reading = store.read("1");
  assert.deepEqual([store.get("1").read, store.state.unread, asked.at(-1)], [true, 2, "read 1"]);
  doing.reject(new Error("no"));

  await assert.rejects(reading, /no/);
  assert.equal(store.get("1").read, false);
});

test("without a connection the answer's own number counts", async () => {
  const { store, doing, tell } = await storeOf();
  tell.listener.live(false);

  const reading = store.read("*");
  doing.resolve(0);
  await reading;

  assert.deepEqual([store.state.unread, ids(store, "unread")], [0, []]);
});

test("archived goes to the archive, here and from other tabs", async () => {
  const { store, hear, asked } = await storeOf();

  await store.archive("1");
  hear("notification:read", marks(["2"], 12, 0, { archived: true }));

  assert.deepEqual([ids(store), asked.at(-1)], [[], "archive 1"]);
  assert.deepEqual([store.get("1").archived, store.get("2").archived], [true, true]);
});

test("older ones come by pages, and a tab shows none from beyond its own pages", async () => {
  const position = { epoch: "a", seq: 10 };
  const { store, asked } = await storeOf([
    { items: [row(9), row(8)], unread: 5, next: "8", position },
    { items: [row(8, { type: "alert" }), row(3, { type: "alert" })], unread: 5, next: null, position },
    { items: [row(7), row(3, { type: "alert" })], unread: 5, next: null, position },
  ]);
  assert.deepEqual([ids(store), store.list("all").more], [["9", "8"], true]);

  const close = store.open("alerts");
  await settle();
  assert.deepEqual([ids(store, "alerts"), ids(store)], [["8", "3"], ["9", "8"]]);
  await store.more("all");
  close();

  assert.deepEqual([ids(store), store.list("all").more], [["9", "8", "7", "3"], false]);
  assert.deepEqual(asked, [{ archived: "0", limit: "30" }, { archived: "0", type: "alert,log_event", limit: "30" }, { archived: "0", limit: "30", before: "8" }]);
});

test("a look at the whole forgets what is no longer there, and keeps what came since", async () => {
  const position = { epoch: "a", seq: 10 };
  const { store, hear, tell } = await storeOf([{ items: [row(2), row(1)], unread: 2, next: null, position }, { items: [row(2)], unread: 1, next: null, position: { epoch: "a", seq: 15 } }]);
  hear("notification", told(3, 20, 3));

  assert.deepEqual(await tell.listener.reload(), { epoch: "a", seq: 15 });

  assert.deepEqual([ids(store), store.state.unread], [["3", "2"], 3]);
});

test("a list that cannot be had says so, and is tried again by hand", async () => {
  const { store, tell } = await storeOf();
  const { page } = tell;
  tell.page = async () => { throw new Error("no"); };
  store.open("archive");
  await settle();
  assert.match(String(store.list("archive").error), /no/);

  tell.page = page;
  await store.more("archive");

  assert.deepEqual([store.list("archive").error, store.list("archive").loaded], [null, true]);
});

test("cleared is what was there; what comes shows, and the rest comes back when asked for", async () => {
  const { store, hear } = await storeOf();

  store.clear();
  assert.deepEqual([ids(store), store.list("all").more, store.state.unread], [[], true, 2]);
  hear("notification", told(3, 12, 3));
  assert.deepEqual(ids(store), ["3"]);
  await store.more("all");

  assert.deepEqual(ids(store), ["3", "2", "1"]);
});

test("a page's own notice is told and read on this page alone", async () => {
  const { store, clock, asked, news } = await storeOf();

  const made = store.push({ message: "<b>own</b>", status: "warning" });
  await clock.advance(1);
  await store.read(made.id);

  assert.deepEqual([news, store.get(made.id).read, store.state.unread, asked.length], [[made.id], true, 2, 1]);
});

test("a page that stays open for weeks keeps the newest", async () => {
  const { store, hear } = await storeOf();
  for (let n = 3; n <= 1100; n += 1) hear("notification", told(n, n + 10, n));

  const kept = ids(store);
  assert.ok(kept.length <= 1000 && kept.length >= 500, `${kept.length}`);
  assert.equal(kept[0], "1100");
});

test("lists are the same object until something changes, so that whoever compares draws nothing in vain", async () => {
  const { store, hear } = await storeOf();
  assert.equal(store.list("all"), store.list("all"));
  const before = store.list("all");
  hear("notification", told(3, 12, 3));
  assert.notEqual(store.list("all"), before);
});

// ---- over the shared connection

async function shared() {
  const world = makePage();
  const asked = [];
  let answer = { data: { items: [row(1)], unread: 1, next: null }, position: { epoch: "a", seq: 10 } };
  world.sync.request = async (method, url) => (asked.push(`${method} ${url}`), answer);
  const store = new NoticeStore(sharedSource(world.sync, "5"), world.clock);
  store.start();
  await settle();
  return { ...world, store, asked, answers: (given) => (answer = given) };
}

test("the list first, then the person's own room from the list's position", async () => {
  const { socket, store, asked } = await shared();
  socket.accept();
  assert.deepEqual(socket.last("sync:join").payload, { rooms: { "user:5": ["a", 10] } });
  assert.equal(store.state.live, false);

  socket.last("sync:join").resolve({ ok: true, rooms: { "user:5": recovered("user:5", 12, [{ ...told(2, 12, 2), prev: 10, event: "notification" }]) } });
  await settle();

  assert.deepEqual([ids(store), store.state, asked], [["2", "1"], { live: true, why: null, unread: 2 }, ["GET /api/notifications?archived=0&limit=30"]]);
});

test("a hole in the room's chain is filled by a join from where it stood", async () => {
  const { socket, store, clock } = await shared();
  socket.accept();
  socket.last("sync:join").resolve({ ok: true, rooms: { "user:5": recovered("user:5", 10) } });
  await settle();

  socket.emit("notification", { ...told(4, 14, 4), prev: 12 });
  await settle();
  assert.deepEqual(socket.last("sync:join").payload, { room: "user:5", epoch: "a", seq: 10 });
  const missed = [{ ...told(2, 11, 2), prev: 10, event: "notification" }, { ...marks(["1"], 12, 1), prev: 11, event: "notification:read" }, { ...told(4, 14, 4), prev: 12, event: "notification" }];
  socket.last("sync:join").resolve(recovered("user:5", 14, missed));
  await clock.advance(1000);

  assert.deepEqual([ids(store), store.get("1").read, store.state.unread], [["4", "2", "1"], true, 4]);
});

test("a server that lost count makes it look at the whole again", async () => {
  const { socket, store, clock, asked, answers } = await shared();
  socket.accept();
  socket.last("sync:join").resolve({ ok: true, rooms: { "user:5": recovered("user:5", 10) } });
  await settle();
  answers({ data: { items: [row(8)], unread: 1, next: null }, position: { epoch: "b", seq: 30 } });

  socket.emit("sync:reset", { epoch: "b", seq: 30, why: "restored" });
  await clock.advance(1000);

  assert.deepEqual([ids(store), asked.length], [["8"], 2]);
});

// ---- over a WebSocket of its own

async function ownSocket({ request = null } = {}) {
  const clock = new FakeClock();
  const service = { sent: [], live: false, connect() {}, disconnect: () => (service.live = false), send: (message) => service.live && (service.sent.push(message), true) };
  const source = new SocketSource({ open: (handlers) => Object.assign(service, handlers), request, clock });
  const store = new NoticeStore(source, clock);
  const news = [];
  store.onNotice(({ id }) => news.push(id));
  store.start();
  const up = async (seq, unread, epoch = "a") => {
    service.live = true;
    service.onMessage({ type: "connection_established", unread, epoch, seq, user: { id: "5" } });
    await settle();
  };
  const down = () => ((service.live = false), service.onStatus({ state: "connecting", why: "lost" }), service.onDisconnect());
  return { store, service, clock, news, up, down, say: (message) => service.onMessage(message) };
}

test("with tickets only, it knows what comes from now on, and how many are unread", async () => {
  const { store, up, say, clock, news } = await ownSocket();
  assert.equal(store.state.live, false);

  await up(10, 4);
  say(told(7, 11, 5, { type: "made_up", data: { any: "thing" } }));
  await clock.advance(1);

  assert.deepEqual([ids(store), store.state, news, store.canArchive], [["7"], { live: true, why: null, unread: 5 }, ["7"], false]);
});

test("after a break it says how far it had come, and is live when all that was missed has been told", async () => {
  const { store, service, up, down, say } = await ownSocket();
  await up(10, 1);
  say(told(7, 11, 2));
  down();

  await up(15, 4);
  assert.deepEqual([service.sent, store.state.live, store.state.unread], [[{ type: "resume", epoch: "a", seq: 11 }], false, 4]);
  say(told(9, 16, 5)); // live already
  say(told(8, 13, 3));
  say({ type: "notification_read", id: "*", ids: null, archived: false, unread: 0 });
  say({ type: "resumed", mode: "recovered", epoch: "a", seq: 16 });

  assert.deepEqual([ids(store), store.state], [["9", "8", "7"], { live: true, why: null, unread: 5 }]);
  assert.deepEqual(["7", "8", "9"].map((id) => store.get(id).read), [true, true, false]);
});

test("more than the server remembers, or another ledger: the whole list is asked for", async () => {
  const asked = [];
  const request = async (method, url) => (asked.push(`${method} ${url}`), { data: { items: [row(1)], unread: 1, next: null }, position: { epoch: "a", seq: 20 } });
  const { store, up, down, say } = await ownSocket({ request });
  await up(10, 1);
  assert.equal(asked.length, 1);
  say({ type: "resumed", mode: "refresh", epoch: "a", seq: 20 }); // the server's own word, unasked
  await settle();
  down();
  await up(3, 0, "b");

  assert.deepEqual([asked.length, store.canArchive], [3, true]);
});

test("read over the socket resolves with the answer; without a connection it is refused and taken back", async () => {
  const { store, service, up, down, say } = await ownSocket();
  await up(10, 1);
  say(told(7, 11, 2));

  const reading = store.read("7");
  assert.deepEqual(service.sent, [{ type: "mark_read", id: "7" }]);
  say({ type: "marked", id: "7", unread: 1 });
  await reading;
  say(told(8, 12, 2));
  down();

  await assert.rejects(store.read("8"), { code: "offline" });
  assert.deepEqual([store.get("7").read, store.get("8").read], [true, false]);
});

test("a break while the answer is awaited takes it back; so does silence", async () => {
  const { store, up, down, say, clock } = await ownSocket();
  await up(10, 1);
  say(told(7, 11, 2));

  const broken = assert.rejects(store.read("7"), { code: "offline" });
  down();
  await broken;
  await up(11, 2);
  const silent = assert.rejects(store.read("7"), { code: "timeout" });
  await clock.advance(10_000);
  await silent;

  assert.equal(store.get("7").read, false);
});
