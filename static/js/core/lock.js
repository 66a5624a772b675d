/**
 * The lock on one record, where the server is configured to want one: whose it is, and whether this page may edit.
 *
 * Taken at the first input, renewed while the form is open, given back at its end. The server decides: a save without the lock is
 * refused there. So an answer that does not come takes nothing away here; the next renewal or the save tells. Clock and requests are
 * passed in.
 *
 * | state    |                                                  |
 * |----------|--------------------------------------------------|
 * | `free`   | nobody's, as far as is known                     |
 * | `mine`   | this page's                                      |
 * | `theirs` | somebody had it before this page wanted it       |
 * | `lost`   | it was this page's, and somebody took it over    |
 *
 * @typedef {object} Held            a lock as the server tells it
 * @property {{id: string, name: string}} user
 * @property {number|string} since
 * @property {number|string} expires_at
 * @property {boolean} [mine]        in answers
 * @property {string} [client]       in events: the page that holds it
 */

/** A third of the server's usual lease: two renewals may get lost. */
export const RENEW_MS = 15_000;
/** A lock of others is looked at again when its lease ends, which makes no event; not sooner than this. */
const LOOK_MS = 3000;

export class Lock {
  /** @type {"free"|"mine"|"theirs"|"lost"} */ state = "free";
  /** Whose it is, where it is not this page's. @type {Held|null} */ holder = null;
  /** Why it could not be taken when the person wanted it. @type {any} */ problem = null;
  /** @type {Promise<void>|null} */ #asking = null;
  /** @type {any} */ #timer = null;
  /** Not asked again at every key before this time. */ #againAt = -Infinity;
  #open = true;
  #url;
  #ports;
  #clock;

  /**
   * @param {string} url of the record's lock
   * @param {{request: import("./store.js").Request, client: string, now: () => number, onChange: () => void}} ports `client`: this
   *   page's id; `now`: the server's time, ms
   * @param {import("./clock.js").Clock} clock
   */
  constructor(url, ports, clock) {
    this.#url = url;
    this.#ports = ports;
    this.#clock = clock;
  }

  /** Somebody else's, or taken away: nothing may be typed. */
  get blocked() {
    return this.state === "theirs" || this.state === "lost";
  }

  /** Whose is it? Without wanting it. */
  async look() {
    const answer = await this.#ports.request("GET", this.#url).catch(() => null);
    if (!this.#open || this.state === "mine" || this.#asking) return;
    if (answer) this.#told(answer.data?.lock ?? null);
    else if (this.blocked) this.#later(RENEW_MS, () => this.look());
  }

  /** The person begins to edit. */
  begin() {
    if (this.state === "free" && this.#clock.now() >= this.#againAt) return this.#ask();
  }

  /** The person wants it, whoever has it. */
  take() {
    return this.#ask({ take: true });
  }

  /** The end. @param {{keepalive?: boolean}} [options] `keepalive`: the page goes */
  async end(options = {}) {
    const held = this.state === "mine" || this.#asking !== null;
    this.#open = false;
    this.#stop();
    if (!options.keepalive) await this.#asking; // an answer under way would come after the end
    if (held) await this.#ports.request("DELETE", this.#url, undefined, options).catch(() => {}); // it dies by itself
  }

  /** The page is back from where `end` sent it. */
  resume() {
    this.#open = true;
    this.#set("free", null);
    return this.look();
  }

  /** Somebody took it, took it over or gave it back. @param {import("./wire.js").SyncEvent} event */
  hear({ reason, data }) {
    if (!this.#open) return;
    if (reason === "deleted") return this.blocked ? this.#told(null) : undefined;
    if (data?.client === this.#ports.client) return this.blocked ? this.#got() : undefined;
    if (data?.user) this.#told(data);
    else this.look();
  }

  /** The server refused a change. @param {Held|undefined} held */
  refused(held) {
    if (held) this.#told(held);
    else this.look();
  }

  /** One question at a time. @param {any} [body] */
  #ask(body = {}) {
    this.#asking ??= this.#request(body).finally(() => (this.#asking = null));
    return this.#asking;
  }

  /** @param {any} body */
  async #request(body) {
    try {
      await this.#ports.request("POST", this.#url, body);
      if (this.#open) this.#got();
    } catch (error) {
      if (this.#open) this.#failed(/** @type {any} */ (error), Boolean(body.take));
    }
  }

  /** @param {any} error @param {boolean} wanted */
  #failed(error, wanted) {
    if (error.code === "locked") return this.refused(error.lock);
    if (wanted) this.problem = error;
    if (wanted) this.#ports.onChange();
    this.#againAt = this.#clock.now() + RENEW_MS;
    if (this.state === "mine" && (error.status === 0 || error.status >= 500 || error.status === 429)) this.#later(RENEW_MS, () => this.#ask());
  }

  #got() {
    this.#set("mine", null);
    this.#later(RENEW_MS, () => this.#ask());
  }

  /** @param {Held|null} held by somebody else; null: by nobody */
  #told(held) {
    if (!held || held.mine) return this.#set("free", null);
    this.#set(this.state === "mine" || this.state === "lost" ? "lost" : "theirs", held);
    const left = new Date(held.expires_at).getTime() - this.#ports.now();
    this.#later(Math.max(LOOK_MS, left || 0), () => this.look());
  }

  /** @param {Lock["state"]} state @param {Held|null} holder */
  #set(state, holder) {
    this.#stop();
    this.state = state;
    this.holder = holder;
    this.problem = null;
    this.#ports.onChange();
  }

  /** @param {number} ms @param {() => void} fn */
  #later(ms, fn) {
    this.#stop();
    this.#timer = this.#clock.setTimeout(fn, ms);
  }

  #stop() {
    this.#clock.clearTimeout(this.#timer);
  }
}
