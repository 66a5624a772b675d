/** The tiles of the visible entities, followed: counts, the last hour, and what the rooms bring. */
import { visible } from "../core/rights.js";
import { SyncManager } from "../sync.js";
import { Counters } from "./counters.js";

export class TileBoard {
  /** @type {Promise<import("./hour.js").Hour>|null} */ #loading = null;
  /** @type {import("./hour.js").Hour|null} */ #hour = null;
  #user;
  #draw;
  #hear;
  #anew;
  #counters;
  /** @type {Map<string, () => void>} entity → off */ #followed = new Map();

  /**
   * @param {import("../core/rights.js").User} user
   * @param {object} ports
   * @param {() => void} ports.draw
   * @param {(entity: string, events: import("../core/wire.js").SyncEvent[]) => void} [ports.hear]  direct and soft, never the page's own fresh looks
   * @param {() => any} [ports.anew]  something may have been missed: whoever shows events fetches them
   */
  constructor(user, { draw, hear = () => {}, anew = () => {} }) {
    this.#user = user;
    this.#draw = draw;
    this.#hear = hear;
    this.#anew = anew;
    this.#counters = new Counters([], (method, url) => SyncManager.request(method, url));
  }

  /**
   * Joins the rooms of what the person may see; those of before that he may no longer see are left.
   * @param {(entity: string) => void} [fresh] once for each new one
   * @returns {Promise<import("../core/wire.js").Position|null>} how new the counts are that were fetched for it
   */
  async follow(fresh = () => {}) {
    const entities = visible(this.#user);
    this.#counters.entities = entities;
    for (const [entity, off] of this.#followed) if (!entities.includes(entity)) off(), this.#followed.delete(entity);
    const added = entities.filter((entity) => !this.#followed.has(entity));
    const positions = await Promise.all(added.map((entity) => (fresh(entity), this.#join(entity))));
    return oldest(positions.filter((position) => position !== null));
  }

  /** Those that are followed. */
  get entities() {
    return [...this.#followed.keys()];
  }

  /** All of it anew: the idle guard's. */
  look() {
    return Promise.all([this.learnActivity(), ...this.#counters.entities.map((entity) => this.#counters.learn(entity))]).then(this.#draw);
  }

  /** What is heard before it is there is in the answer that it asks for then. */
  async learnActivity() {
    this.#loading ??= import("./hour.js").then(({ Hour }) => new Hour((method, url) => SyncManager.request(method, url)));
    const hour = await this.#loading.catch((error) => ((this.#loading = null), Promise.reject(error)));
    this.#hour = hour;
    await hour.learn();
    this.#draw();
  }

  /** @param {Record<string, unknown>} [notes] entity → what else its tile says */
  template(notes = {}) {
    return this.#counters.template((entity) => this.#hour?.template(entity), notes);
  }

  /** @param {string} entity */
  async #join(entity) {
    const off = SyncManager.on(`${entity}:changed`, (_event, { events }) => this.#changed(entity, events));
    this.#followed.set(entity, () => (off(), SyncManager.leaveRoom(entity)));
    const position = await this.#counters.learn(entity).catch(() => null);
    this.#draw();
    if (this.#followed.has(entity)) SyncManager.joinRoom(entity, { position });
    return position;
  }

  /** @param {string} entity @param {import("../core/wire.js").SyncEvent[]} events */
  async #changed(entity, events) {
    const real = events.filter((event) => !event.synthetic);
    for (const { soft, seq } of real) {
      if (!soft) this.#hour?.note(entity, seq);
    }
    this.#hear(entity, real);
    const position = await this.#counters.learn(entity);
    if (events.some((event) => event.synthetic)) await Promise.all([this.learnActivity(), this.#anew()]);
    this.#draw();
    return position;
  }
}

/** @param {import("../core/wire.js").Position[]} positions */
const oldest = ([first, ...others]) => (others.every(({ epoch }) => epoch === first?.epoch) ? others.reduce((least, position) => (position.seq < least.seq ? position : least), first ?? null) : null);
