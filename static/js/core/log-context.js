/**
 * The neighbours of one line, whatever the filter: what the server keeps around it, and further on both sides.
 *
 * @typedef {import("./logs.js").LogLine} LogLine
 */

/** Lines asked for at a time. */
const PAGE = 100;

export class LogContext {
  #fetch;
  #changed;
  #turn = 0;

  /** @param {{fetch: (path: string) => Promise<any>, changed: () => void}} ports  `fetch` gives the JSON of an address below `/api/logs` */
  constructor({ fetch, changed }) {
    this.#fetch = fetch;
    this.#changed = changed;
    /** The line in the middle; null while there is no context. @type {string|null} */ this.id = null;
    /** @type {LogLine[]} */ this.lines = [];
    /** @type {string|null} */ this.before = null;
    /** @type {string|null} */ this.after = null;
    this.busy = false;
    /** @type {any} */ this.error = null;
  }

  get isOpen() {
    return this.id !== null;
  }

  /** The line is not among them: it is no longer kept. */
  get gone() {
    return this.isOpen && !this.busy && this.error === null && !this.lines.some(({ id }) => id === this.id);
  }

  /** @param {string} id */
  open(id) {
    Object.assign(this, { id, lines: [], before: null, after: null });
    return this.#ask({ around: id }, ({ items, before, after }) => Object.assign(this, { lines: items, before, after }));
  }

  earlier() {
    return this.#ask({ before: this.before }, ({ items, before }) => Object.assign(this, { lines: [...items, ...this.lines], before }));
  }

  later() {
    return this.#ask({ after: this.after }, ({ items, after }) => Object.assign(this, { lines: [...this.lines, ...items], after }));
  }

  close() {
    this.#turn += 1;
    Object.assign(this, { id: null, lines: [], before: null, after: null, busy: false, error: null });
    this.#changed();
  }

  /** @param {Record<string, string|null>} query @param {(answer: any) => void} take */
  async #ask(query, take) {
    const mine = (this.#turn += 1);
    Object.assign(this, { busy: true, error: null });
    this.#changed();
    const params = new URLSearchParams({ ...(/** @type {Record<string, string>} */ (query)), limit: String(PAGE) });
    const answer = await this.#fetch(`/api/logs?${params}`).catch((error) => ({ error }));
    if (mine !== this.#turn) return;
    if (!answer.error) take(answer);
    else if (answer.error.status !== 404) this.error = answer.error;
    this.busy = false;
    this.#changed();
  }
}
