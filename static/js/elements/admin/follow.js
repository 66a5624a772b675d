/** Rooms that a tab follows, and asking again while somebody looks. */
import { SyncManager } from "../../sync.js";

/**
 * Joins rooms and runs a look on their events.
 * @param {readonly string[]} rooms
 * @param {(events: import("../../core/wire.js").SyncEvent[], room: string) => any} look
 * @returns {() => void} off: leaves them
 */
export function followRooms(rooms, look) {
  const offs = rooms.map((room) => {
    const off = SyncManager.on(`${room}:changed`, (_event, { events }) => look(events, room));
    SyncManager.joinRoom(room);
    return () => (off(), SyncManager.leaveRoom(room));
  });
  return () => offs.splice(0).forEach((off) => off());
}

/** Runs a look every so often while the page is visible; the next time only after this one. @param {() => Promise<any>} look @param {number} ms @returns {() => void} stop */
export function every(look, ms) {
  let stopped = false;
  const again = () => setTimeout(async () => {
    if (stopped) return;
    if (document.visibilityState === "visible") await look().catch(() => {});
    again();
  }, ms);
  again();
  return () => void (stopped = true);
}
