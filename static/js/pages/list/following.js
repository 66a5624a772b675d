/**
 * How a list hears of changes: of its own rows, of what they show by name, of what they count.
 *
 * @typedef {import("../../core/wire.js").SyncEvent} SyncEvent
 */
import { SyncManager } from "../../sync.js";
import { announceChanges } from "../../utils.js";

/** Counts may be a little late: a burst elsewhere is one look here. */
const COUNTS_MS = 400;

export class Following {
  #entity;
  #store;
  #hear;

  /**
   * @param {string} entity @param {import("../../core/store.js").ListStore} store
   * @param {(events: SyncEvent[]) => Promise<any>} hear  what else listens to changes of the rows
   */
  constructor(entity, store, hear) {
    this.#entity = entity;
    this.#store = store;
    this.#hear = hear;
  }

  /** @param {{names: string[], counts: string[]}} others entities that the rows show by name, and those that they count */
  start({ names, counts }) {
    const handler = (/** @type {any} */ _event, /** @type {any} */ { events }) => this.#take(events);
    SyncManager.on(`${this.#entity}:changed`, handler);
    SyncManager.startIdleGuard(handler);
    SyncManager.joinRoom(this.#entity, { position: this.#store.position });
    for (const other of names) this.#watch(other, (events) => this.#store.follow(other, events), {});
    for (const other of counts) this.#watch(other, (events) => this.#count(events), { debounce: COUNTS_MS });
  }

  /** @param {SyncEvent[]} events */
  async #take(events) {
    await Promise.all([this.#hear(events), this.#store.take(events)]);
    announceChanges(events.filter((event) => event.origin !== SyncManager.http.clientId && !event.synthetic).length);
    return this.#store.position;
  }

  /**
   * What a row shows of others is as old as the last look, so that is what the handler claims to show.
   * @param {string} other @param {(events: SyncEvent[]) => Promise<any>} look @param {import("../../core/views.js").ViewOptions} options
   */
  #watch(other, look, options) {
    let looked = this.#store.position;
    SyncManager.on(`${other}:changed`, async (_event, { events }) => {
      const shown = await look(events);
      if (shown) looked = shown;
      return looked;
    }, options);
    SyncManager.joinRoom(other, { position: this.#store.position });
  }

  /** A change there is a reason to look again, unless it only echoes a change of our own rows. @param {SyncEvent[]} events */
  async #count(events) {
    if (events.every((event) => event.cause?.event === `${this.#entity}:changed`)) return null;
    await this.#store.refresh();
    return this.#store.position;
  }
}
