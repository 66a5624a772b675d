/** How many there are of each entity, kept current, and how busy each was in the last hour. */
import { html, nothing } from "lit";
import { formatNumber } from "../core/format.js";
import { t } from "../core/words.js";
import { icon } from "./icon.js";
import "./spark-line.js";

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

  /**
   * @param {object} [more]
   * @param {import("../core/activity.js").Activity} [more.activity]
   * @param {number} [more.now] ms, for the activity
   * @param {Record<string, unknown>} [more.notes] entity → what else is to be said
   */
  template({ activity, now = 0, notes = {} } = {}) {
    return html`<div class="tiles">${this.entities.map((entity) => html`
      <a class="tile" href="/${entity}" data-tile=${entity}>
        <span class="tile-name">${ICONS[/** @type {keyof typeof ICONS} */ (entity)]} ${t(`page.${entity}`)}</span>
        <span class="tile-line">
          <span class="tile-count">${entity in this.totals ? formatNumber(this.totals[entity]) : "…"}</span>
          ${notes[entity] ? html`<span class="tile-note">${notes[entity]}</span>` : nothing}
        </span>
        ${activity?.loaded ? hour(activity, entity, now) : nothing}
      </a>`)}</div>`;
  }
}

/** @param {import("../core/activity.js").Activity} activity @param {string} entity @param {number} now */
function hour(activity, entity, now) {
  const total = activity.total(entity, now);
  return html`<span class="tile-hour">
    <spark-line .values=${activity.series(entity, now)} label=${t("tile.hour", { count: total })}></spark-line>
    <span class="tile-rate" data-rate=${total} aria-hidden="true">${t("tile.rate", { count: total })}</span></span>`;
}
