/**
 * The list of import sessions, the newest first, kept current: of one type or state, or of all. No DOM.
 *
 * @typedef {import("./imports.js").Session} Session
 * @typedef {{type: string, state: string}} Wanted   empty: all
 * @typedef {(method: string, url: string, body?: any, options?: any) => Promise<{data: any, position?: import("./wire.js").Position|null}>} Request
 */
import { Sessions, isActive, newest } from "./imports.js";

/** One look brings as many; more when so many are shown already. */
const PAGE = 50;
const PAGE_MAX = 200;

export class ImportList {
  loaded = false;
  loading = false;
  /** The last failure, until the next success. @type {any} */ error = null;
  /** There are older ones. */ more = false;
  /** @type {string[]} */ #ids = [];
  /** Answers to an older wish count for nothing. */ #turn = 0;
  #sessions = new Sessions();
  #request;
  #changed;

  /** @param {Wanted} wanted @param {{request: Request, changed: () => void}} ports */
  constructor(wanted, { request, changed }) {
    this.wanted = wanted;
    this.#request = request;
    this.#changed = changed;
  }

  /** @returns {Session[]} */
  get items() {
    return this.#ids.map((id) => /** @type {Session} */ (this.#sessions.get(id)));
  }

  /** @param {import("./jobs.js").Sync} sync */
  async follow(sync) {
    sync.on("imports:changed", (/** @type {any[]} */ events) => this.take(events), { batch: true, rooms: ["imports"] });
    sync.hear("import:progress", (/** @type {any} */ said) => this.#sessions.hear(said) && this.#changed());
    sync.joinRoom("imports", { position: await this.learn().catch(() => null) });
  }

  /** Others of them. @param {Wanted} wanted */
  show(wanted) {
    this.wanted = wanted;
    [this.#ids, this.more, this.loaded] = [[], false, false];
    return this.learn();
  }

  /** Looks at as many as are shown. Resolves with how new the answer is. */
  async learn() {
    const answer = await this.#look({ limit: Math.min(PAGE_MAX, Math.max(PAGE, this.#ids.length)) });
    if (answer) this.#show(answer.data, []);
    return answer?.position ?? null;
  }

  /** The next older ones. */
  async older() {
    const before = this.#ids.at(-1);
    const answer = await this.#look({ limit: PAGE, before });
    if (answer) this.#show(answer.data, this.#ids);
  }

  /** @param {import("./wire.js").SyncEvent[]} events */
  take(events) {
    if (events.some(({ data }) => !data?.id)) return this.learn();
    for (const { data } of events) this.put(data);
    this.#changed();
  }

  /** A session as an answer brought it. @param {Session} session */
  put(session) {
    const known = this.#sessions.take(session);
    const listed = this.#ids.includes(known.id);
    if (listed && !this.#fits(known)) this.#ids = this.#ids.filter((id) => id !== known.id);
    if (!listed && this.#fits(known) && this.#belongs(known)) this.#ids = [...this.#ids, known.id].sort((a, b) => newest({ id: a }, { id: b }));
    this.#changed();
  }

  /** @param {string} id */
  cancel(id) {
    return this.#sessions.cancel(id, async (url) => (await this.#request("POST", url, {})).data, this.#changed);
  }

  /** Does it once more; the new session stands at the top. @param {string} id @returns {Promise<Session>} */
  async retry(id) {
    const { data } = await this.#request("POST", `/api/imports/${encodeURIComponent(id)}/retry`, {});
    this.put(data);
    return data;
  }

  /** @param {Record<string, any>} page */
  async #look(page) {
    const turn = (this.#turn += 1);
    this.loading = true;
    this.#changed();
    try {
      const answer = await this.#request("GET", `/api/imports?${queryOf(this.wanted, page)}`);
      if (turn !== this.#turn) return null;
      this.error = null;
      return answer;
    } catch (error) {
      if (turn === this.#turn) this.error = error;
      throw error;
    } finally {
      if (turn === this.#turn) this.loading = false;
      this.#changed();
    }
  }

  /** @param {{items: Session[], next: string|null}} page @param {string[]} before */
  #show({ items, next }, before) {
    const ids = items.map((session) => this.#sessions.take(session).id);
    this.#ids = [...new Set([...before, ...ids])];
    this.more = next !== null && next !== undefined;
    this.loaded = true;
    this.#changed();
  }

  /** @param {Session} session */
  #fits(session) {
    const { type, state } = this.wanted;
    return (!type || session.type === type) && (!state || (state === "active" ? isActive(session) : session.state === state));
  }

  /** Not beyond the last one that is shown: there it comes with the older ones. @param {Session} session */
  #belongs({ id }) {
    const last = this.#ids.at(-1);
    return this.loaded && (!this.more || last === undefined || Number(id) > Number(last));
  }
}

/** @param {Wanted} wanted @param {Record<string, any>} page */
function queryOf({ type, state }, page) {
  const words = { type, ...(state === "active" ? { active: "1" } : { state }), ...page };
  return new URLSearchParams(Object.entries(words).flatMap(([name, value]) => (value ? [[name, String(value)]] : [])));
}
