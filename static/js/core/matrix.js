/**
 * Which group may do what, edited one right at a time.
 *
 * What is shown is what the server has with the clicks under way on top: a click holds at once, and one that is refused is simply no
 * longer there. Clicks on one group go one after the other, each on the revision that the one before made. Where somebody else has
 * changed the group meanwhile, the same click is made on his version: one right more or less never conflicts with another. No DOM.
 *
 * @typedef {{id: string, name: string, rev: number, permissions: string[], users?: number, updated_by?: any}} Group
 * @typedef {{id: string, right: string, on: boolean}} Click
 */

/** Somebody else may be quicker twice; more often is no accident. */
const TRIES = 3;

export class Matrix {
  /** As the server has them, in the order of the list. @type {Map<string, Group>} */ #saved = new Map();
  /** @type {Click[]} */ #clicks = [];
  /** @type {Map<string, Promise<any>>} group → its last turn */ #turns = new Map();
  #request;
  #onChange;

  /** @param {import("./store.js").Request} request @param {() => void} onChange */
  constructor(request, onChange) {
    this.#request = request;
    this.#onChange = onChange;
  }

  /** As they are to be shown. @returns {Group[]} */
  get groups() {
    return [...this.#saved.values()].map((group) => this.#clicks.filter(({ id }) => id === group.id).reduce(clicked, group));
  }

  /** @param {string} id @param {string} right @returns {boolean} whether a change of this cell is under way */
  pending(id, right) {
    return this.#clicks.some((click) => click.id === id && click.right === right);
  }

  /** All groups, as a list brought them; an older revision replaces no newer one. @param {Group[]} groups */
  put(groups) {
    this.#saved = new Map(groups.map((group) => [group.id, newer(this.#saved.get(group.id), group)]));
    this.#onChange();
  }

  /**
   * Gives or takes a right.
   * @param {string} id @param {string} right @param {boolean} on
   * @returns {Promise<Group|null>} the version of somebody else that the change was put on, null where there was none; rejects where
   *   the server refuses
   */
  async set(id, right, on) {
    const click = { id, right, on };
    this.#clicks.push(click);
    this.#onChange();
    const turn = (this.#turns.get(id) ?? Promise.resolve()).catch(() => {}).then(() => this.#send(click));
    this.#turns.set(id, turn);
    try {
      return await turn;
    } finally {
      this.#clicks = this.#clicks.filter((other) => other !== click);
      if (this.#turns.get(id) === turn) this.#turns.delete(id);
      this.#onChange();
    }
  }

  /** @param {Click} click @returns {Promise<Group|null>} */
  async #send(click) {
    let merged = null;
    for (let tries = 1; ; tries += 1) {
      const base = /** @type {Group} */ (this.#saved.get(click.id));
      try {
        const { permissions } = clicked(base, click);
        const { data } = await this.#request("PATCH", `/api/groups/${click.id}`, { permissions }, { ifMatch: base.rev });
        this.#saved.set(click.id, { ...base, ...data });
        return merged;
      } catch (error) {
        const { status, current } = /** @type {any} */ (error);
        if (current) this.#saved.set(click.id, { ...base, ...current });
        if (status !== 412 || !current || tries === TRIES) throw error;
        merged = current;
      }
    }
  }
}

/** @param {Group|undefined} known @param {Group} row */
const newer = (known, row) => (known && known.rev > row.rev ? { ...row, rev: known.rev, permissions: known.permissions } : row);

/** @param {Group} group @param {Click} click @returns {Group} */
const clicked = (group, { right, on }) => {
  const others = group.permissions.filter((name) => name !== right);
  return { ...group, permissions: on ? [...others, right] : others };
};

/** How a group comes by a right. @param {Group} group @param {string} right @returns {"given"|"implied"|"none"} */
export function standing({ permissions }, right) {
  if (permissions.includes(right)) return "given";
  const implied = permissions.includes("admin") || (right.endsWith(".view") && permissions.includes(right.replace(/view$/, "edit")));
  return implied ? "implied" : "none";
}

/**
 * The group without which nobody would be administrator any more; null while there are two.
 * @param {Group[]} groups @param {{group_id: string, enabled: boolean}[]} users @returns {string|null}
 */
export function lastAdmins(groups, users) {
  const manned = groups.filter(({ id, permissions }) => permissions.includes("admin") && users.some((user) => user.group_id === id && user.enabled));
  return manned.length === 1 ? manned[0].id : null;
}
