/**
 * WebSocketService: one WebSocket of ours, kept up for as long as it is wanted.
 *
 * Each try asks for a ticket of its own, since a ticket is good once and a minute long. A connection counts as good when it has stood
 * for ten seconds; until then the tries go on being counted, so a server that takes everybody in and throws them out again is not
 * besieged. What the server says when it closes is obeyed: sign in again, not allowed, too much, restarting. Nothing is kept for later:
 * `send` while there is no connection returns false.
 *
 * ```js
 * const service = new WebSocketService({ url: "/ws/notifications/", onMessage: (message) => console.log(message) });
 * service.connect();
 * ```
 *
 * @typedef {import("./clock.js").Clock} Clock
 *
 * @typedef {object} ServiceOptions
 * @property {string} url                               `/ws/notifications/`, or `wss://…` of another host
 * @property {(message: any) => void} [onMessage]       what came, parsed; text that is no JSON as it is
 * @property {() => void} [onConnect]
 * @property {(end: {code: number, reason: string, retryMs: number|null}) => void} [onDisconnect]  `retryMs` null: it is not tried again
 * @property {(status: ServiceStatus) => void} [onStatus]
 * @property {number} [reconnectDelay]                  ms before the first try again, 3000
 * @property {number} [maxReconnectAttempts]            10
 * @property {number} [backoffCap]                      the delay grows to so many times itself, 5
 * @property {number} [jitter]                          a share of the delay, more or less, 0.2: a thousand pages do not come at once
 * @property {() => string|Promise<string>} [ticket]    a one-use ticket, for pages that have no cookie of ours
 * @property {number} [heartbeat]                       ms of silence before the server is asked whether it is there, 30000; 0: never
 *
 * @typedef {object} ServiceStatus
 * @property {"closed"|"connecting"|"live"|"failed"} state   `failed`: no more tries until `connect()`, or until the page wakes
 * @property {number} attempt                           tries since the connection was lost; 0 for the first
 * @property {string|null} why                          `unauthorized` `forbidden` `too_often` `too_large` `restarting` `unavailable` `ticket` `silent` `lost` `given_up`
 * @property {string} reason                            the server's own words, if it said any
 * @property {number|null} retryMs                      how long the next try waits
 *
 * @typedef {object} World
 * @property {Clock} clock
 * @property {new (url: string) => WebSocket} WebSocket
 * @property {string} base                              what a relative address is relative to
 * @property {Window} [page]                            whose life is followed
 */
import { followPage } from "./page-life.js";

/** A connection that has stood so long is a good one: the tries are counted anew. */
export const STABLE_MS = 10_000;
/** An opening handshake that takes longer is stuck in some proxy. */
export const OPEN_MS = 10_000;
/** A live server answers in milliseconds; this is for a bad line. */
export const ANSWER_MS = 10_000;
/** A page that wakes wants to know sooner. */
export const PROBE_MS = 2000;
/** A worker that goes sends all its pages away at once: they come back spread over this. */
export const SPREAD_MS = 2000;

const DEFAULTS = { reconnectDelay: 3000, maxReconnectAttempts: 10, backoffCap: 5, jitter: 0.2, heartbeat: 30_000 };

/** What the close codes mean to us. @type {Record<number, string>} */
const WHY = { 1001: "restarting", 1012: "restarting", 1013: "unavailable", 1009: "too_large", 4401: "unauthorized", 4403: "forbidden", 4429: "too_often" };
/** Trying again would change nothing. */
const FINAL = new Set(["forbidden", "too_large"]);

export class WebSocketService {
  /** @type {WebSocket|null} */ #socket = null;
  /** Counts the tries: what comes late from an older one is not heard. */ #turn = 0;
  /** @type {Map<string, any>} */ #timers = new Map();
  #wanted = false;
  #away = false;
  /** Whether the last end was a session's, and a new ticket has not been tried yet. */ #stale = false;
  #unfollow = () => {};
  #options;
  #world;

  /** @param {ServiceOptions} options @param {World} world */
  constructor(options, world) {
    address(options.url, world.base, null); // an address that is none is found out here
    this.#options = { ...DEFAULTS, ...options };
    this.#world = world;
    /** @type {ServiceStatus} */
    this.status = { state: "closed", attempt: 0, why: null, reason: "", retryMs: null };
  }

  get isConnected() {
    return this.status.state === "live";
  }

  /** Connects, and stays connected until `disconnect`. While it waits for its next try, it tries now and counts anew. */
  connect() {
    const { state, retryMs } = this.status;
    if (this.#wanted && (state === "live" || (state === "connecting" && retryMs === null))) return;
    if (!this.#wanted) this.#follow();
    this.#wanted = true;
    this.#away = false;
    this.#try(0);
  }

  /** Ends the connection, and with it all tries. */
  disconnect() {
    this.#wanted = false;
    this.#unfollow();
    this.#end("closed", null);
  }

  /** @param {any} message  sent as JSON @returns {boolean} false where there is no connection: it is not sent later */
  send(message) {
    if (!this.isConnected || this.#socket?.readyState !== 1) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  #follow() {
    const { page } = this.#world;
    if (page) this.#unfollow = followPage(page, { leave: () => this.#leave(), enter: () => this.#enter(), wake: () => this.#wake() });
  }

  /** @param {number} attempt */
  async #try(attempt) {
    this.#drop();
    const turn = this.#turn;
    this.#set({ state: "connecting", attempt, retryMs: null });
    const { ticket } = this.#options;
    if (!ticket) return this.#open(turn, null);
    try {
      const given = await ticket();
      if (turn === this.#turn) this.#open(turn, given);
    } catch (error) {
      if (turn === this.#turn) this.#lost("ticket", String(/** @type {any} */ (error)?.message ?? error));
    }
  }

  /** @param {number} turn @param {string|null} ticket */
  #open(turn, ticket) {
    const socket = new this.#world.WebSocket(address(this.#options.url, this.#world.base, ticket));
    const heard = (/** @type {(event: any) => void} */ fn) => (/** @type {any} */ event) => turn === this.#turn && fn(event);
    socket.addEventListener("open", heard(() => this.#opened()));
    socket.addEventListener("message", heard(({ data }) => this.#message(data)));
    socket.addEventListener("close", heard(({ code, reason }) => this.#closed(code, reason)));
    this.#socket = socket;
    this.#after("open", OPEN_MS, () => this.#lost("silent"));
  }

  #opened() {
    this.#cancel("open");
    this.#after("stable", STABLE_MS, () => this.#stable());
    this.#set({ state: "live", why: null, reason: "" });
    this.#listen();
    this.#options.onConnect?.();
  }

  #stable() {
    this.#stale = false;
    this.#set({ attempt: 0 });
  }

  /** @param {any} data */
  #message(data) {
    const asked = this.#timers.has("answer");
    this.#listen();
    const message = parsed(data);
    if (asked && message?.type === "pong") return; // it was we who asked
    this.#options.onMessage?.(message);
  }

  /** Something was heard: the next silence begins. */
  #listen() {
    this.#cancel("answer");
    const { heartbeat } = this.#options;
    if (heartbeat > 0) this.#after("heartbeat", heartbeat, () => this.#ask(ANSWER_MS));
  }

  /** Whoever does not answer is not there. @param {number} ms */
  #ask(ms) {
    this.#cancel("heartbeat");
    if (!this.send({ type: "ping" })) return this.#lost("silent");
    this.#after("answer", ms, () => this.#lost("silent"));
  }

  /** @param {number} code @param {string} reason */
  #closed(code, reason) {
    this.#lost(WHY[code] ?? "lost", reason, code);
  }

  /** @param {string} why @param {string} [reason] @param {number} [code] */
  #lost(why, reason = "", code = 1006) {
    const was = this.isConnected;
    const retryMs = this.#delay(why, reason);
    const attempt = this.status.attempt + 1;
    this.#drop();
    if (retryMs === null) this.#set({ state: "failed", why: FINAL.has(why) || why === "unauthorized" ? why : "given_up", reason, retryMs });
    else this.#set({ state: "connecting", attempt, why, reason, retryMs });
    if (retryMs !== null) this.#after("retry", retryMs, () => this.#try(attempt));
    if (was) this.#options.onDisconnect?.({ code, reason, retryMs });
  }

  /** How long the next try waits; null: there is none. @param {string} why @param {string} reason @returns {number|null} */
  #delay(why, reason) {
    const { maxReconnectAttempts, ticket } = this.#options;
    const { clock } = this.#world;
    if (FINAL.has(why) || (why === "unauthorized" && !ticket) || this.status.attempt >= maxReconnectAttempts) return null;
    if (why === "unauthorized" && !this.#stale) return (this.#stale = true), 0; // the ticket was too old: a new one first
    const told = toldMs(reason);
    if (why === "restarting") return told ?? clock.random() * SPREAD_MS;
    return why === "too_often" && told !== null ? told : this.#backoff();
  }

  #backoff() {
    const { reconnectDelay, backoffCap, jitter } = this.#options;
    const delay = reconnectDelay * Math.min(2 ** this.status.attempt, backoffCap);
    return Math.round(delay * (1 + jitter * (2 * this.#world.clock.random() - 1)));
  }

  /** The page is put away, and its connection with it: kept, it would be found dead. */
  #leave() {
    this.#away = true;
    this.#end("connecting", 0);
  }

  #enter() {
    this.#away = false;
    this.#try(0);
  }

  /** The page or the network may be back: what waits is tried now, what stands is asked. */
  #wake() {
    const { state, why, retryMs } = this.status;
    if (this.#away) return;
    if (state === "live" && !this.#timers.has("answer")) this.#ask(PROBE_MS);
    const waits = retryMs !== null && why !== "too_often";
    if (waits || (state === "failed" && !FINAL.has(String(why)))) this.#try(0);
  }

  /** It ends because we want it to. @param {"closed"|"connecting"} state @param {number|null} retryMs */
  #end(state, retryMs) {
    const was = this.isConnected;
    this.#drop();
    this.#set({ state, attempt: 0, why: null, reason: "", retryMs });
    if (was) this.#options.onDisconnect?.({ code: 1000, reason: "", retryMs });
  }

  /** Lets go of the socket without hearing more of it. */
  #drop() {
    this.#turn += 1;
    for (const name of [...this.#timers.keys()]) this.#cancel(name);
    this.#socket?.close();
    this.#socket = null;
  }

  /** @param {string} name @param {number} ms @param {() => void} fn */
  #after(name, ms, fn) {
    this.#cancel(name);
    this.#timers.set(name, this.#world.clock.setTimeout(() => (this.#timers.delete(name), fn()), ms));
  }

  /** @param {string} name */
  #cancel(name) {
    this.#world.clock.clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
  }

  /** @param {Partial<ServiceStatus>} change */
  #set(change) {
    this.status = { ...this.status, ...change };
    this.#options.onStatus?.(this.status);
  }
}

/** @param {string} url @param {string} base @param {string|null} ticket @returns {string} */
function address(url, base, ticket) {
  const whole = new URL(url, base);
  whole.protocol = whole.protocol.replace("http", "ws");
  if (ticket) whole.searchParams.set("ticket", ticket);
  return whole.href;
}

/** @param {any} data */
function parsed(data) {
  try {
    return JSON.parse(data);
  } catch {
    return data;
  }
}

/** `retry after 30 s`, `retry after 250 ms`. @param {string} reason @returns {number|null} ms */
function toldMs(reason) {
  const [, count, unit] = /(\d+)\s*(ms|s)\b/.exec(reason) ?? [];
  return count ? Number(count) * (unit === "s" ? 1000 : 1) : null;
}
