/**
 * The words of the wire, as types. They mirror the protocol crate; the golden files hold both to the same shapes.
 *
 * @typedef {"updated"|"added"|"deleted"|"toggled"} Reason
 *
 * @typedef {object} Position     how far a page or a snapshot has come
 * @property {string} epoch       the name of the ledger's life
 * @property {number} seq         milliseconds, strictly rising within an epoch
 *
 * @typedef {object} SyncEvent    one committed change
 * @property {Reason} reason
 * @property {number} seq
 * @property {number} worker
 * @property {string} scope       `global` or `room:<name>`
 * @property {string} id          `"*"` for many
 * @property {any} data           the changed row as the API gives it, or null: fetch it
 * @property {string} [event]     the event's name, where it does not come with the packet
 * @property {string} [room]      the room whose chain `prev` belongs to, where that is not the scope's
 * @property {number} [prev]      the seq last emitted to that room before this event
 * @property {string} [epoch]
 * @property {number} [rev]
 * @property {boolean} [soft]     a reason to look again, not the change itself
 * @property {{event: string, id: string, seq: number}} [cause]
 * @property {{id: string, name: string}} [actor]
 * @property {string} [origin]    the `X-Client-Id` of the page that made the change
 * @property {string} [synthetic] made by this page, not by the ledger: why it wants a fresh look
 *
 * @typedef {object} JoinAck
 * @property {boolean} ok
 * @property {string} [room]
 * @property {"live"|"recovered"|"refresh"} [mode]
 * @property {string} [epoch]
 * @property {number} [seq]
 * @property {SyncEvent[]} [events]
 * @property {string} [why]
 * @property {string} [error]
 *
 * @typedef {object} Beat
 * @property {string} epoch
 * @property {Record<string, number>} rooms
 */

/** The rooms that a page may join by name. */
export const ROOMS = Object.freeze([
  "index", "files", "users", "groups", "categories", "registrators", "admin", "imports", "products", "logs",
]);

/** @param {string} room @returns {boolean} true for a room that `joinRoom` takes; of `user:<id>` the server lets in its own person alone */
export const isRoom = (room) => ROOMS.includes(room) || /^(import|user):[\w-]+$/.test(room);

/** @param {SyncEvent} event @returns {string|undefined} the room whose chain the event belongs to */
export const roomOf = (event) => event.room ?? (event.scope?.startsWith("room:") ? event.scope.slice(5) : undefined);
