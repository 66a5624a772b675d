/**
 * One import session, followed to its end: its state, its progress, its files. When it has ended nothing is asked or heard any more. No DOM.
 *
 * @typedef {import("./imports.js").Session} Session
 * @typedef {import("./import-list.js").Request} Request
 *
 * @typedef {object} SetFile
 * @property {string} name
 * @property {string[]} kinds
 * @property {number} bytes
 * @property {string|null} encoding
 * @property {number} rows
 * @property {number} done
 * @property {"waiting"|"running"|"done"|"broken"|"skipped"} state
 * @property {{code: string, message: string, line?: number, column?: number}|null} error
 */
import { Sessions, isActive } from "./imports.js";

/** As many rates make a line that shows whether it goes well. */
const RATES = 60;

export class SessionWatch {
  /** The last failure, until the next success. @type {any} */ error = null;
  /** How fast it went, the newest last. @type {number[]} */ rates = [];
  /** As they were at `#at`. @type {SetFile[]} */ #files = [];
  /** The progress that the files were told with. @type {import("./imports.js").ImportProgress|null} */ #at = null;
  /** @type {Promise<any>|null} */ #looking = null;
  #again = false;
  #sessions = new Sessions();
  /** @type {(() => void)[]} */ #offs = [];
  #request;
  #changed;
  #ended;

  /** @param {string} id @param {{request: Request, changed: () => void, ended?: () => void}} ports `ended`: it goes no further */
  constructor(id, { request, changed, ended = () => {} }) {
    this.id = id;
    this.#request = request;
    this.#changed = changed;
    this.#ended = ended;
  }

  get session() {
    return this.#sessions.get(this.id);
  }

  /** The files of the set; the one under way as far as its progress says. @returns {SetFile[]} */
  get files() {
    const now = this.session?.progress;
    const further = now && now.file === this.#at?.file && now.stage === this.#at?.stage ? (now.done ?? 0) - (this.#at?.done ?? 0) : 0;
    return this.#files.map((file) => (file.name === now?.file && file.state === "running" ? { ...file, done: Math.min(file.rows, file.done + Math.max(0, further)) } : file));
  }

  /** @param {import("./jobs.js").Sync & {leaveRoom: (room: string) => void}} sync */
  async follow(sync) {
    const rooms = [`import:${this.id}`, "imports"];
    this.#offs = [
      sync.on("imports:changed", (/** @type {any[]} */ events) => this.take(events), { batch: true, rooms }),
      sync.hear("import:progress", (/** @type {any} */ said) => this.hear(said)),
      ...rooms.map((room) => () => sync.leaveRoom(room)),
    ];
    const position = await this.learn().catch(() => null);
    if (this.#offs.length === 0) return; // it has ended meanwhile, or long ago
    for (const room of rooms) sync.joinRoom(room, { position });
  }

  /** How it stands, with its files. One question at a time; who asks meanwhile is answered by the next. @returns {Promise<import("./wire.js").Position|null>} */
  learn() {
    this.#again = this.#looking !== null;
    return (this.#looking ??= this.#look().finally(() => (this.#looking = null)));
  }

  /** @param {any[]} events */
  take(events) {
    if (events.some(({ data }) => !data?.id)) return this.learn();
    const mine = events.filter(({ data }) => data.id === this.id);
    for (const { data } of mine) this.#sessions.take(data);
    if (mine.length > 0) return this.learn(); // the files have changed with it
  }

  /** @param {import("./imports.js").Said} said */
  hear(said) {
    if (said.id !== this.id || !this.#sessions.hear(said)) return;
    if (typeof said.rate === "number") this.rates = [...this.rates, said.rate].slice(-RATES);
    const next = said.file !== this.#at?.file || said.stage !== this.#at?.stage;
    if (next) this.learn().catch(() => {}); // what is known of its files is as old as before
    this.#changed();
  }

  cancel() {
    return this.#sessions.cancel(this.id, async (url) => (await this.#request("POST", url, {})).data, this.#changed);
  }

  /** Does it once more, as a session of its own. @param {boolean} onlyErrors only the files that had errors @returns {Promise<Session>} */
  async retry(onlyErrors) {
    const { data } = await this.#request("POST", `/api/imports/${encodeURIComponent(this.id)}/retry`, onlyErrors ? { only_errors: true } : {});
    return data;
  }

  stop() {
    for (const off of this.#offs.splice(0)) off();
  }

  async #look() {
    try {
      let answer;
      do {
        this.#again = false;
        answer = await this.#request("GET", `/api/imports/${encodeURIComponent(this.id)}`);
      } while (this.#again);
      return this.#show(answer);
    } catch (error) {
      this.error = error;
      this.#changed();
      throw error;
    }
  }

  /** @param {{data: any, position?: import("./wire.js").Position|null}} answer */
  #show({ data: { files, ...session }, position }) {
    this.error = null;
    const known = this.#sessions.take(session);
    [this.#files, this.#at] = [files ?? [], session.progress];
    if (!isActive(known)) this.#end();
    this.#changed();
    return position ?? null;
  }

  #end() {
    this.stop();
    this.#ended();
  }
}
