/**
 * The dialog of a record, as a page knows it.
 *
 * A list is there to be read first: what the dialog needs (its form, the merge, the history) comes when the list is on view, or when
 * it is opened sooner.
 *
 * @typedef {import("../core/store.js").Row} Row
 * @typedef {import("./record-window.js").RecordWindow} RecordWindow
 */
import { looksAgain } from "./looks.js";

export { looksAgain };

/** The list has been drawn by then. */
const LATER_MS = 500;

export class RecordDialog {
  /** @type {RecordWindow|null} */ #window = null;
  /** @type {Promise<RecordWindow>|null} */ #loading = null;
  #ports;

  /** @param {import("./record-window.js").WindowPorts} ports */
  constructor(ports) {
    this.#ports = ports;
    setTimeout(() => this.#load().catch(() => {}), LATER_MS); // opening it tries again, and complains
  }

  /** The id of the record shown, `"new"` for a new one, or null. */
  get id() {
    return this.#window?.id ?? null;
  }

  /** @param {Row|null} row null: a new one @param {Record<string, any>} [values] what a new one begins with */
  async open(row, values) {
    await (await this.#load()).open(row, values);
  }

  /** A record that is gone: if something was typed about it, the form comes back with it. @param {string} id @returns {Promise<boolean>} */
  async rescue(id) {
    return (await this.#load()).rescue(id);
  }

  /** Others changed something; perhaps the record that is open. @param {import("../core/wire.js").SyncEvent[]} events */
  async hear(events) {
    await this.#window?.hear(events);
  }

  /** Closes without asking; what was typed stays put away. */
  close() {
    this.#window?.close();
  }

  #load() {
    this.#loading ??= import("./record-window.js").then(
      ({ RecordWindow }) => (this.#window = new RecordWindow(this.#ports)),
      (error) => {
        this.#loading = null;
        throw error;
      },
    );
    return this.#loading;
  }
}
