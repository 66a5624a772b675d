/** The wire, as the protocol crate writes it down for both languages. */
import assert from "node:assert/strict";
import test from "node:test";
import { SyncManager } from "../core/manager.js";
import { roomOf } from "../core/wire.js";
import { FakeClock, FakeSocket, golden, settle } from "./support.js";

function page() {
  const clock = new FakeClock();
  const socket = new FakeSocket();
  const sync = new SyncManager({ clock, open: () => socket, http: { request: async () => ({}) } });
  return { clock, socket, sync };
}

for (const { name, room, prev, event, payload } of await golden("events.json")) {
  test(`event: ${name}`, async () => {
    const { clock, socket, sync } = page();
    const heard = [];
    sync.joinRoom(room, { position: { epoch: payload.epoch, seq: prev } });
    sync.on(event, (change) => void heard.push(change));
    socket.accept();
    socket.last("sync:join").resolve({ ok: true, rooms: { [room]: { ok: true, room, mode: "recovered", epoch: payload.epoch, seq: prev, events: [] } } });
    await settle();

    socket.emit(event, payload);
    await clock.advance(1000);

    assert.equal(roomOf(payload), room);
    assert.deepEqual(heard, [{ ...payload, event }]);
    assert.equal(sync.position(room).seq, payload.seq);
  });
}

/** Joins these rooms and answers so. */
async function answered(rooms, ack) {
  const world = page();
  const outcomes = {};
  for (const room of rooms) {
    world.sync.joinRoom(room, { position: { epoch: "k3f9", seq: 1763759990001 } }).then(
      ({ mode, seq }) => (outcomes[room] = `${mode} ${seq}`),
      (error) => (outcomes[room] = error.message),
    );
  }
  world.heard = [];
  world.sync.on("categories:changed", ({ seq, data }) => void world.heard.push([seq, data?.name]));
  world.socket.accept();
  world.socket.last("sync:join").resolve(ack.rooms ? ack : { ok: ack.ok, rooms: { [rooms[0]]: ack } });
  await settle();
  return { ...world, outcomes };
}

const ANSWERS = {
  live: { files: "live 1763760000123" },
  recovered: { categories: "recovered 1763760000123" },
  refresh: { files: "refresh 1763760000123" },
  refused: { users: 'joinRoom("users"): the server says unknown_room' },
  many: { admin: 'joinRoom("admin"): the server says forbidden', files: "live 1763760000123" },
};

for (const { name, ack } of await golden("acks.json")) {
  test(`answer to a join: ${name}`, async () => {
    const expected = ANSWERS[name];
    assert.ok(expected, "a new case: say here what the page makes of it");

    const { outcomes, heard } = await answered(Object.keys(expected), ack);

    assert.deepEqual(outcomes, expected);
    if (name === "recovered") assert.deepEqual(heard, [[1763760000123, "Договоры"]]);
  });
}

for (const { name, payload, rooms } of (await golden("joins.json")).filter((wanted) => wanted.rooms)) {
  test(`a join as the page sends it: ${name}`, () => {
    const { socket, sync } = page();
    if (payload.room) connectedFor("groups", sync, socket); // connected already: the room asks for itself

    for (const [room, position] of rooms) sync.joinRoom(room, { position });
    if (payload.rooms) socket.accept();

    assert.deepEqual(socket.last("sync:join").payload, payload);
  });
}

/** Connects the page for the sake of another room. */
function connectedFor(room, sync, socket) {
  sync.joinRoom(room);
  socket.accept();
}
