/**
 * What has changed and is not shown yet.
 *
 * Only names, never the changes themselves: whatever waits is shown by one fresh look. So a page that waits for an hour in a busy room
 * holds no more than one that waits for a second.
 */

/** Names kept; beyond that it is "many", which is all that a reader wants to know. */
const NAMES_MAX = 500;

export class Waiting {
  /** @type {Set<string>} */ #ids = new Set();
  #many = false;

  /** Whether anything waits. */
  get any() {
    return this.#many || this.#ids.size > 0;
  }

  /** How many records wait, or null where nobody counted. @returns {number|null} */
  get count() {
    return this.#many ? null : this.#ids.size;
  }

  /** @param {string} id */
  has(id) {
    return this.#many || this.#ids.has(id);
  }

  /** @param {string} id */
  add(id) {
    if (this.#ids.size < NAMES_MAX) this.#ids.add(id);
    else this.addMany();
  }

  /** Something changed, and it is not known in how many records. */
  addMany() {
    this.#many = true;
  }

  clear() {
    this.#ids.clear();
    this.#many = false;
  }
}
