/**
 * What the records of other entities are called: what selects offer, and the names of those that they offer no more.
 *
 * @typedef {import("../core/refs.js").Choice} Choice
 */
import { choices } from "../core/refs.js";

export class Names {
  /** Entity → what can be chosen. @type {Record<string, Choice[]>} */ choices = {};
  /** `entity id` → name, of all that was ever heard. @type {Map<string, string>} */ #known = new Map();
  #request;

  /** @param {import("../core/store.js").Request} request */
  constructor(request) {
    this.#request = request;
  }

  /** Asks again what there is: names may have changed. What cannot be asked stays as it was. @param {Iterable<string>} entities */
  async learn(entities) {
    await Promise.all([...entities].map(async (entity) => {
      this.choices[entity] = await choices(this.#request, entity).catch(() => this.choices[entity] ?? []);
      for (const { id, name } of this.choices[entity]) this.#known.set(`${entity} ${id}`, name);
    }));
  }

  /** A row tells the names of what it refers to, such as `category_name`. @param {import("./fields.js").FieldSpec[]} fields @param {Record<string, any>} row */
  read(fields, row) {
    for (const { name, kind, choices: entity } of fields) {
      const known = kind === "select" && row[name] ? row[name.replace(/_id$/, "_name")] : null;
      if (known) this.#known.set(`${entity} ${row[name]}`, known);
    }
  }

  /** A record's name, or its id where nobody told. */
  of = (/** @type {string} */ entity, /** @type {string} */ id) => this.#known.get(`${entity} ${id}`) ?? `#${id}`;

  /** What a select must offer: all that can be chosen, and what the form holds besides. @param {string} entity @param {Iterable<string>} held @returns {Choice[]} */
  offered(entity, held) {
    const all = this.choices[entity] ?? [];
    const missing = [...held].filter((id) => id && !all.some((choice) => choice.id === id));
    return [...all, ...missing.map((id) => ({ id, name: this.of(entity, id) }))];
  }
}
