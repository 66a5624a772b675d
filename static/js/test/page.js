/** A page of the tests: its SyncManager, and all that it stands on. */
import { SyncManager } from "../core/manager.js";
import { FakeClock, FakeSocket, settle } from "./support.js";

/** A page whose clock, socket and requests belong to the test. */
export function page({ visible = true, position = { epoch: "a", seq: 10 } } = {}) {
  const clock = new FakeClock();
  const socket = new FakeSocket();
  const asked = [];
  const http = { request: async (method, url) => (asked.push(`${method} ${url}`), { data: position }) };
  const life = { shown: visible, visible: () => life.shown };
  const sync = new SyncManager({ clock, open: () => socket, http, life });
  return { sync, socket, clock, asked, life };
}

export const live = (room, seq = 10) => ({ ok: true, room, mode: "live", epoch: "a", seq });
export const recovered = (room, seq, events = []) => ({ ok: true, room, mode: "recovered", epoch: "a", seq, events });

/** A page that has joined `files` at seq 10 and knows the data of that position. */
export async function joined(handler, options) {
  const world = page();
  world.sync.joinRoom("files", { position: { epoch: "a", seq: 10 } });
  if (handler) world.sync.on("files:changed", handler, options);
  world.socket.accept();
  world.socket.last("sync:join").resolve({ ok: true, rooms: { files: recovered("files", 10) } });
  await settle();
  return world;
}
