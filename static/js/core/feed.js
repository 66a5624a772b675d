/**
 * The feed: what changed, the newest first, each change once and with what followed from it.
 *
 * A soft event is no line of its own: it stands with its cause. Only where the reader may not see the cause does its effect speak for
 * it. What changes again and again as a whole, such as the catalogue during an import, has one line a minute. While the feed is held,
 * because somebody reads or has paused it, news waits and is counted. Bounded on both sides. No DOM.
 *
 * @typedef {import("./wire.js").SyncEvent} SyncEvent
 *
 * @typedef {object} Line
 * @property {string} key
 * @property {number} seq                ms, and the order
 * @property {number} worker             process id; 0 where it is not known
 * @property {string} event              `files:changed`
 * @property {string} entity             `files`, or the event's own name where it is of no entity
 * @property {string} id
 * @property {string} name               what the record is called; empty where it is not known
 * @property {string} reason
 * @property {{id: string, name: string}|null} actor
 * @property {string[]|null} fields      what changed; null where it cannot be told
 * @property {string[]} effects          rooms that look again because of it
 * @property {boolean} indirect          known only by its effects
 *
 * @typedef {{entity?: string, person?: string}} Filter  `person`: an actor's id, or `-` for what no person did
 */
import { changedFields } from "./changes.js";
import { ENTITIES } from "./rights.js";
import { roomOf } from "./wire.js";

/** Lines kept; who wants more reads the audit. */
export const FEED_MAX = 200;

/** @typedef {Omit<Line, "effects"|"fields"> & {data: any, rev: number|undefined, changes: string[]|undefined}} Entry */

export class Feed {
  /** @type {Map<string, Entry>} */ #entries = new Map();
  /** @type {Map<string, {cause: Entry, rooms: Set<string>}>} */ #effects = new Map();
  /** News above it waits. */ #frontier = Infinity;
  #sees;
  /** @type {Line[]|null} */ #lines = null;

  /** @param {{sees?: (entity: string) => boolean}} [options] `sees`: whether changes of an entity come to the reader directly */
  constructor({ sees = () => true } = {}) {
    this.#sees = sees;
  }

  /** Events as the page hears or fetches them, in any order, the same one as often as it comes. @param {SyncEvent[]} events */
  take(events) {
    for (const event of events) {
      if (event.synthetic || !(event.seq > 0)) continue;
      if (event.soft) this.#follows(event);
      else this.#put(entryOf(event));
    }
    this.#trim();
  }

  /** Rows of the audit. @param {any[]} items */
  takeAudit(items) {
    for (const item of items) this.#put(entryOfAudit(item));
    this.#trim();
  }

  /** What is on show stays as it is until `release`. */
  hold() {
    if (this.#frontier === Infinity) this.#frontier = this.#all()[0]?.seq ?? 0;
  }

  release() {
    this.#frontier = Infinity;
    this.#trim();
  }

  get held() {
    return this.#frontier !== Infinity;
  }

  /** @param {Filter} [filter] @returns {Line[]} the newest first */
  shown(filter = {}) {
    return this.#all().filter((line) => line.seq <= this.#frontier && passes(line, filter));
  }

  /** How many lines wait. @param {Filter} [filter] */
  waiting(filter = {}) {
    return this.#all().filter((line) => line.seq > this.#frontier && passes(line, filter)).length;
  }

  /** The oldest line's number; 0 where there is none. */
  get oldest() {
    return this.#all().at(-1)?.seq ?? 0;
  }

  get full() {
    return this.shown().length >= FEED_MAX;
  }

  /** Who did something. @returns {{id: string, name: string}[]} by name */
  get persons() {
    const persons = new Map(this.#all().flatMap(({ actor }) => (actor ? [[actor.id, actor]] : [])));
    return [...persons.values()].sort((a, b) => a.name.localeCompare(b.name));
  }

  /** @param {Entry} entry */
  #put(entry) {
    const before = this.#entries.get(entry.key);
    const seq = before && this.held && before.seq <= this.#frontier ? before.seq : Math.max(entry.seq, before?.seq ?? 0);
    this.#entries.set(entry.key, before ? { ...entry, ...defined(before), changes: entry.changes ?? before.changes, seq } : entry);
    this.#lines = null;
  }

  /** @param {SyncEvent} event */
  #follows(event) {
    const { cause } = event;
    if (!cause) return;
    const key = keyOf(cause.event, { ...cause, actor: event.actor });
    const known = this.#effects.get(key) ?? { cause: causeOf(event), rooms: new Set() };
    known.rooms.add(roomOf(event) ?? "");
    this.#effects.set(key, known);
    this.#lines = null;
  }

  /** The newest, of what is on show and of what waits. */
  #trim() {
    const all = this.#all();
    const kept = new Set([all.filter(({ seq }) => seq > this.#frontier), all.filter(({ seq }) => seq <= this.#frontier)].flatMap((lines) => lines.slice(0, FEED_MAX)).map(({ key }) => key));
    if (kept.size === all.length) return;
    const oldest = all.findLast(({ key }) => kept.has(key))?.seq ?? 0;
    for (const { key } of all) if (!kept.has(key)) this.#entries.delete(key), this.#effects.delete(key);
    for (const [key, { cause }] of this.#effects) if (cause.seq < oldest) this.#effects.delete(key);
    this.#lines = null;
  }

  #all() {
    return (this.#lines ??= this.#build());
  }

  /** @returns {Line[]} */
  #build() {
    const orphans = [...this.#effects.values()].map(({ cause }) => cause).filter(({ key, entity }) => !this.#entries.has(key) && !this.#sees(entity));
    const ascending = [...this.#entries.values(), ...orphans].sort((a, b) => a.seq - b.seq);
    /** @type {Map<string, Entry>} */ const before = new Map();
    const lines = ascending.map((entry) => {
      const record = `${entry.entity} ${entry.id}`;
      const fields = fieldsBetween(before.get(record), entry);
      if (entry.data) before.set(record, entry);
      const { data: _data, rev: _rev, changes: _changes, ...line } = entry;
      return { ...line, fields, effects: [...(this.#effects.get(entry.key)?.rooms ?? [])].sort() };
    });
    return lines.reverse();
  }
}

/** @param {string} event @param {{seq: number, id: string, actor?: {id: string}|null}} change */
const keyOf = (event, { seq, id, actor }) => `${event} ${id === "*" && !ENTITIES.includes(entityOf(event)) ? `${actor?.id} ${Math.floor(seq / 60_000)}` : seq}`;

/** @param {Line} line @param {Filter} filter */
function passes(line, { entity, person }) {
  if (entity && line.entity !== entity) return false;
  return !person || (person === "-" ? line.actor === null : line.actor?.id === person);
}

/** @param {string} name */
function entityOf(name) {
  const word = name.split(":")[0];
  return ENTITIES.includes(word) ? word : name;
}

/** @param {SyncEvent} event @returns {Entry} */
function entryOf(event) {
  const name = event.event ?? `${roomOf(event) ?? ""}:changed`;
  return {
    key: keyOf(name, event), seq: event.seq, worker: event.worker, event: name, entity: entityOf(name), id: event.id,
    name: event.data?.name || event.data?.login || "", reason: event.reason, actor: event.actor ?? null, indirect: false,
    data: event.data, rev: event.rev, changes: undefined,
  };
}

/** A cause that is known only by what followed. @param {SyncEvent} event @returns {Entry} */
function causeOf(event) {
  const { event: name, id, seq } = /** @type {{event: string, id: string, seq: number}} */ (event.cause);
  return {
    key: keyOf(name, { seq, id, actor: event.actor }), seq, worker: event.worker, event: name, entity: entityOf(name), id, name: "", reason: event.reason,
    actor: event.actor ?? null, indirect: true, data: null, rev: undefined, changes: undefined,
  };
}

/** @param {any} item of `GET /api/audit` @returns {Entry} */
function entryOfAudit(item) {
  const entity = item.entity ?? entityOf(item.event);
  return {
    key: keyOf(item.event, item), seq: item.seq, worker: item.worker ?? 0, event: item.event, entity, id: item.id,
    name: item.name ?? "", reason: item.reason, actor: item.actor ?? null, indirect: false, data: null, rev: item.rev,
    changes: item.changes ? Object.keys(item.changes) : undefined,
  };
}

/** @param {Entry} entry only what it knows */
const defined = (entry) => Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== undefined && value !== null && value !== ""));

/** What changed, from the audit's word or from the revision just before. @param {Entry|undefined} before @param {Entry} entry @returns {string[]|null} */
function fieldsBetween(before, entry) {
  if (entry.reason !== "updated" && entry.reason !== "toggled") return null;
  if (entry.changes) return entry.changes;
  const follows = before?.data && entry.data && before.rev !== undefined && entry.rev === before.rev + 1;
  return follows ? changedFields(before.data, entry.data) : null;
}
