/**
 * Who else is here: tells the others what this page views or edits, and the page what the others do.
 *
 * The page does not renew: what it said lives as long as its connection, and is said again on the next. Of each record only the
 * latest word counts, so a question under way is never overtaken by an older one. Clock and socket are passed in.
 *
 * ```js
 * const presence = SyncManager.presence("files", "118");
 * presence.subscribe((people) => draw(people));
 * presence.set({ mode: "view" });
 * presence.set({ mode: "edit", field: "note" });
 * presence.leave();
 * ```
 *
 * The others are heard only in rooms that the page has joined: `joinRoom("files")` for records of `files`.
 *
 * @typedef {import("./roster.js").Person} Person
 * @typedef {{mode: "view"|"edit", field?: string}} Doing
 */
import { Roster } from "./roster.js";

/** A refusal that time heals is tried again after this. */
export const AGAIN_MS = 2000;
const PASSING = new Set(["rate_limited", "unavailable", "internal"]);

export class Presence {
  /** @type {Map<string, Saying>} */ #sayings = new Map();
  /** @type {Map<string, Listened>} */ #rosters = new Map();
  /** The names of this page's connections, this one's and those before: the others' pages may still show them. @type {Set<string>} */
  #tabs = new Set();
  /** @type {Set<string>} entities whose whole is being asked for */ #asking = new Set();
  /** The name of this connection came. */ #named = false;
  /** A word is under way on a connection without a name: until its answer this page cannot tell itself from another tab. */
  #nameless = false;
  #ports;
  #clock;

  /**
   * @param {{ask: (name: string, payload: any) => Promise<any>, connected: () => boolean, me: () => string|null}} ports
   *   `ask` rejects where no answer came; `me`: the reader's id, once it is known
   * @param {import("./clock.js").Clock} clock
   */
  constructor(ports, clock) {
    this.#ports = ports;
    this.#clock = clock;
  }

  /** One record, or `"*"` for the list. @param {string} entity @param {string} id */
  at(entity, id) {
    const say = (/** @type {Doing|null} */ doing) => this.#saying(entity, id).say(doing);
    return {
      /** What this page does there. @param {Doing} doing */
      set: ({ mode, field }) => say(field ? { mode, field } : { mode }),
      /** The others there, at once and on every change. @param {(people: Person[]) => void} fn @returns {() => void} off */
      subscribe: (fn) => this.roster(entity).subscribe((entries) => fn(entries.get(id) ?? [])),
      leave: () => say(null),
    };
  }

  /** All that is known of an entity. @param {string} entity */
  roster(entity) {
    const listened = this.#listened(entity);
    const people = () => listened.people ??= listened.roster.people(this.#tabs, this.#ports.me());
    return {
      /** @returns {Map<string, Person[]>} by the record's id; `"*"`: at the list */
      get entries() {
        return people();
      },
      /** Told at once and on every change. @param {(entries: Map<string, Person[]>) => void} fn @returns {() => void} off */
      subscribe: (/** @type {(entries: Map<string, Person[]>) => void} */ fn) => {
        listened.listeners.add(fn);
        fn(people());
        return () => void listened.listeners.delete(fn);
      },
    };
  }

  /** Connected: what this page does is said again. */
  up() {
    this.#named = false;
    this.#nameless = false;
    this.#forget();
    for (const saying of this.#sayings.values()) saying.connect();
  }

  down() {
    this.#nameless = false;
    this.#asking.clear();
    for (const { roster } of this.#rosters.values()) roster.lost();
  }

  /** The reader is known. */
  known() {
    for (const entity of this.#rosters.keys()) this.#tell(entity);
  }

  /** @param {string} name @param {any} payload @returns {boolean} true: it was about presence */
  packet(name, payload) {
    if (name !== "presence:state" && name !== "presence:diff") return false;
    const { roster } = this.#listened(payload.entity);
    const whole = name === "presence:state" ? roster.state(payload) : roster.diff(payload);
    if (whole) this.#tell(payload.entity);
    else this.#askWhole(payload.entity);
    return true;
  }

  /** A difference is missing. @param {string} entity */
  async #askWhole(entity) {
    if (this.#asking.has(entity)) return;
    this.#asking.add(entity);
    const answer = await this.#ports.ask("presence:get", { entity }).catch(() => null);
    if (!this.#asking.delete(entity)) return; // another connection by now, which begins with a state
    const { roster } = this.#listened(entity);
    if (answer?.ok && roster.state(answer)) this.#tell(entity);
    else this.#clock.setTimeout(() => this.#ports.connected() && roster.waiting && this.#askWhole(entity), AGAIN_MS);
  }

  /** @param {string} entity */
  #tell(entity) {
    const listened = this.#listened(entity);
    if (this.#nameless || listened.roster.waiting) return;
    listened.people = listened.roster.people(this.#tabs, this.#ports.me());
    for (const listener of listened.listeners) listener(listened.people);
  }

  /** @param {string} entity @returns {Listened} */
  #listened(entity) {
    const found = this.#rosters.get(entity) ?? { roster: new Roster(), listeners: new Set(), people: null };
    this.#rosters.set(entity, found);
    return found;
  }

  /** @param {string} entity @param {string} id */
  #saying(entity, id) {
    const key = `${entity} ${id}`;
    const found = this.#sayings.get(key) ?? new Saying((doing) => this.#send(entity, id, doing), this.#ports.connected, this.#clock);
    this.#sayings.set(key, found);
    return found;
  }

  /** @param {string} entity @param {string} id @param {Doing|null} doing */
  async #send(entity, id, doing) {
    if (!this.#named) this.#nameless = true;
    const answer = await this.#ports.ask("presence:set", { entity, id, ...(doing ?? { mode: null }) }).catch(() => null);
    if (answer?.tab) this.#tabs.add(answer.tab);
    if (answer?.tab) this.#named = true;
    if (this.#nameless) {
      this.#nameless = false;
      this.known();
    }
    return answer;
  }

  /** Records that were left are no longer spoken of. */
  #forget() {
    for (const [key, saying] of this.#sayings) if (saying.idle) this.#sayings.delete(key);
  }
}

/** @typedef {{roster: Roster, listeners: Set<(entries: Map<string, Person[]>) => void>, people: Map<string, Person[]>|null}} Listened */

/** Nobody knows whether the server heard it: equal to nothing that can be said. */
const UNSURE = /** @type {any} */ ({ mode: "unsure" });

/** What this page says of one record: the latest word, one question at a time. */
class Saying {
  /** @type {Doing|null} */ #wanted = null;
  /** What the server last heard on this connection. @type {Doing|null} */ #said = null;
  #connections = 0;
  #busy = false;
  #send;
  #connected;
  #clock;

  /** @param {(doing: Doing|null) => Promise<any>} send @param {() => boolean} connected @param {import("./clock.js").Clock} clock */
  constructor(send, connected, clock) {
    this.#send = send;
    this.#connected = connected;
    this.#clock = clock;
  }

  /** Nothing to say, and nothing said that stands. */
  get idle() {
    return this.#wanted === null && (this.#said === null || !this.#connected());
  }

  /** @param {Doing|null} doing */
  say(doing) {
    this.#wanted = doing;
    this.#flush();
  }

  /** A new connection has heard nothing yet. */
  connect() {
    this.#connections += 1;
    this.#busy = false;
    this.#said = null;
    this.#flush();
  }

  async #flush() {
    if (this.#busy || !this.#connected() || equal(this.#wanted, this.#said)) return;
    const [connection, doing] = [this.#connections, this.#wanted];
    this.#busy = true;
    const answer = await this.#send(doing);
    if (connection !== this.#connections) return;
    this.#busy = false;
    const passing = !answer || PASSING.has(answer.error);
    if (!passing) this.#said = doing; // refused for good: saying it again would not help
    else if (!answer) this.#said = UNSURE;
    if (!passing) this.#flush();
    else this.#clock.setTimeout(() => connection === this.#connections && this.#flush(), AGAIN_MS);
  }
}

/** @param {Doing|null} a @param {Doing|null} b */
const equal = (a, b) => a?.mode === b?.mode && a?.field === b?.field;
