/**
 * Who views or edits the records of one entity, as the server tells it.
 *
 * First the whole state, then differences, counted by `n`. Differences that come before the state are held; where one is missing the
 * whole is asked for again. Presence is advice: what is lost is mended, and no order with the data is promised. Pure: no socket, no
 * clock.
 *
 * @typedef {object} Entry               one page at one record
 * @property {string} tab                the name that the server gave to the page's connection
 * @property {string} id                 the record's, or `"*"` for the list
 * @property {"view"|"edit"} mode
 * @property {string} [field]            where it edits
 * @property {{id: string, name: string}} user
 * @property {number} since              when this mode began, ms since 1970
 *
 * @typedef {object} Person              one user at one record, whatever the number of his tabs
 * @property {{id: string, name: string}} user
 * @property {"view"|"edit"} mode        `edit` if any of the tabs edits
 * @property {string} [field]
 * @property {number} since
 * @property {number} tabs
 * @property {boolean} own               the reader himself, in another tab
 *
 * @typedef {{n: number, entries: Entry[]}} State
 * @typedef {{n: number, set?: Entry[], gone?: {tab: string, id: string}[]}} Diff
 */

/** Differences that may wait for the state. More of them than this, and the whole is asked for anew anyway. */
const HELD_MAX = 200;

export class Roster {
  /** @type {Map<string, Entry>} */ #entries = new Map();
  /** The number of the last difference taken; null while the whole is not known. @type {number|null} */ #n = null;
  /** @type {Diff[]} */ #held = [];

  /** All of it. @param {State} state @returns {boolean} false: differences are missing, ask for the whole */
  state({ n, entries }) {
    this.#n = n;
    this.#entries = new Map(entries.map((entry) => [keyOf(entry), entry]));
    return this.#held.splice(0).every((diff) => this.diff(diff));
  }

  /** A difference. @param {Diff} diff @returns {boolean} false: some before it are missing, ask for the whole */
  diff(diff) {
    if (this.#n === null) return this.#hold(diff);
    if (diff.n <= this.#n) return true;
    if (diff.n > this.#n + 1) {
      this.#n = null;
      this.#hold(diff);
      return false;
    }
    this.#n = diff.n;
    for (const gone of diff.gone ?? []) this.#entries.delete(keyOf(gone));
    for (const entry of diff.set ?? []) this.#entries.set(keyOf(entry), entry);
    return true;
  }

  /** The connection is gone, and with it the count; what was known is shown until the next state. */
  lost() {
    this.#n = null;
    this.#held = [];
  }

  /** True until the whole is known. */
  get waiting() {
    return this.#n === null;
  }

  /**
   * The persons at each record, editors first.
   * @param {Set<string>} tabs the page's own connections @param {string|null} me the reader's id @returns {Map<string, Person[]>}
   */
  people(tabs, me) {
    /** @type {Map<string, Entry[]>} */ const byRecord = new Map();
    for (const entry of this.#entries.values()) byRecord.set(entry.id, [...(byRecord.get(entry.id) ?? []), entry]);
    const persons = [...byRecord].map(([id, entries]) => /** @type {[string, Person[]]} */ ([id, grouped(entries, tabs, me)]));
    return new Map(persons.filter(([, people]) => people.length > 0));
  }

  /** @param {Diff} diff */
  #hold(diff) {
    this.#held.push(diff);
    if (this.#held.length > HELD_MAX) this.#held.shift(); // a hole, which the chain will find
    return true;
  }
}

/** @param {{tab: string, id: string}} entry */
const keyOf = ({ tab, id }) => `${tab} ${id}`;

/** @param {Entry[]} entries of one record @param {Set<string>} tabs @param {string|null} me @returns {Person[]} */
function grouped(entries, tabs, me) {
  /** @type {Map<string, Entry[]>} */ const byUser = new Map();
  for (const entry of entries) byUser.set(entry.user.id, [...(byUser.get(entry.user.id) ?? []), entry]);
  const persons = [...byUser.values()].flatMap((all) => person(all, tabs, me) ?? []);
  return persons.sort((a, b) => order(a) - order(b) || a.since - b.since || (a.user.id < b.user.id ? -1 : 1));
}

/** @param {Person} person */
const order = ({ mode }) => (mode === "edit" ? 0 : 1);

/** What a user does in his tabs; the page's own is no news to it. @param {Entry[]} all @param {Set<string>} tabs @param {string|null} me */
function person(all, tabs, me) {
  const others = all.filter(({ tab }) => !tabs.has(tab));
  if (others.length === 0) return null;
  const leading = others.sort((a, b) => order(/** @type {any} */ (a)) - order(/** @type {any} */ (b)) || b.since - a.since)[0];
  const since = Math.min(...others.filter(({ mode }) => mode === leading.mode).map((entry) => entry.since));
  const { user, mode, field } = leading;
  const count = others.length + (others.length < all.length ? 1 : 0); // this page's former connections are no tabs of their own
  return { user, mode, ...(field ? { field } : {}), since, tabs: count, own: user.id === me };
}
