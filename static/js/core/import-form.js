/**
 * What a person fills in before an import: what there is to import, what is found in it, and what keeps it from starting. No DOM.
 *
 * @typedef {import("./imports.js").ImportType} ImportType
 * @typedef {import("./imports.js").Session} Session
 * @typedef {{name: string, kind: "folder"|"archive"|"file", files: number, bytes: number, modifiedAt: string|null}} Source
 * @typedef {{type: ImportType, ready: boolean, why: string|null, message?: string|null}} TypeState
 *
 * @typedef {object} PreviewFile
 * @property {string} name
 * @property {number} bytes
 * @property {string|null} encoding
 * @property {string|null} schema
 * @property {Record<string, number>} kinds      kind → rows
 * @property {string[]} full                     sections that say they are everything
 * @property {Record<string, number>} problems   code → how often
 * @property {{code: string, message: string, line?: number, column?: number}|null} error
 * @property {string|null} seenBefore            the session that had the very same file
 *
 * @typedef {object} Preview
 * @property {string} source
 * @property {PreviewFile[]} files
 * @property {Record<string, number>} counts
 * @property {number} ignored
 * @property {number} documents
 * @property {string[]} missing
 * @property {boolean} full
 * @property {boolean} bringsGoods
 * @property {boolean} ready
 * @property {{code: string, message?: string}|null} why
 */
import { Sessions, scopeOf } from "./imports.js";

/** Type → what of it a shop misses if it is not there. @type {Readonly<Record<ImportType, string[]>>} */
const EXPECTED = Object.freeze({
  catalog: ["group", "product", "offer", "price", "stock"], stocks: ["stock"], prices: ["price"], customers: ["customer"],
});

/** The kinds that are not in a source, though somebody may think so. @param {ImportType} type @param {Preview} preview */
export const lacking = (type, { missing, counts }) => (missing.length > 0 ? missing : EXPECTED[type].filter((kind) => !counts[kind]));

/** The server reads for at most a minute, and answers then in any case. */
export const PREVIEW_MS = 70_000;

export class ImportForm {
  loaded = false;
  /** Why the sources are not known. @type {any} */ error = null;
  /** The folder of all sources, as the server names it. */ root = "";
  /** @type {Source[]} */ sources = [];
  /** @type {TypeState[]} */ types = [];
  /** @type {Preview|null} */ preview = null;
  /** Why there is none. @type {any} */ previewError = null;
  previewing = false;
  starting = false;
  /** Why the last start was refused. @type {any} */ refusal = null;
  /** @type {AbortController|null} */ #reading = null;
  #sessions = new Sessions();
  #request;
  #changed;

  /** @param {{type: ImportType, source: string, options: Record<string, boolean>}} wanted @param {{request: import("./import-list.js").Request, changed: () => void}} ports */
  constructor({ type, source, options }, { request, changed }) {
    this.type = type;
    this.source = source;
    this.options = options;
    this.#request = request;
    this.#changed = changed;
  }

  /** The session that this one would have to wait for. @returns {Session|null} */
  get running() {
    return this.#sessions.active.find(({ type }) => scopeOf(type) === scopeOf(this.type)) ?? null;
  }

  /** Why a type cannot be had; null: it can. @param {ImportType} type @returns {TypeState|null} */
  locked(type) {
    const state = this.types.find((each) => each.type === type);
    const cured = type === this.type && this.preview?.ready === true;
    const passing = state?.why === "import.running"; // the banner tells that, and knows better when it is over
    return state && !state.ready && !cured && !passing ? state : null;
  }

  /** What keeps it from starting, in the order in which a person would mend it. @returns {"loading"|"source"|"locked"|"running"|"preview"|null} */
  get obstacle() {
    if (!this.loaded) return "loading";
    if (this.running) return "running";
    if (this.locked(this.type)) return "locked";
    if (!this.source) return "source";
    return this.#hopeless ? "preview" : null;
  }

  /** The preview found what no start will mend; whatever else it found may be gone by now, or is told by who knows it better. */
  get #hopeless() {
    const code = this.preview?.why?.code;
    return code === "import.nothing" || (code === "import.broken_file" && !this.options.skip_broken);
  }

  /** @param {import("./jobs.js").Sync} sync */
  async follow(sync) {
    sync.on("imports:changed", (/** @type {any[]} */ events) => this.#events(events), { batch: true, rooms: ["imports"] });
    sync.hear("import:progress", (/** @type {any} */ said) => this.#sessions.hear(said) && this.#changed());
    sync.joinRoom("imports", { position: await this.learn().catch(() => null) });
  }

  /** What there is to import, what may be imported, and what runs. */
  async learn() {
    try {
      const [sources, active] = await Promise.all([this.#request("GET", "/api/imports/sources"), this.#request("GET", "/api/imports?active=1")]);
      this.#found(sources.data, active.data.items);
      return active.position ?? null;
    } catch (error) {
      this.error = error;
      throw error;
    } finally {
      this.#changed();
    }
  }

  /** @param {{type?: ImportType, source?: string}} choice */
  choose({ type = this.type, source = this.source }) {
    if (type === this.type && source === this.source) return;
    [this.type, this.source] = [type, source];
    this.#forget();
    this.#changed();
  }

  /** @param {string} name @param {boolean} on */
  set(name, on) {
    this.options = { ...this.options, [name]: on };
    this.#changed();
  }

  /** Has the whole source read, and nothing written. */
  async look() {
    this.#forget();
    const reading = (this.#reading = new AbortController());
    this.previewing = true;
    this.#changed();
    try {
      const { data } = await this.#request("POST", "/api/imports/preview", { type: this.type, source: this.source }, { signal: reading.signal, limit: PREVIEW_MS });
      if (reading === this.#reading) this.preview = data;
    } catch (error) {
      if (reading === this.#reading) this.previewError = error;
    } finally {
      if (reading === this.#reading) this.previewing = false;
      this.#changed();
    }
  }

  /** @returns {Promise<Session|null>} null: refused, and `refusal` says why */
  async start() {
    [this.starting, this.refusal] = [true, null];
    this.#changed();
    try {
      return (await this.#request("POST", "/api/imports", { type: this.type, source: this.source, ...this.options })).data;
    } catch (error) {
      this.refusal = error;
      await this.learn().catch(() => {}); // what is in the way shows itself
      return null;
    } finally {
      this.starting = false;
      this.#changed();
    }
  }

  /** @param {any[]} events */
  #events(events) {
    if (events.some(({ data }) => !data?.id)) return this.learn();
    const before = this.#sessions.active.length;
    for (const { data } of events) this.#sessions.take(data);
    this.#changed();
    if (this.#sessions.active.length < before) return this.learn(); // what has ended may have unlocked something
  }

  /** @param {any} found @param {Session[]} active */
  #found({ root, items, types }, active) {
    [this.root, this.types, this.error, this.loaded] = [root ?? "", types ?? [], null, true];
    this.sources = [...items].sort((a, b) => (b.modifiedAt ?? "").localeCompare(a.modifiedAt ?? "") || a.name.localeCompare(b.name));
    const named = new Set(active.map(({ id }) => id));
    for (const { id } of this.#sessions.active) if (!named.has(id)) this.#sessions.drop(id);
    for (const session of active) this.#sessions.take(session);
    if (!this.sources.some(({ name }) => name === this.source)) this.choose({ source: this.sources[0]?.name ?? "" });
  }

  /** What was found was found in another source, or for another type. */
  #forget() {
    this.#reading?.abort();
    [this.#reading, this.preview, this.previewError, this.previewing, this.refusal] = [null, null, null, false, null];
  }
}
