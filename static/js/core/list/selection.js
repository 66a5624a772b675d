/**
 * Which rows are chosen.
 *
 * A range goes from the last row that was chosen or let go to this one, in the order shown, and takes the state of this one.
 */
export class Selection {
  /** @type {Set<string>} */ #ids = new Set();
  /** @type {string|null} */ #anchor = null;

  get size() {
    return this.#ids.size;
  }

  get ids() {
    return [...this.#ids];
  }

  /** @param {string} id */
  has(id) {
    return this.#ids.has(id);
  }

  /** @param {string} id @param {string[]} shown ids in their order @param {boolean} [range] */
  toggle(id, shown, range = false) {
    const chosen = !this.#ids.has(id);
    const [from, to] = [this.#anchor === null ? -1 : shown.indexOf(this.#anchor), shown.indexOf(id)];
    const ids = range && from >= 0 ? shown.slice(Math.min(from, to), Math.max(from, to) + 1) : [id];
    for (const each of ids) this.#set(each, chosen);
    this.#anchor = id;
  }

  /** All of them, or none if all were. @param {string[]} shown */
  toggleAll(shown) {
    const chosen = this.of(shown) !== "all";
    for (const id of shown) this.#set(id, chosen);
    this.#anchor = null;
  }

  /** How many of these are chosen. @param {string[]} shown @returns {"none"|"some"|"all"} */
  of(shown) {
    const count = shown.filter((id) => this.#ids.has(id)).length;
    return count === 0 ? "none" : count === shown.length ? "all" : "some";
  }

  /** Lets go of what is no longer there. @param {string[]} there */
  keep(there) {
    if (this.#ids.size > 0) this.#ids = new Set(there.filter((id) => this.#ids.has(id)));
  }

  clear() {
    this.#ids.clear();
    this.#anchor = null;
  }

  /** @param {string} id @param {boolean} chosen */
  #set(id, chosen) {
    if (chosen) this.#ids.add(id);
    else this.#ids.delete(id);
  }
}
