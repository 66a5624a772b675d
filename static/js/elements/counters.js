/** How many there are of each entity, kept current. */
import { html, nothing } from "lit";
import { formatNumber } from "../core/format.js";
import { t } from "../core/words.js";
import { icon } from "./icon.js";

const ICONS = {
  files: icon("file-earmark-text"), users: icon("person"), groups: icon("people"), categories: icon("diagram-3"), registrators: icon("inboxes"),
};

export class Counters {
  /** @type {Record<string, number>} */ totals = {};
  #request;

  /** @param {readonly string[]} entities @param {import("../core/store.js").Request} request */
  constructor(entities, request) {
    this.entities = entities;
    this.#request = request;
  }

  /** @param {string} entity @returns {Promise<import("../core/wire.js").Position|null>} */
  async learn(entity) {
    const { data, position } = await this.#request("GET", `/api/${entity}?per_page=1`);
    this.totals[entity] = data.total;
    return position;
  }

  /** @param {(entity: string) => unknown} below what each tile says below its count @param {Record<string, unknown>} notes entity → what it says beside it */
  template(below, notes) {
    return html`<div class="tiles">${this.entities.map((entity) => html`
      <a class="tile" href="/${entity}" data-tile=${entity}>
        <span class="tile-name">${ICONS[/** @type {keyof typeof ICONS} */ (entity)]} ${t(`page.${entity}`)}</span>
        <span class="tile-line">
          <span class="tile-count">${entity in this.totals ? formatNumber(this.totals[entity]) : "…"}</span>
          ${notes[entity] ? html`<span class="tile-note">${notes[entity]}</span>` : nothing}
        </span>
        <span class="tile-below">${below(entity)}</span>
      </a>`)}</div>`;
  }
}
