/** How a list looks to this person in this browser: which columns, how dense, at which pace. Remembered by entity. */
import { recall, remember } from "../../core/remember.js";

export class Looks {
  #name;
  #values;

  /** @param {string} entity */
  constructor(entity) {
    this.#name = `list.${entity}`;
    this.#values = { hidden: /** @type {string[]} */ ([]), dense: false, manual: false, ...recall(this.#name) };
  }

  get dense() {
    return Boolean(this.#values.dense);
  }

  set dense(dense) {
    this.#keep({ dense });
  }

  get manual() {
    return Boolean(this.#values.manual);
  }

  set manual(manual) {
    this.#keep({ manual });
  }

  /** The first column opens the record and is always there. @template {{name: string}} C @param {C[]} columns @returns {C[]} */
  columns(columns) {
    const hidden = Array.isArray(this.#values.hidden) ? this.#values.hidden : [];
    return columns.filter(({ name }, n) => n === 0 || !hidden.includes(name));
  }

  /** @param {string} name @param {boolean} shown */
  show(name, shown) {
    const others = this.#values.hidden.filter((hidden) => hidden !== name);
    this.#keep({ hidden: shown ? others : [...others, name] });
  }

  /** @param {Partial<{hidden: string[], dense: boolean, manual: boolean}>} values */
  #keep(values) {
    this.#values = { ...this.#values, ...values };
    remember(this.#name, this.#values);
  }
}
