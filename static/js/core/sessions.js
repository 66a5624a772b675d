/**
 * Sessions: who is signed in where. One that is ended goes from the list at once, and comes back if the server says no. No DOM.
 *
 * @typedef {{id: string, user: {id: string, login: string, name: string}, created_at: any, seen_at: any, expires_at: any, address: string, agent: string, current: boolean}} Session
 */

export class Sessions {
  /** @type {Session[]} */ #all = [];
  /** Ids whose end is under way or done. @type {Set<string>} */ #ended = new Set();
  #request;
  #onChange;

  /** @param {import("./store.js").Request} request @param {() => void} onChange */
  constructor(request, onChange) {
    this.#request = request;
    this.#onChange = onChange;
    this.loaded = false;
  }

  /** The current one first, then who was seen last. @param {string} [user] only this person's @returns {Session[]} */
  list(user) {
    const shown = this.#all.filter((session) => !this.#ended.has(session.id) && (!user || session.user.id === user));
    return shown.sort((a, b) => Number(b.current) - Number(a.current) || ms(b.seen_at ?? b.created_at) - ms(a.seen_at ?? a.created_at));
  }

  async learn() {
    const { data } = await this.#request("GET", "/api/sessions");
    this.#all = data.items;
    this.loaded = true;
    for (const id of this.#ended) if (!this.#all.some((session) => session.id === id)) this.#ended.delete(id);
    this.#onChange();
  }

  /** Signs it out. Rejects where the server refuses; the session stands again then. @param {Session} session */
  async end({ id }) {
    this.#ended.add(id);
    this.#onChange();
    try {
      await this.#request("DELETE", `/api/sessions/${encodeURIComponent(id)}`);
    } catch (error) {
      const gone = /** @type {any} */ (error).status === 404; // ended by somebody else: as wished
      if (gone) return;
      this.#ended.delete(id);
      this.#onChange();
      throw error;
    }
  }
}

/** @param {any} time */
const ms = (time) => new Date(time).getTime();
