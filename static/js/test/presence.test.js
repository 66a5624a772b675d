import assert from "node:assert/strict";
import test from "node:test";
import { SyncManager } from "../core/manager.js";
import { AGAIN_MS } from "../core/presence.js";
import { FakeClock, FakeSocket, settle } from "./support.js";

const ME = { id: "1", name: "Анна" };
const OLGA = { id: "2", name: "Ольга" };
const entry = (tab, user, more = {}) => ({ tab, id: "7", mode: "view", user, since: 100, ...more });

/** A connected page in the room `files`, whose server is the test. */
async function page() {
  const clock = new FakeClock();
  const socket = new FakeSocket();
  const sync = new SyncManager({ clock, open: () => socket, http: {} });
  sync.joinRoom("files", { position: { epoch: "a", seq: 10 } });
  await connect({ socket });
  return { clock, socket, sync, record: sync.presence("files", "7") };
}

async function connect({ socket }, state = { entity: "files", n: 0, entries: [] }) {
  socket.accept();
  socket.emit("hello", { user: ME });
  socket.last("sync:join").resolve({ ok: true, rooms: { files: { ok: true, room: "files", mode: "recovered", epoch: "a", seq: 10, events: [] } } });
  socket.emit("presence:state", state);
  await settle();
}

const said = (socket) => socket.sent.filter(({ name }) => name === "presence:set").map(({ payload }) => payload);
const names = (people) => people.map(({ user, mode, field }) => `${user.name} ${mode}${field ? ` ${field}` : ""}`);

/** The server answers what was said last. */
async function answer(socket, ack = { ok: true, tab: "mine" }) {
  socket.last("presence:set").resolve(ack);
  await settle();
}

test("what the page does is said once, and again only when it changes", async () => {
  const { socket, record } = await page();

  record.set({ mode: "view" });
  await answer(socket);
  record.set({ mode: "view" });
  record.set({ mode: "edit", field: "name" });
  await answer(socket);
  record.leave();
  await answer(socket, { ok: true });
  record.leave();

  assert.deepEqual(said(socket), [
    { entity: "files", id: "7", mode: "view" },
    { entity: "files", id: "7", mode: "edit", field: "name" },
    { entity: "files", id: "7", mode: null },
  ]);
});

test("of several words while one is under way only the latest is said", async () => {
  const { socket, record } = await page();

  record.set({ mode: "view" });
  for (const field of ["name", "path", "note"]) record.set({ mode: "edit", field });
  assert.equal(said(socket).length, 1);
  await answer(socket);

  assert.deepEqual(said(socket).map(({ field }) => field), [undefined, "note"]);
});

test("a new connection is told what the page does, and nothing of what it has left", async () => {
  const { socket, sync, clock, record } = await page();
  record.set({ mode: "edit", field: "name" });
  await answer(socket);
  const other = sync.presence("files", "8");
  other.set({ mode: "view" });
  await answer(socket);

  socket.drop();
  other.leave();
  record.set({ mode: "edit", field: "note" });
  const before = said(socket).length;
  await clock.advance(10_000);
  await connect({ socket });

  assert.deepEqual(said(socket).slice(before), [{ entity: "files", id: "7", mode: "edit", field: "note" }]);
});

test("a refusal that time heals is tried again, one for good is not", async () => {
  const { socket, clock, record } = await page();
  record.set({ mode: "view" });
  await answer(socket, { ok: false, error: "rate_limited" });
  await clock.advance(AGAIN_MS);
  assert.equal(said(socket).length, 2);

  await answer(socket, { ok: false, error: "forbidden" });
  await clock.advance(60_000);
  assert.equal(said(socket).length, 2);
});

test("a word without an answer is said again, and so is its end", async () => {
  const { socket, clock, record } = await page();
  record.set({ mode: "view" });
  socket.last("presence:set").reject(new Error("timeout"));
  await settle();

  record.leave();
  await answer(socket);
  await clock.advance(60_000);

  assert.deepEqual(said(socket).map(({ mode }) => mode), ["view", null]);
});

test("others come, move and go as the server tells", async () => {
  const { socket, record } = await page();
  const seen = [];
  const off = record.subscribe((people) => seen.push(names(people)));

  socket.emit("presence:diff", { entity: "files", n: 1, set: [entry("o", OLGA)], gone: [] });
  socket.emit("presence:diff", { entity: "files", n: 2, set: [entry("o", OLGA, { mode: "edit", field: "note" })], gone: [] });
  socket.emit("presence:diff", { entity: "files", n: 3, set: [], gone: [{ tab: "o", id: "7" }] });
  off();
  socket.emit("presence:diff", { entity: "files", n: 4, set: [entry("o", OLGA)], gone: [] });

  assert.deepEqual(seen, [[], ["Ольга view"], ["Ольга edit note"], []]);
});

test("the page never shows itself, not even before it knows its own name", async () => {
  const { socket, record } = await page();
  const seen = [];
  record.subscribe((people) => seen.push(names(people)));

  record.set({ mode: "view" });
  socket.emit("presence:diff", { entity: "files", n: 1, set: [entry("mine", ME)], gone: [] });
  await answer(socket);
  socket.emit("presence:diff", { entity: "files", n: 2, set: [entry("other", ME)], gone: [] });

  assert.ok(seen.slice(0, -1).every((people) => people.length === 0));
  assert.deepEqual(seen.at(-1), ["Анна view"]);
});

test("nor does it show its own former connection as another tab", async () => {
  const { socket, clock, record } = await page();
  const seen = [];
  record.subscribe((people) => seen.push(names(people)));
  record.set({ mode: "view" });
  await answer(socket);

  socket.drop();
  await clock.advance(10_000);
  await connect({ socket }, { entity: "files", n: 9, entries: [entry("mine", ME)] });
  await answer(socket, { ok: true, tab: "mine again" });
  socket.emit("presence:diff", { entity: "files", n: 10, set: [entry("mine again", ME)], gone: [{ tab: "mine", id: "7" }] });

  assert.ok(seen.every((people) => people.length === 0));
});

test("after a hole the whole is asked for, once, and asked for again where no answer comes", async () => {
  const { socket, clock, sync } = await page();
  const seen = [];
  sync.roster("files").subscribe((entries) => seen.push([...entries.keys()]));
  const asked = () => socket.sent.filter(({ name }) => name === "presence:get").map(({ payload }) => payload);

  socket.emit("presence:diff", { entity: "files", n: 2, set: [entry("o", OLGA)], gone: [] });
  socket.emit("presence:diff", { entity: "files", n: 4, set: [entry("o", OLGA, { id: "9" })], gone: [] });
  assert.deepEqual(asked(), [{ entity: "files" }]);
  socket.last("presence:get").reject(new Error("timeout"));
  await clock.advance(AGAIN_MS);
  assert.equal(asked().length, 2);
  socket.last("presence:get").resolve({ ok: true, entity: "files", n: 4, entries: [entry("o", OLGA), entry("o", OLGA, { id: "9" })] });
  await settle();

  assert.deepEqual(seen, [[], ["7", "9"]]);
  assert.deepEqual([...sync.roster("files").entries.keys()], ["7", "9"]);
});

test("a roster that nobody filled is empty, and a later connection's state fills it", async () => {
  const { socket, clock, sync } = await page();
  socket.drop();
  await clock.advance(10_000);
  await connect({ socket }, { entity: "files", n: 3, entries: [entry("o", OLGA)] });

  assert.deepEqual(names(sync.roster("files").entries.get("7")), ["Ольга view"]);
  assert.equal(sync.roster("users").entries.size, 0);
});
