/**
 * The connection: one Socket.IO socket, kept up for as long as the page lives.
 *
 * Socket.IO's own reconnection is off: it gives up after a server's disconnect, knows nothing of `sync:bye`, and hides its waits
 * from the badge. Nothing is ever buffered while the connection is down; what must be said again is said again on `up`.
 *
 * @typedef {import("./clock.js").Clock} Clock
 *
 * @typedef {object} Socket            the part of socket.io-client's socket that is used
 * @property {boolean} connected
 * @property {(name: string, fn: (...args: any[]) => void) => any} on
 * @property {(fn: (name: string, ...args: any[]) => void) => any} onAny
 * @property {(ms: number) => {emitWithAck: (name: string, payload: any) => Promise<any>}} timeout
 * @property {() => any} connect
 * @property {() => any} disconnect
 * @property {any} [io]
 *
 * @typedef {object} Status
 * @property {"live"|"connecting"|"offline"|"failed"} state
 * @property {number} attempt          tries since the connection was lost
 * @property {number} since            when this state began, ms
 * @property {number|null} [staleSince] since when the data is not proved to be current
 * @property {number|null} rtt         ms
 * @property {string|null} transport   `websocket` or `polling`
 * @property {boolean} [connected]     there is a connection; the rooms may still be joining
 * @property {boolean} [network]       false: the browser says that there is no network
 * @property {string} [why]            why it failed, a code
 */

/** First wait before another try; doubled each time, with full jitter so that a thousand pages do not come back at once. */
export const RETRY_MS = 500;
export const RETRY_CAP_MS = 5000;
/** After so many tries the badge says Offline, and tries become rare. */
export const TRIES_BEFORE_OFFLINE = 10;
export const OFFLINE_RETRY_MS = 30_000;
/** The answer to a question that a live server answers in milliseconds. */
export const PROBE_MS = 2000;

export class Transport {
  #open;
  #clock;
  #listeners;
  /** @type {Socket|null} */ #socket = null;
  /** @type {any} */ #timer = null;
  #wanted = false;
  /** When to move to another worker, since this one goes. @type {number|null} */ #moveAt = null;

  /**
   * @param {() => Socket} open   makes a socket that is not connected yet
   * @param {{up: () => void, down: (reason: string) => void, packet: (name: string, payload: any) => void,
   *   status: (status: Status) => void}} listeners
   * @param {Clock} clock
   */
  constructor(open, listeners, clock) {
    this.#open = open;
    this.#listeners = listeners;
    this.#clock = clock;
    /** @type {Status} */
    this.status = { state: "connecting", attempt: 0, since: clock.now(), rtt: null, transport: null };
  }

  get connected() {
    return this.#socket?.connected ?? false;
  }

  /** Connects, and stays connected until `stop`. Called again it does nothing. */
  start() {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#try();
  }

  /** Ends the connection, so that nobody waits for a page that is gone. */
  stop() {
    this.#wanted = false;
    this.#moveAt = null;
    this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
    this.#socket?.disconnect();
  }

  /** A new connection at once, whatever state the old one is in. */
  reconnect() {
    this.stop();
    this.status = { ...this.status, attempt: 0 };
    this.start();
  }

  /**
   * Comes back from sleep or from offline: tries now what would have been tried later, and counts anew. A network that has just come
   * back may need a second try, and that should not wait half a minute.
   */
  wake() {
    if (!this.#wanted || this.connected || this.#timer === null) return;
    this.#clock.clearTimeout(this.#timer);
    this.status = { ...this.status, attempt: 0 };
    this.#try();
  }

  /** Asks and waits for the answer. @param {string} name @param {any} payload @param {number} ms @returns {Promise<any>} */
  async ask(name, payload, ms) {
    const socket = this.#socket;
    if (!socket?.connected) throw new Error(`${name}: not connected`);
    const askedAt = this.#clock.now();
    const answer = await socket.timeout(ms).emitWithAck(name, payload);
    // A join is answered when the ledger has been read: it tells the time of the way only until a plain question does.
    if (name === "sync:pos" || this.status.rtt === null) this.#set({ rtt: this.#clock.now() - askedAt });
    return answer;
  }

  #try() {
    this.#timer = null;
    this.#socket ??= this.#wired(this.#open());
    const attempt = this.status.attempt + 1;
    this.#set({ attempt, state: attempt > TRIES_BEFORE_OFFLINE ? "offline" : "connecting" });
    this.#socket.connect();
  }

  /** @param {Socket} socket */
  #wired(socket) {
    socket.on("connect", () => this.#up());
    socket.on("disconnect", (/** @type {string} */ reason) => this.#down(reason));
    socket.on("connect_error", (/** @type {Error} */ error) => this.#failed(error));
    socket.onAny((name, payload) => this.#packet(name, payload));
    return socket;
  }

  #up() {
    this.#moveAt = null;
    const transport = this.#socket?.io?.engine?.transport?.name ?? null;
    this.#set({ state: "live", attempt: 0, transport, why: undefined });
    this.#listeners.up();
  }

  /** @param {string} reason */
  #down(reason) {
    this.#set({ state: "connecting", attempt: 0, rtt: null });
    this.#listeners.down(reason);
    this.#later();
  }

  /** @param {Error} error */
  #failed(error) {
    const refused = error.message === "unauthorized";
    if (refused) this.#set({ state: "failed", why: "unauthorized" });
    if (this.#wanted) this.#socket?.disconnect(); // a refused namespace leaves the engine open: end it, the next try starts afresh
    this.#later(refused ? OFFLINE_RETRY_MS : undefined);
  }

  /** @param {string} name @param {any} payload */
  #packet(name, payload) {
    if (name === "sync:bye") this.#bye(Number(payload?.retryMs ?? 0));
    this.#listeners.packet(name, payload);
  }

  /**
   * The worker goes. Until it is this page's turn to move, the connection delivers as before: there is no time without news, only the
   * blink between the old connection and the new one. @param {number} ms
   */
  #bye(ms) {
    if (!this.#wanted || this.#moveAt !== null) return;
    this.#moveAt = this.#clock.now() + ms;
    this.#clock.clearTimeout(this.#timer);
    this.#timer = this.#clock.setTimeout(() => this.reconnect(), ms);
  }

  /** @param {number} [ms] */
  #later(ms) {
    if (!this.#wanted) return;
    // Cut before its turn the page still waits for it: all pages of a worker at once would be a rush.
    const turn = this.#moveAt === null ? null : Math.max(0, this.#moveAt - this.#clock.now());
    this.#moveAt = null;
    this.#clock.clearTimeout(this.#timer);
    this.#timer = this.#clock.setTimeout(() => this.#try(), ms ?? turn ?? this.#backoff());
  }

  #backoff() {
    const { attempt } = this.status;
    if (attempt >= TRIES_BEFORE_OFFLINE) return OFFLINE_RETRY_MS;
    return this.#clock.random() * Math.min(RETRY_MS * 2 ** Math.max(0, attempt - 1), RETRY_CAP_MS);
  }

  /** @param {Partial<Status>} change */
  #set(change) {
    const since = change.state && change.state !== this.status.state ? this.#clock.now() : this.status.since;
    this.status = { ...this.status, ...change, since };
    this.#listeners.status(this.status);
  }
}
