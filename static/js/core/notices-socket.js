/**
 * Notices over a WebSocket of their own (`/ws/notifications/`): for pages of other makers.
 *
 * After a break it says how far it had come and gets what it missed. Older notices come by HTTP, where the page has a cookie of ours;
 * a page that has only tickets knows what comes from now on.
 *
 * @typedef {import("./notices.js").Source} Source
 * @typedef {import("./notices.js").Listener} Listener
 * @typedef {import("./wire.js").Position} Position
 * @typedef {(method: string, url: string) => Promise<{data: any, position: Position|null}>} Request
 *
 * @typedef {object} Ports
 * @property {(handlers: {onMessage: (message: any) => void, onDisconnect: () => void, onStatus: (status: any) => void}) => import("./websocket.js").WebSocketService} open
 * @property {Request|null} request
 * @property {Pick<import("./clock.js").Clock, "setTimeout"|"clearTimeout">} clock
 * @property {(serverTime: any) => any} [onTime]
 */

/** An answer to `mark_read` that takes longer will not come. */
export const ANSWER_MS = 10_000;

/** @implements {Source} */
export class SocketSource {
  /** @type {import("./websocket.js").WebSocketService|null} */ #service = null;
  /** @type {Listener|null} */ #listener = null;
  /** How far everything is known. @type {Position|null} */ #position = null;
  /** What the server said at the door: until it has told what was missed, older things come as well. @type {Position|null} */ #greeted = null;
  /** Seq of the last event in the order in which they come. */ #heard = 0;
  /** @type {Map<string, {resolve: (unread: number|null) => void, reject: (error: Error) => void, timer: any}>} */ #waiting = new Map();
  #ports;

  /** @param {Ports} ports */
  constructor(ports) {
    this.#ports = ports;
    /** @type {Source["archive"]} */
    this.archive = ports.request && (async (id) => (await this.#request("POST", `/api/notifications/${encodeURIComponent(id)}/archive`)).data?.unread ?? null);
  }

  /** @param {Listener} listener */
  start(listener) {
    this.#listener = listener;
    const service = this.#ports.open({
      onMessage: (message) => this.#message(message),
      onDisconnect: () => this.#down(),
      onStatus: ({ state, why }) => state !== "live" && listener.live(false, state === "failed" ? why : null),
    });
    this.#service = service;
    service.connect();
    return () => service.disconnect();
  }

  /** Tries now. */
  connect() {
    this.#service?.connect();
  }

  /** @type {Source["page"]} */
  async page(query) {
    if (!this.#ports.request) return { items: [], unread: null, next: null, position: null };
    const { data, position } = await this.#request("GET", `/api/notifications?${new URLSearchParams(query)}`);
    return { ...data, position };
  }

  /** @param {string} id @returns {Promise<number|null>} */
  read(id) {
    if (!this.#service?.send({ type: "mark_read", id })) return Promise.reject(coded("offline"));
    this.#settle(id, ({ resolve }) => resolve(null)); // the newer question asks the same
    return new Promise((resolve, reject) => {
      const timer = this.#ports.clock.setTimeout(() => this.#settle(id, ({ reject }) => reject(coded("timeout"))), ANSWER_MS);
      this.#waiting.set(id, { resolve, reject, timer });
    });
  }

  /** @param {string} method @param {string} url */
  #request(method, url) {
    return /** @type {Request} */ (this.#ports.request)(method, url);
  }

  /** @param {any} message */
  #message(message) {
    if (!message || typeof message !== "object") return;
    if (typeof message.scope === "string" && Number.isFinite(message.seq)) return this.#event(message);
    switch (message.type) {
      case "connection_established": return this.#up(message);
      case "notification_read": return this.#marks(message);
      case "marked": return this.#settle(String(message.id), ({ resolve }) => resolve(message.unread ?? null));
      case "resumed": return this.#resumed(message);
    }
  }

  /** @param {any} greeting */
  #up({ epoch, seq, unread, serverTime }) {
    const here = epoch ? { epoch: String(epoch), seq: Number(seq) } : null;
    const before = this.#position;
    this.#ports.onTime?.(serverTime);
    this.#listener?.unread(unread, here?.seq ?? 0);
    this.#heard = before?.seq ?? here?.seq ?? 0;
    this.#greeted = here;
    const missing = before !== null && here !== null && before.epoch === here.epoch && before.seq < here.seq;
    if (missing) return void this.#service?.send({ type: "resume", ...before });
    this.#current(here, before === null || before.epoch !== here?.epoch);
  }

  /** @param {any} event */
  #event(event) {
    const seq = Number(event.seq);
    const missed = this.#greeted !== null && seq <= this.#greeted.seq;
    if (this.#greeted === null || missed) this.#heard = seq;
    if (this.#greeted === null && this.#position) this.#position = { epoch: String(event.epoch ?? this.#position.epoch), seq: Math.max(seq, this.#position.seq) };
    this.#listener?.hear("notification", event);
  }

  /** They come in order, though without a number of their own. @param {any} marks */
  #marks({ id, ids, archived, unread, seq }) {
    this.#listener?.hear("notification:read", { id, seq: seq ?? this.#heard, data: { ids: ids ?? null, read: true, archived, unread } });
  }

  /** All that was missed is told; or more than the server remembers. @param {any} answer */
  #resumed({ mode, epoch, seq }) {
    this.#heard = Number(seq);
    this.#current({ epoch: String(epoch), seq: Number(seq) }, mode === "refresh");
  }

  /** @param {Position|null} position @param {boolean} look */
  #current(position, look) {
    this.#greeted = null;
    this.#position = position;
    this.#listener?.live(true);
    if (look) this.#listener?.reload().catch(() => {}); // the list shows its failure
  }

  #down() {
    this.#greeted = null;
    for (const id of [...this.#waiting.keys()]) this.#settle(id, ({ reject }) => reject(coded("offline")));
  }

  /** @param {string} id @param {(waiting: {resolve: (unread: number|null) => void, reject: (error: Error) => void}) => void} how */
  #settle(id, how) {
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    this.#waiting.delete(id);
    this.#ports.clock.clearTimeout(waiting.timer);
    how(waiting);
  }
}

/** @param {string} code as the catalogues know it */
const coded = (code) => Object.assign(new Error(code), { code });
