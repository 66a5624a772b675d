/**
 * Files on their way to the server: a request each, so that each has its own progress and its own end, and a few at a time.
 *
 * What has failed can be tried again, what waits or is under way can be stopped; the order is the person's. No DOM.
 *
 * @typedef {object} Upload
 * @property {string} id               its name at the server, too: `X-Upload-Id`
 * @property {File} file
 * @property {Record<string, string>} fields   what its row begins with, such as `category_id`
 * @property {"waiting"|"sending"|"done"|"failed"|"stopped"} state
 * @property {number} sent             bytes of the file, as far as the browser knows
 * @property {any} error               why it failed
 * @property {any} row                 what it has become
 *
 * @callback Send
 * @param {{id: string, file: File, fields: Record<string, string>, onProgress: (sent: number) => void, signal: AbortSignal}} what
 * @returns {Promise<any>} the row
 */

/** As many as the server takes in one request. More at once are rather a folder chosen by mistake. */
export const FILES_MAX = 20;
/** One fills the line; a second one fills the gaps between two small files. */
const AT_ONCE = 2;

export class Uploads {
  /** @type {readonly Upload[]} */ items = [];
  /** @type {Map<string, AbortController>} */ #sending = new Map();
  #ports;

  /** @param {{send: Send, name: () => string, changed: () => void, ended?: (upload: Upload) => void}} ports `name`: one that nobody else has */
  constructor(ports) {
    this.#ports = ports;
  }

  /** Whether something would be lost now. */
  get busy() {
    return this.items.some(isUnderWay);
  }

  /** Whether it is one of these. @param {string} id */
  has(id) {
    return this.items.some((upload) => upload.id === id);
  }

  /** Takes the first {@link FILES_MAX}. @param {File[]} files @param {Record<string, string>} fields @returns {number} how many are left out */
  add(files, fields) {
    const taken = files.slice(0, FILES_MAX);
    const fresh = taken.map((file) => ({ id: this.#ports.name(), file, fields, state: /** @type {const} */ ("waiting"), sent: 0, error: null, row: null }));
    this.items = [...this.items, ...fresh];
    this.#go();
    return files.length - taken.length;
  }

  /** @param {string} id */
  stop(id) {
    if (!this.items.some((upload) => upload.id === id && isUnderWay(upload))) return;
    this.#set(id, { state: "stopped" });
    this.#sending.get(id)?.abort();
    this.#go();
  }

  /** Once more, under a new name: to the server it is another one. @param {string} id */
  again(id) {
    this.#set(id, { id: this.#ports.name(), state: "waiting", sent: 0, error: null });
    this.#go();
  }

  /** Out of sight. @param {string} id */
  remove(id) {
    this.items = this.items.filter((upload) => upload.id !== id || isUnderWay(upload));
    this.#ports.changed();
  }

  /** Out of sight with all that is over. */
  clear() {
    this.items = this.items.filter(isUnderWay);
    this.#ports.changed();
  }

  #go() {
    const waiting = this.items.filter(({ state }) => state === "waiting");
    for (const upload of waiting.slice(0, Math.max(0, AT_ONCE - this.#sending.size))) this.#send(upload);
    this.#ports.changed();
  }

  /** @param {Upload} upload */
  async #send({ id, file, fields }) {
    const abort = new AbortController();
    this.#sending.set(id, abort);
    this.#set(id, { state: "sending" });
    const onProgress = (/** @type {number} */ sent) => (this.#set(id, { sent: Math.min(sent, file.size) }), this.#ports.changed());
    try {
      const row = await this.#ports.send({ id, file, fields, onProgress, signal: abort.signal });
      this.#set(id, { state: "done", sent: file.size, row });
    } catch (error) {
      if (!abort.signal.aborted) this.#set(id, { state: "failed", error });
    }
    this.#sending.delete(id);
    const upload = this.items.find((upload) => upload.id === id);
    if (upload && upload.state !== "stopped") this.#ports.ended?.(upload);
    this.#go();
  }

  /** @param {string} id @param {Partial<Upload>} values */
  #set(id, values) {
    this.items = this.items.map((upload) => (upload.id === id ? { ...upload, ...values } : upload));
  }
}

/** @param {Upload} upload */
export const isUnderWay = ({ state }) => state === "waiting" || state === "sending";
