/**
 * Company at one record: who else views or edits it, and whose it is to edit where records are locked.
 *
 * Begins when the record is opened, tells the others from the first input on which field is being edited, ends when it is closed.
 *
 * @typedef {import("../core/roster.js").Person} Person
 */
import { clock } from "../core/clock.js";
import { serverNow } from "../core/format.js";
import { Lock } from "../core/lock.js";
import { SyncManager } from "../sync.js";

export class Company {
  /** The others. @type {Person[]} */ people = [];
  /** @type {Lock|null} */ lock = null;
  /** The person has begun to edit. */ #editing = false;
  /** @type {(() => void)[]} */ #offs = [];
  #presence;

  /** @param {string} entity @param {string} id @param {{locked: boolean, onChange: () => void}} options `locked`: editing wants the lock */
  constructor(entity, id, { locked, onChange }) {
    this.#presence = SyncManager.presence(entity, id);
    this.#presence.set({ mode: "view" });
    this.#offs.push(this.#presence.subscribe((people) => ((this.people = people), onChange())));
    if (locked) this.#watchLock(`/api/${entity}/${encodeURIComponent(id)}/lock`, id, onChange);
  }

  /** Somebody else has the lock: nothing may be typed. */
  get blocked() {
    return this.lock?.blocked ?? false;
  }

  /** The person types. @param {string} field */
  typing(field) {
    this.#editing = true;
    this.#presence.set({ mode: "edit", field });
    this.lock?.begin();
  }

  /** The focus moves. @param {string} field */
  moved(field) {
    if (this.#editing && !this.blocked) this.#presence.set({ mode: "edit", field });
  }

  /** Who may not type is seen to look on. */
  #unlessBlocked() {
    if (!this.blocked || !this.#editing) return;
    this.#editing = false;
    this.#presence.set({ mode: "view" });
  }

  /** Those who edit a field. @param {string} name */
  at(name) {
    return this.people.filter(({ mode, field }) => mode === "edit" && field === name);
  }

  /** The record is closed. @returns {Promise<void>} when the lock is given back, so that it is not given back after the next opening took it */
  async end() {
    this.#presence.leave();
    for (const off of this.#offs.splice(0)) off();
    await this.lock?.end();
  }

  /** @param {string} url @param {string} id @param {() => void} onChange */
  #watchLock(url, id, onChange) {
    const request = SyncManager.request.bind(SyncManager);
    const lock = new Lock(url, { request, client: SyncManager.http.clientId, now: serverNow, onChange: () => (this.#unlessBlocked(), onChange()) }, clock);
    const hear = (/** @type {import("../core/wire.js").SyncEvent[]} */ events) => {
      for (const event of events) {
        if (event.synthetic || event.id === "*") lock.look();
        else if (event.id === id) lock.hear(event);
      }
    };
    this.#offs.push(SyncManager.on("locks:changed", /** @type {any} */ (hear), { debounce: 0, batch: true }));
    // The socket that goes with the page tells the others of presence; the lock is not tied to it.
    this.#offs.push(listen("pagehide", () => lock.end({ keepalive: true })));
    this.#offs.push(listen("pageshow", (event) => event.persisted && lock.resume()));
    this.lock = lock;
    lock.look();
  }
}

/** @param {"pagehide"|"pageshow"} name @param {(event: PageTransitionEvent) => void} fn @returns {() => void} off */
function listen(name, fn) {
  addEventListener(name, fn);
  return () => removeEventListener(name, fn);
}
