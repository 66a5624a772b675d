/**
 * Whether the connection lives and what the page shows is still true: asked of the server.
 *
 * Beats come by themselves; where two are missed, or the page comes back from a time away, the connection is asked, and ended if it
 * does not answer. It never trusts a socket that only says that it is open.
 *
 * @typedef {import("./room.js").Room} Room
 * @typedef {import("./clock.js").Clock} Clock
 */
import { PROVEN_MS } from "./idle.js";
import { PROBE_MS } from "./transport.js";

/** Beats come every 10 s: two missed ones are a reason to ask. */
export const LATE_MS = 25_000;
/** How long the time of an answer is shown before it is taken anew. */
const RTT_MS = 30_000;

export class Pulse {
  #transport;
  #rooms;
  #visible;
  #clock;
  #askedAt = -Infinity;
  /** @type {any} */ #late = null;

  /** @param {{transport: import("./transport.js").Transport, rooms: () => Room[], visible: () => boolean}} ports @param {Clock} clock */
  constructor({ transport, rooms, visible }, clock) {
    this.#transport = transport;
    this.#rooms = rooms;
    this.#visible = visible;
    this.#clock = clock;
  }

  /** The connection is up. */
  up() {
    this.#askedAt = -Infinity;
    this.#watch();
  }

  /** The server has told how far the rooms have come. */
  beat() {
    this.#watch();
    this.#takeTime();
  }

  /** Does the connection still answer? What it answers may reveal a hole. */
  async check() {
    if (!this.#transport.connected) return this.#transport.wake();
    const asked = this.#rooms().filter((room) => room.denied === null).map((room) => this.#ask(room));
    await Promise.all(asked).catch(() => this.#transport.reconnect());
  }

  /** Over HTTP: true if every room was confirmed a moment ago, or is confirmed now. @param {import("./http.js").Http} http */
  async proven(http) {
    const now = this.#clock.now();
    const late = this.#rooms().filter((room) => now - room.provenAt > PROVEN_MS);
    const proofs = late.map(async ({ name, cursor }) => {
      const { data } = await http.request("GET", `/api/sync/position?room=${encodeURIComponent(name)}`);
      return data.epoch === cursor.position?.epoch && data.seq <= (cursor.position?.seq ?? -1);
    });
    return (await Promise.all(proofs)).every(Boolean);
  }

  /** @param {Room} room */
  async #ask(room) {
    const answer = await this.#transport.ask("sync:pos", { room: room.name }, PROBE_MS);
    if (answer?.epoch) room.beat({ epoch: answer.epoch, seq: answer.seq });
  }

  #watch() {
    this.#clock.clearTimeout(this.#late);
    this.#late = this.#clock.setTimeout(() => {
      if (!this.#transport.connected) return;
      this.#watch();
      this.check();
    }, LATE_MS);
  }

  /** How long an answer takes now, for the badge. Whether it answers at all is found out elsewhere. */
  #takeTime() {
    const room = this.#rooms().find(({ denied }) => denied === null);
    if (!room || !this.#visible() || this.#clock.now() - this.#askedAt < RTT_MS) return;
    this.#askedAt = this.#clock.now();
    this.#ask(room).catch(() => {});
  }
}
