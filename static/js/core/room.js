/**
 * One room of this page: carries out what its cursor decides.
 *
 * Joins, asks for fresh looks, hands events to the views, and keeps the limits: an answer within five seconds, a fetch that is
 * overtaken by a newer one counts for nothing.
 *
 * @typedef {import("./wire.js").SyncEvent} SyncEvent
 * @typedef {import("./wire.js").Position} Position
 * @typedef {import("./cursor.js").Decision} Decision
 * @typedef {import("./clock.js").Clock} Clock
 *
 * @typedef {object} Ports
 * @property {(room: string, position: Position|null) => Promise<any>} join   resolves with the ack, rejects without one in time
 * @property {(name: string, event: SyncEvent, room: string) => boolean} dispatch
 * @property {(room: string, event: SyncEvent) => Promise<Position|null>} refresh
 * @property {(room: string, event: SyncEvent) => void} look
 * @property {(room: string, event: SyncEvent) => void} lookNew                only those that have not run yet
 * @property {() => void} reconnect
 * @property {() => void} onChange
 * @property {(what: string, detail: any) => void} note                        for whoever looks on
 */
import { Cursor } from "./cursor.js";

/** After a reconnect many pages want fresh data at once: each waits a random part of this. */
export const SPREAD_MS = 2000;

/** Refusals that time heals, and how long to give it. */
const PASSING = new Set(["rate_limited", "unavailable", "internal"]);
const BUSY_MS = 2000;

export class Room {
  #ports;
  #clock;
  #joins = 0;
  #fetches = 0;
  #connects = 0;
  /** A live room that has to join again has found a hole. */ #live = false;
  /** @type {any} */ #fetchTimer = null;
  /** @type {any} */ #joinTimer = null;
  /** @type {{resolve: (value: any) => void, reject: (error: Error) => void}[]} */ #waiting = [];

  /** @param {string} name @param {Position|null} position @param {Ports} ports @param {Clock} clock */
  constructor(name, position, ports, clock) {
    this.name = name;
    this.cursor = new Cursor(position);
    /** How many asked for it. */
    this.members = 0;
    /** When the server last confirmed that nothing is missing, ms. */
    this.provenAt = -Infinity;
    /** Since when it is not known to be current; null while it is. @type {number|null} */
    this.staleSince = clock.now();
    /** Why the server refuses it. @type {string|null} */
    this.denied = null;
    this.#ports = ports;
    this.#clock = clock;
  }

  /** Resolves with the first answer: `{mode, epoch, seq}`; rejects if the server refuses the room. @returns {Promise<{mode: string, epoch: string, seq: number}>} */
  joined() {
    const { state, position } = this.cursor;
    if (this.denied !== null) return Promise.reject(this.#refusal(this.denied));
    if (state === "live" && position) return Promise.resolve({ mode: "live", ...position });
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /**
   * One more wants the room, with data of that position. What the room has heard since has passed its handlers by: those that have not
   * run yet look for themselves. @param {Position|null} position
   */
  welcome(position) {
    const here = this.cursor.position;
    if (here && (position?.epoch !== here.epoch || position.seq < here.seq)) this.#ports.lookNew(this.name, this.#synthetic("join", here));
  }

  /** @param {Promise<any>} [ack] the answer of a join for many rooms at once; without it the room asks for itself */
  connect(ack) {
    this.#connects += 1;
    this.denied = null;
    const [join] = this.cursor.connect();
    this.#note("join", join);
    this.#expect(ack ?? this.#ports.join(this.name, this.cursor.position));
    this.#changed();
  }

  disconnect() {
    this.#carry(this.cursor.disconnect());
  }

  /** @param {string} name @param {SyncEvent} event */
  event(name, event) {
    this.#carry(this.cursor.event(event.event ? event : { ...event, event: name }));
  }

  /** @param {Position} beat */
  beat(beat) {
    this.#carry(this.cursor.beat(beat));
  }

  /** @param {Position} reset */
  reset(reset) {
    this.#carry(this.cursor.reset(reset));
  }

  /** Nobody wants it any more. */
  stop() {
    this.#clock.clearTimeout(this.#fetchTimer);
    this.#clock.clearTimeout(this.#joinTimer);
    this.#joins += 1;
    this.#fetches += 1;
    for (const { reject } of this.#waiting.splice(0)) reject(new Error(`left "${this.name}" before it was joined`));
  }

  /** @param {Decision[]} decisions */
  #carry(decisions) {
    const hole = this.#live && decisions.find(({ do: what }) => what === "join");
    if (hole) this.#note("hole", hole);
    for (const decision of decisions) this.#do(decision);
    this.#live = this.cursor.state === "live";
    this.#changed();
  }

  /** @param {Decision} decision */
  #do(decision) {
    if (decision.do !== "prove") this.#note(decision.do, decision);
    switch (decision.do) {
      case "apply": return this.#apply(/** @type {SyncEvent} */ (decision.event));
      case "join": return this.#expect(this.#ports.join(this.name, decision.position ?? null));
      case "refresh": return this.#fetch(decision.after ?? 0);
      case "run": return this.#ports.look(this.name, this.#synthetic("join", /** @type {Position} */ (decision.position)));
      case "show":
      case "prove": return this.#proven();
      case "deny": return this.#refused(String(decision.error));
      case "reconnect": return this.#ports.reconnect();
    }
  }

  /** @param {SyncEvent} event */
  #apply(event) {
    const name = event.event ?? `${this.name}:changed`;
    if (!this.#ports.dispatch(name, event, this.name)) this.#note("double", event);
  }

  /** @param {Promise<any>} ack */
  #expect(ack) {
    const join = ++this.#joins;
    ack.then(
      (answer) => join === this.#joins && this.#answered(answer),
      () => join === this.#joins && this.#carry(this.cursor.timeout()),
    );
  }

  /** @param {any} ack */
  #answered(ack) {
    this.#note("ack", ack);
    if (!ack || PASSING.has(ack.error)) return this.#unanswered();
    if (ack.ok) {
      for (const { resolve } of this.#waiting.splice(0)) resolve({ mode: ack.mode, epoch: ack.epoch, seq: ack.seq });
      this.#proven();
    }
    this.#carry(this.cursor.ack(ack));
  }

  /** A refusal that time heals is like no answer. */
  #unanswered() {
    const join = this.#joins;
    this.#clock.clearTimeout(this.#joinTimer);
    this.#joinTimer = this.#clock.setTimeout(() => join === this.#joins && this.#carry(this.cursor.timeout()), BUSY_MS);
  }

  /** @param {number} after ms */
  #fetch(after) {
    const fetch = ++this.#fetches;
    const spread = this.#connects > 1 ? this.#clock.random() * SPREAD_MS : 0;
    this.#clock.clearTimeout(this.#fetchTimer);
    this.#fetchTimer = this.#clock.setTimeout(async () => {
      if (this.cursor.state !== "refreshing" || fetch !== this.#fetches) return;
      const asked = this.cursor.needed;
      const position = await this.#ports.refresh(this.name, this.#synthetic("refresh", asked));
      // A view that names no position began to fetch after all this was announced, so it shows at least this.
      if (fetch === this.#fetches) this.#carry(this.cursor.snapshot(position ?? asked));
    }, after + spread);
  }

  #proven() {
    this.provenAt = this.#clock.now();
  }

  /** @param {string} error */
  #refused(error) {
    this.denied = error;
    for (const { reject } of this.#waiting.splice(0)) reject(this.#refusal(error));
  }

  /** @param {string} error */
  #refusal(error) {
    return new Error(`joinRoom("${this.name}"): the server says ${error}`);
  }

  #changed() {
    if (this.cursor.state === "live" || this.denied !== null) this.staleSince = null;
    else this.staleSince ??= this.#clock.now();
    this.#ports.onChange();
  }

  /** @param {string} what @param {any} detail */
  #note(what, detail) {
    this.#ports.note(what, { room: this.name, ...detail });
  }

  /** @param {string} why @param {Position} position @returns {SyncEvent} */
  #synthetic(why, position) {
    const event = `${this.name}:changed`;
    return { event, reason: "updated", ...position, worker: 0, scope: `room:${this.name}`, id: "*", data: null, soft: true, synthetic: why };
  }
}
