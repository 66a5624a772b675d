/**
 * What was typed and not saved, put away for this tab: it outlives a reload, a session that ends and a wrong click.
 *
 * One draft a person, entity and record (`"new"` for one that does not exist yet). Secrets are never written down. Storage may be
 * full or forbidden: then `keep` says so, and the page must ask before it goes.
 *
 * @typedef {Record<string, any>} Row
 * @typedef {object} Kept
 * @property {number} at         when, ms since 1970
 * @property {Row} mine          the fields that were touched
 * @property {Row} ancestor      what these were when the person began
 * @property {Row} values        the whole form, for a record that is gone when he comes back
 */

const PREFIX = "lockstep.draft";

export class Drafts {
  #storage;
  #user;
  #secrets;
  #now;

  /** @param {Storage|null} storage @param {{user: string, secrets?: string[], now?: () => number}} options `secrets`: names of fields */
  constructor(storage, { user, secrets = [], now = Date.now }) {
    this.#storage = storage;
    this.#user = user;
    this.#secrets = secrets;
    this.#now = now;
  }

  /** @param {string} entity @param {string} id @param {{mine: Row, ancestor: Row, values: Row}} draft @returns {boolean} false: not all of it is kept */
  keep(entity, id, { mine, ancestor, values }) {
    const kept = { at: this.#now(), mine: this.#without(mine), ancestor: this.#without(ancestor), values: this.#without(values) };
    try {
      if (!this.#storage) return false;
      this.#storage.setItem(this.#key(entity, id), JSON.stringify(kept));
      return this.#secrets.every((name) => !mine[name]);
    } catch {
      return false; // full, or forbidden
    }
  }

  /** @param {string} entity @param {string} id @returns {Kept|null} */
  find(entity, id) {
    try {
      const kept = JSON.parse(this.#storage?.getItem(this.#key(entity, id)) ?? "null");
      return kept && typeof kept.mine === "object" && typeof kept.ancestor === "object" ? kept : null;
    } catch {
      return null;
    }
  }

  /** @param {string} entity @param {string} id */
  drop(entity, id) {
    try {
      this.#storage?.removeItem(this.#key(entity, id));
    } catch {
      // Forbidden now: then it cannot be found either.
    }
  }

  /** @param {string} entity @param {string} id */
  #key(entity, id) {
    return [PREFIX, this.#user, entity, id].join(".");
  }

  /** @param {Row} row @returns {Row} */
  #without(row) {
    return Object.fromEntries(Object.entries(row).filter(([name]) => !this.#secrets.includes(name)));
  }
}
