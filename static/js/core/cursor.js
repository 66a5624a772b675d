/**
 * How far one room of this page has come, and what to do with the next thing heard about it.
 *
 * The page's half of the protocol, one room at a time; `page.rs` of the protocol crate is the same machine, and the traces in its
 * `golden` directory drive both. Pure: no socket, no clock, no fetch. Each method takes what was heard and returns decisions, in
 * order; whoever holds the cursor carries them out.
 *
 * Guarantees: an event is applied at most once and in order; a hole is never stepped over; a snapshot older than what has been
 * announced is never taken, and one that is newer is followed by a join. It never guesses: where order cannot be proved it asks for a
 * join or a fresh look.
 *
 * @typedef {import("./wire.js").SyncEvent} SyncEvent
 * @typedef {import("./wire.js").Position} Position
 * @typedef {import("./wire.js").JoinAck} JoinAck
 *
 * @typedef {object} Decision
 * @property {"apply"|"drop"|"hold"|"overflow"|"join"|"refresh"|"show"|"run"|"prove"|"deny"|"reconnect"} do
 *   `apply` hand the event to the views · `drop` heard before · `hold` judged after the ack or the fetch · `overflow` too many held,
 *   all forgotten · `join` send `sync:join` with `position` · `refresh` fetch data at least as new as `position`, after `after` ms ·
 *   `show` the fetched data is the new ground · `run` live without data: views older than `position` run once · `prove` nothing is
 *   missing as of now · `deny` the room cannot be joined · `reconnect` this connection does not answer
 * @property {SyncEvent} [event]
 * @property {Position|null} [position]
 * @property {number} [after]
 * @property {string} [error]
 */

/** Events held while joining or refreshing. A thousand is 10 s of a very busy room; beyond that one fetch is cheaper. */
export const HELD_MAX = 1000;

/** First wait before a snapshot that came too old is fetched again, doubled up to the cap. */
export const AGAIN_MS = 200;
export const AGAIN_CAP_MS = 5000;

/** Joins without an answer before the connection itself is given up. */
export const JOIN_TRIES = 3;

export class Cursor {
  /** @type {SyncEvent[]} */ #held = [];
  #tries = 0;
  /** The highest seq forgotten by an overflow: a snapshot must include it. @type {number|null} */
  #overflown = null;

  /** @param {Position|null} [position] the position of the data that the page already shows */
  constructor(position = null) {
    /** @type {Position|null} */ this.position = position;
    /** @type {"offline"|"joining"|"refreshing"|"live"|"denied"} */ this.state = "offline";
    /** What a fresh look must show at least, while one is under way. @type {Position|null} */
    this.base = null;
  }

  /** What a fetch that begins now must show: all that has been announced. @returns {Position} */
  get needed() {
    const base = /** @type {Position} */ (this.base);
    return { epoch: base.epoch, seq: Math.max(base.seq, this.#overflown ?? base.seq) };
  }

  /** The connection is up: join with what is known. @returns {Decision[]} */
  connect() {
    return this.#join();
  }

  /** The connection is gone, and with it our place in the room. What was held comes again with the next join. @returns {Decision[]} */
  disconnect() {
    this.#forget("offline");
    return [];
  }

  /** @param {SyncEvent} event @returns {Decision[]} */
  event(event) {
    if (this.state === "live") return this.#judge(event);
    if (this.state === "joining" || this.state === "refreshing") return this.#hold(event);
    return [{ do: "drop", event }];
  }

  /** The server's word on how far the room has come. @param {Position} beat @returns {Decision[]} */
  beat(beat) {
    if (this.state !== "live") return [];
    const { position } = this;
    return position?.epoch === beat.epoch && beat.seq <= position.seq ? [{ do: "prove" }] : this.#join();
  }

  /** The server lost count: nothing older than this counts. @param {Position} reset @returns {Decision[]} */
  reset(reset) {
    if (this.state === "offline" || this.state === "denied") return [];
    this.#forget("live");
    return this.#refresh(reset);
  }

  /** The answer to a join. @param {JoinAck} ack @returns {Decision[]} */
  ack(ack) {
    if (this.state !== "joining") return [];
    if (!ack.ok) return this.#deny(ack.error ?? "internal");
    const position = { epoch: String(ack.epoch), seq: Number(ack.seq) };
    if (ack.mode === "refresh") return this.#isAheadOf(position) ? this.#givingTime(position) : this.#refresh(position);
    if (ack.mode === "live") return [{ do: "run", position }, ...this.#settle(position)];
    return this.#recovered(position, ack.events ?? []);
  }

  /** No answer to a join within the limit. @returns {Decision[]} */
  timeout() {
    if (this.state !== "joining") return [];
    this.#tries += 1;
    if (this.#tries < JOIN_TRIES) return [{ do: "join", position: this.position }];
    this.#forget("offline");
    return [{ do: "reconnect" }];
  }

  /** What the fetch brought. @param {Position} snapshot @returns {Decision[]} */
  snapshot(snapshot) {
    if (this.state !== "refreshing") return [];
    const needed = this.needed;
    if (snapshot.epoch !== needed.epoch || snapshot.seq < needed.seq) return this.#again(needed);
    this.#overflown = null;
    const show = /** @type {Decision} */ ({ do: "show", position: snapshot });
    if (snapshot.seq === needed.seq) return [show, ...this.#settle(snapshot)];
    // The worker has not said so much. Should a restored backup undo it before the worker hears of it, nobody would notice.
    this.position = { epoch: snapshot.epoch, seq: snapshot.seq };
    return [show, ...this.#joinHolding()];
  }

  /** @returns {Decision[]} */
  #join() {
    this.#forget("joining");
    return [{ do: "join", position: this.position }];
  }

  /** @param {Cursor["state"]} state */
  #forget(state) {
    this.state = state;
    this.base = null;
    this.#held = [];
    this.#tries = 0;
    this.#overflown = null;
  }

  /** @param {SyncEvent} event @returns {Decision[]} */
  #hold(event) {
    if (this.#held.length < HELD_MAX) {
      this.#held.push(event);
      return [{ do: "hold", event }];
    }
    this.#overflown = Math.max(this.#overflown ?? 0, event.seq, ...this.#held.map((held) => held.seq));
    this.#held = [];
    return [{ do: "overflow" }];
  }

  /** @param {SyncEvent} event @returns {Decision[]} */
  #judge(event) {
    const { position } = this;
    const epoch = event.epoch ?? position?.epoch ?? "";
    if (!position || epoch !== position.epoch) return this.#refresh({ epoch, seq: event.seq });
    if (event.seq <= position.seq) return [{ do: "drop", event }];
    if ((event.prev ?? 0) <= position.seq) {
      this.position = { epoch, seq: event.seq };
      return [{ do: "apply", event }];
    }
    return [...this.#joinHolding(), ...this.#hold(event)];
  }

  /** Joins again and keeps what is held. @returns {Decision[]} */
  #joinHolding() {
    this.state = "joining";
    this.base = null;
    this.#tries = 0;
    return [{ do: "join", position: this.position }];
  }

  /** @param {Position} base @returns {Decision[]} */
  #refresh(base) {
    this.state = "refreshing";
    this.base = base;
    this.#tries = 0;
    return [{ do: "refresh", position: base, after: 0 }];
  }

  /** Whether the worker has yet to hear of what is shown here already. @param {Position} base */
  #isAheadOf(base) {
    return this.position?.epoch === base.epoch && this.position.seq > base.seq;
  }

  /** It gets a moment, or page and worker would go round at once. @param {Position} base @returns {Decision[]} */
  #givingTime(base) {
    this.#refresh(base);
    return this.#again(base);
  }

  /** @param {Position} needed @returns {Decision[]} */
  #again(needed) {
    const after = Math.min(AGAIN_MS * 2 ** this.#tries, AGAIN_CAP_MS);
    this.#tries += 1;
    return [{ do: "refresh", position: needed, after }];
  }

  /** @param {Position} position @param {SyncEvent[]} events @returns {Decision[]} */
  #recovered(position, events) {
    this.state = "live";
    /** @type {Decision[]} */ const decisions = [];
    for (const event of events) if (this.#isLive()) decisions.push(...this.#judge(event)); // a hole among them: the new join brings the rest
    if (!this.#isLive()) return decisions;
    const seq = Math.max(position.seq, this.position?.seq ?? position.seq);
    return [...decisions, ...this.#settle({ epoch: position.epoch, seq })];
  }

  /** Goes on live from a position: what was held meanwhile is judged now. @param {Position} position @returns {Decision[]} */
  #settle(position) {
    this.position = { epoch: position.epoch, seq: position.seq };
    this.state = "live";
    this.base = null;
    this.#tries = 0;
    const overflown = this.#overflown;
    this.#overflown = null;
    if (overflown !== null) return this.#refresh({ epoch: position.epoch, seq: overflown });
    return this.#held.splice(0).flatMap((event) => this.event(event));
  }

  #isLive() {
    return this.state === "live";
  }

  /** @param {string} error @returns {Decision[]} */
  #deny(error) {
    this.#forget("denied");
    return [{ do: "deny", error }];
  }
}
