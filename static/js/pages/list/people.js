/**
 * Who is here: who looks at the records of a list or edits them, and who of the users is on line.
 *
 * A page that looks at the list says so too. Presence is advice: where it is not to be had, the column is empty.
 */
import { SyncManager } from "../../sync.js";

/** Presence of all entities is asked for this often, and only where it is shown and looked at. */
const ONLINE_MS = 30_000;
const NOBODY = Object.freeze(/** @type {any[]} */ ([]));

export class People {
  #roster;
  #draw;
  /** Ids of users who have a page open. @type {Set<string>} */ #online = new Set();

  /** @param {string} entity @param {() => void} draw */
  constructor(entity, draw) {
    this.#draw = draw;
    this.#roster = SyncManager.roster(entity);
    this.#roster.subscribe(draw);
    SyncManager.presence(entity, "*").set({ mode: "view" });
  }

  /** @param {string} id of a record @returns {readonly any[]} */
  at(id) {
    return this.#roster.entries.get(id) ?? NOBODY;
  }

  /** @param {string} id of a user */
  isOnline(id) {
    return this.#online.has(id);
  }

  /** Learns who is on line, now and again. */
  async followOnline() {
    if (document.visibilityState === "visible") await this.#learn().catch(() => {}); // advice: the next time, perhaps
    setTimeout(() => this.followOnline(), ONLINE_MS);
  }

  async #learn() {
    const { data } = await SyncManager.request("GET", "/api/presence");
    this.#online = new Set(data.items.map((/** @type {any} */ entry) => entry.user.id));
    this.#draw();
  }
}
