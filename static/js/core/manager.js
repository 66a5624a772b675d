/**
 * SyncManager: the page's one door to the road of events.
 *
 * A page joins rooms, says which handlers run on which events, and is kept current. Each handler sees each change once and in
 * order; where that cannot be proved, it is run for a fresh look. Time, socket, fetch and the page's life are passed in.
 *
 * ```js
 * SyncManager.joinRoom("files");
 * SyncManager.on("files:changed", refreshFiles);
 * SyncManager.startIdleGuard(refreshFiles, 30);
 * ```
 *
 * @typedef {import("./wire.js").Position} Position
 * @typedef {import("./wire.js").SyncEvent} SyncEvent
 * @typedef {import("./views.js").Handler} Handler
 * @typedef {import("./views.js").ViewOptions} ViewOptions
 * @typedef {import("./transport.js").Status} Status
 *
 * @typedef {object} Settings
 * @property {string} [url]                     another host, such as `https://lockstep.example`
 * @property {string} [path]                    default `/socket.io`
 * @property {() => any} [ticket]               a one-use ticket for the connection; asked for before every attempt
 */
import { Debug } from "./debug.js";
import { Http } from "./http.js";
import { idleGuard } from "./idle.js";
import { Presence } from "./presence.js";
import { Pulse } from "./pulse.js";
import { Room } from "./room.js";
import { Skew } from "./skew.js";
import { Transport } from "./transport.js";
import { Views } from "./views.js";
import { ROOMS, isRoom, roomOf } from "./wire.js";

/** A join without an answer in this time is sent again. */
export const JOIN_MS = 5000;
/** Used until the server says otherwise in `hello`. */
const IDLE_SECONDS = 30;

export class SyncManager {
  /** @type {Map<string, Room>} */ #rooms = new Map();
  /** @type {Set<(status: Status) => void>} */ #listeners = new Set();
  /** @type {Map<string, Set<(payload: any) => void>>} */ #ears = new Map();
  #clock;
  #transport;
  #views;
  #presence;
  #http;
  #life;
  #skew;
  #inputAt = -Infinity;
  #network = true;
  #pulse;
  /** @type {Settings} */ #settings = {};

  /**
   * @param {object} ports
   * @param {import("./clock.js").Clock} ports.clock
   * @param {(settings: Settings) => import("./transport.js").Socket} ports.open
   * @param {Http} ports.http
   * @param {Debug} [ports.debug]
   * @param {{visible: () => boolean}} [ports.life]
   * @param {Skew} [ports.skew]
   */
  constructor({ clock, open, http, debug = new Debug(null), life = { visible: () => true }, skew = new Skew() }) {
    this.#clock = clock;
    this.#http = http;
    this.#life = life;
    this.#skew = skew;
    this.debug = debug;
    /** What the server said of itself: worker, build, user, its time; and when it was heard. @type {any} */
    this.hello = null;
    this.#views = new Views(clock, { onChange: () => this.#tell(), onError: (error, name) => debug.note("failed", { why: String(error), name }), onRun: (name, events) => debug.note("run", { name, why: whyOf(events), events }) });
    this.#transport = new Transport(() => open(this.#settings), {
      up: () => this.#up(),
      down: (reason) => this.#down(reason),
      packet: (name, payload) => this.#packet(name, payload),
      status: () => this.#tell(),
    }, clock);
    this.#presence = new Presence({
      ask: (name, payload) => this.#transport.ask(name, payload, JOIN_MS),
      connected: () => this.#transport.connected,
      me: () => this.hello?.user?.id ?? null,
    }, clock);
    this.#pulse = new Pulse({ transport: this.#transport, rooms: () => [...this.#rooms.values()], visible: () => life.visible() }, clock);
  }

  /**
   * Joins a room and stays in it over reconnects. Counted: as many `leaveRoom` end it.
   * @param {string} name
   * @param {{position?: Position|null}} [options] the position of the data that the page already shows
   * @returns {Promise<{mode: string, epoch: string, seq: number}>} rejects when the server refuses the room for good
   */
  joinRoom(name, { position = null } = {}) {
    if (!isRoom(name)) throw new Error(`joinRoom("${name}"): no such room. Rooms are ${ROOMS.join(", ")}.`);
    const room = this.#rooms.get(name) ?? this.#add(name, position);
    room.members += 1;
    const joined = room.joined();
    joined.catch(() => {}); // whoever does not ask is not told; the badge and the debug log are
    if (room.members > 1) room.welcome(position);
    else if (this.#transport.connected) room.connect();
    this.#transport.start();
    return joined;
  }

  /** @param {string} name */
  leaveRoom(name) {
    const room = this.#rooms.get(name);
    if (!room || --room.members > 0) return;
    this.#rooms.delete(name);
    room.stop();
    if (this.#transport.connected) this.#transport.ask("sync:leave", { room: name }, JOIN_MS).catch(() => {});
    this.#tell();
  }

  /**
   * @param {string} event                  `"files:changed"`, or `"*"` for all
   * @param {Handler} handler               `(event, {signal, events})`; may return a promise, and the position of what it fetched
   * @param {ViewOptions} [options]
   * @returns {() => void} off
   */
  on(event, handler, options) {
    const off = this.#views.on(event, handler, options);
    this.#views.gate(this.#life.visible());
    return off;
  }

  /** @param {string} event @param {Handler} handler */
  off(event, handler) {
    this.#views.off(event, handler);
  }

  /**
   * What is no change and has no place in a room's chain, such as `log` and `scan:progress`: each packet as it comes.
   * @param {string} name @param {(payload: any) => void} fn @returns {() => void} off
   */
  hear(name, fn) {
    const ears = this.#ears.get(name) ?? new Set();
    this.#ears.set(name, ears.add(fn));
    return () => {
      ears.delete(fn);
      if (ears.size === 0 && this.#ears.get(name) === ears) this.#ears.delete(name);
    };
  }

  /** A question that the road does not ask by itself, such as `logs:filter`. Rejects without a connection, or an answer in five seconds.
   * @param {string} name @param {any} payload @returns {Promise<any>} */
  ask(name, payload) {
    return this.#transport.ask(name, payload, JOIN_MS);
  }

  /**
   * Runs `fn` after so many seconds without events, if nothing else is going on.
   * @param {Handler} fn @param {number} [seconds] default: what the server is configured to, 30
   * @param {{verify?: boolean}} [options] `verify`: only if the position is not proved otherwise; for pages with thousands of viewers
   * @returns {() => void} stop
   */
  startIdleGuard(fn, seconds, { verify = false } = {}) {
    return idleGuard({
      run: () => this.#idleRun(fn),
      seconds: () => seconds ?? this.hello?.syncIdleSeconds ?? IDLE_SECONDS,
      lastActivity: () => Math.max(this.#views.lastEventAt, this.#views.lastRunAt),
      lastInput: () => this.#inputAt,
      visible: () => this.#life.visible(),
      busy: () => this.#views.busy,
      proven: verify ? () => this.#pulse.proven(this.#http) : undefined,
      onError: (error) => this.debug.note("failed", { why: String(error), name: "idle guard" }),
    }, this.#clock);
  }

  /** @returns {Status} what the badge may truthfully say */
  get status() {
    const status = this.#transport.status;
    const rooms = [...this.#rooms.values()];
    // Lost: as good as when it was last proved, which may be a while before anybody noticed.
    const lost = status.state === "live" ? null : Math.min(status.since, ...rooms.map((room) => room.provenAt).filter(Number.isFinite));
    const since = [lost, this.#views.dirtySince, ...rooms.map((room) => room.staleSince)].filter((at) => at !== null);
    const state = status.state === "live" && rooms.some((room) => room.staleSince !== null) ? "connecting" : status.state;
    return { ...status, state, connected: this.#transport.connected, network: this.#network, staleSince: since.length > 0 ? Math.min(...since) : null };
  }

  /** How far the server's clock is ahead of ours, ms. */
  get ahead() {
    return this.#skew.ahead;
  }

  /** @param {(status: Status) => void} listener called at once and on every change @returns {() => void} off */
  onStatus(listener) {
    this.#listeners.add(listener);
    listener(this.status);
    return () => this.#listeners.delete(listener);
  }

  /** A new connection now. */
  reconnect() {
    this.#transport.reconnect();
  }

  /** @param {string} name @returns {{epoch: string, seq: number, provenAt: number}|null} */
  position(name) {
    const room = this.#rooms.get(name);
    return room?.cursor.position ? { ...room.cursor.position, provenAt: room.provenAt } : null;
  }

  /** One record, or `"*"` for the list: what this page does there, and who else does what. @param {string} entity @param {string} id */
  presence(entity, id) {
    return this.#presence.at(entity, id);
  }

  /** Who views or edits the records of an entity whose room is joined. @param {string} entity */
  roster(entity) {
    return this.#presence.roster(entity);
  }

  /** The rooms of this page as they stand, for whoever looks on. */
  get rooms() {
    return [...this.#rooms.values()].map(({ name, cursor, members, provenAt, staleSince, denied }) =>
      ({ name, state: cursor.state, position: cursor.position, members, provenAt, staleSince, denied }));
  }

  /** @param {string} method @param {string} url @param {any} [body] @param {any} [options] see {@link Http} */
  request(method, url, body, options) {
    return this.#http.request(method, url, body, options);
  }

  get http() {
    return this.#http;
  }

  /** For pages on another host. Call it before the first `joinRoom`. @param {Settings} settings */
  configure(settings) {
    this.#settings = { ...this.#settings, ...settings };
    if (settings.url) this.#http.base = settings.url;
  }

  /** What `watchLife` tells. */
  get lifeline() {
    return {
      leave: () => this.#transport.stop(),
      enter: () => this.#rooms.size > 0 && this.#transport.start(),
      wake: () => this.#onLine(true),
      offline: () => this.#onLine(false),
      input: () => (this.#inputAt = this.#clock.now()),
      visible: (/** @type {boolean} */ visible) => {
        this.#views.gate(visible);
        if (visible) this.#pulse.check();
      },
    };
  }

  /** @param {string} name @param {Position|null} position */
  #add(name, position) {
    const room = new Room(name, position, {
      join: (room, position) => this.#transport.ask("sync:join", { room, ...position }, JOIN_MS),
      dispatch: (event, payload, from) => this.#views.dispatch(event, payload, from),
      refresh: (room, event) => this.#views.refresh(room, event),
      look: (room, event) => this.#views.look(room, event),
      lookNew: (room, event) => this.#views.look(room, event, (view) => !view.schedule.ran),
      reconnect: () => this.#transport.reconnect(),
      onChange: () => this.#tell(),
      note: (what, detail) => this.debug.note(what, detail),
    }, this.#clock);
    this.#rooms.set(name, room);
    return room;
  }

  /** Connected: all rooms in one question. */
  #up() {
    this.#presence.up();
    const rooms = [...this.#rooms.values()];
    if (rooms.length === 0) return;
    const wanted = Object.fromEntries(rooms.map(({ name, cursor: { position } }) => [name, position && [position.epoch, position.seq]]));
    const answer = this.#transport.ask("sync:join", { rooms: wanted }, JOIN_MS);
    for (const room of rooms) room.connect(answer.then((ack) => ack?.rooms?.[room.name] ?? { ok: false, error: ack?.error ?? "internal" }));
    this.#views.flush();
    this.#pulse.up();
  }

  /** @param {string} reason */
  #down(reason) {
    this.debug.note("disconnect", { why: reason });
    this.#presence.down();
    for (const room of this.#rooms.values()) room.disconnect();
  }

  /** @param {string} name @param {any} payload */
  #packet(name, payload) {
    if (name === "hello") return this.#hello(payload);
    if (name === "sync:pos") return this.#beat(payload);
    if (name === "sync:reset") return this.#reset(payload);
    if (name === "sync:bye") return this.debug.note("bye", payload);
    if (this.#presence.packet(name, payload)) return;
    const ears = this.#ears.get(name);
    if (ears) return ears.forEach((fn) => fn(payload));
    const room = this.#rooms.get(roomOf(payload ?? {}) ?? "");
    if (room) return room.event(name, payload);
    if (Number.isFinite(payload?.prev) && isRoom(roomOf(payload) ?? "")) return this.debug.note("stray", { event: payload });
    this.#views.dispatch(name, payload);
  }

  /** @param {any} hello */
  #hello(hello) {
    this.hello = { ...hello, heardAt: this.#clock.now() };
    this.#skew.hear(hello.serverTime, this.#clock.now());
    this.debug.note("hello", hello);
    this.#presence.known();
    this.#tell();
  }

  /** @param {import("./wire.js").Beat} beat */
  #beat(beat) {
    this.#pulse.beat();
    for (const [name, seq] of Object.entries(beat.rooms ?? {})) this.#rooms.get(name)?.beat({ epoch: beat.epoch, seq });
  }

  /** @param {Position} reset */
  #reset(reset) {
    for (const room of this.#rooms.values()) room.reset({ epoch: reset.epoch, seq: reset.seq });
  }

  /** The browser's word on the network. That it is gone is only a hint: the badge says it, nothing else follows. @param {boolean} network */
  #onLine(network) {
    this.#network = network;
    this.#tell();
    if (network) this.#pulse.check();
  }

  /** @param {Handler} fn */
  #idleRun(fn) {
    this.debug.note("idle", {});
    const event = { reason: "updated", seq: 0, worker: 0, scope: "global", id: "*", data: null, soft: true, synthetic: "idle" };
    const view = this.#views.of(fn);
    if (view) return view.refresh(/** @type {SyncEvent} */ (event));
    return fn(event, { signal: new AbortController().signal, events: [/** @type {SyncEvent} */ (event)] });
  }

  #tell() {
    const status = this.status;
    for (const listener of this.#listeners) listener(status);
  }
}

/** Why a handler runs: the events, or what the page made of them. @param {SyncEvent[]} events */
const whyOf = (events) => [...new Set(events.map(({ synthetic, soft, reason, id }) => synthetic ?? `${soft ? "soft" : reason} ${id}`))].slice(0, 5).join(", ");
