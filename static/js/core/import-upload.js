/** A set of files of one's own on its way to the server: one request, so that it becomes one source. No DOM. */

/** What 1C exports, by the end of its name. */
export const FITTING = /\.(xml|zip)$/i;
/** More are rather a folder with its pictures: such a set goes as an archive, or lies on the server. */
export const SET_MAX = 200;

export class SetUpload {
  /** @type {File[]} */ files = [];
  sent = 0;
  /** @type {"idle"|"sending"|"done"|"failed"} */ state = "idle";
  /** Why it failed. @type {any} */ error = null;
  /** @type {AbortController|null} */ #abort = null;
  #ports;

  /** @param {{send: (what: {files: File[], onProgress: (sent: number) => void, signal: AbortSignal}) => Promise<{source: string}>, changed: () => void, done: (source: string) => void}} ports */
  constructor(ports) {
    this.#ports = ports;
  }

  get size() {
    return this.files.reduce((sum, { size }) => sum + size, 0);
  }

  /** 0 to 100. */
  get percent() {
    return this.size > 0 ? Math.min(100, Math.floor((100 * this.sent) / this.size)) : 0;
  }

  /** @param {File[]} files */
  async send(files) {
    const abort = (this.#abort = new AbortController());
    Object.assign(this, { files, sent: 0, state: "sending", error: null });
    this.#ports.changed();
    const onProgress = (/** @type {number} */ sent) => ((this.sent = sent), this.#ports.changed());
    try {
      const { source } = await this.#ports.send({ files, onProgress, signal: abort.signal });
      this.state = "done";
      this.#ports.done(source);
    } catch (error) {
      if (!abort.signal.aborted) Object.assign(this, { state: "failed", error });
    }
    this.#ports.changed();
  }

  again() {
    return this.send(this.files);
  }

  /** Ends it, or takes it out of sight. */
  stop() {
    this.#abort?.abort();
    Object.assign(this, { files: [], sent: 0, state: "idle", error: null });
    this.#ports.changed();
  }
}

/** Those that an import can be made of, and how many others there were. @param {File[]} files @returns {[File[], number]} */
export function fitting(files) {
  const good = files.filter(({ name }) => FITTING.test(name)).slice(0, SET_MAX);
  return [good, files.length - good.length];
}
