/** The last hour of each room, as a line and a number. Loaded after the counts: they come first. */
import { html } from "lit";
import { Activity } from "../core/activity.js";
import { serverNow } from "../core/format.js";
import { t } from "../core/words.js";
import "./spark-line.js";

/** In steps of two minutes. */
const ADDRESS = "/api/activity?minutes=60&buckets=30";

export class Hour {
  #activity = new Activity();
  #request;

  /** @param {import("../core/store.js").Request} request */
  constructor(request) {
    this.#request = request;
  }

  async learn() {
    const { data } = await this.#request("GET", ADDRESS);
    this.#activity.load(data, data.seq);
  }

  /** A direct event that was heard. @param {string} entity @param {number} seq */
  note(entity, seq) {
    this.#activity.note(entity, seq);
  }

  /** @param {string} entity */
  template(entity) {
    if (!this.#activity.loaded) return "";
    const now = serverNow();
    const total = this.#activity.total(entity, now);
    return html`<span class="tile-hour">
      <spark-line .values=${this.#activity.series(entity, now)} label=${t("tile.hour", { count: total })}></spark-line>
      <span class="tile-rate" data-rate=${total} aria-hidden="true">${t("tile.rate", { count: total })}</span></span>`;
  }
}
