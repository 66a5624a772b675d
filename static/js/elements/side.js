/**
 * What runs, who is at work and how the service is: beside the feed, and loaded after it.
 *
 * ```js
 * const side = new Side(user, { draw, complain });
 * side.follow("files");
 * side.start();
 * ```
 */
import { html } from "lit";
import { personsOf } from "../core/working.js";
import { t } from "../core/words.js";
import "./board.js";
import { Health } from "./health.js";
import { icon } from "./icon.js";
import { JobsBar } from "./jobs-bar.js";
import { Working } from "./working.js";

export { mark, part } from "./health.js";
export { Working } from "./working.js";

export class Side {
  #working;
  #health;
  #jobs;

  /** @param {import("../core/rights.js").User} user @param {{draw: () => void, complain: (error: any) => void}} ports */
  constructor(user, { draw, complain }) {
    this.#jobs = new JobsBar(user, { draw, complain });
    this.#working = new Working(draw);
    this.#health = new Health(draw);
  }

  start() {
    this.#health.start();
    this.#jobs.start().catch(() => {}); // without it the page only does not tell what runs
  }

  /** @param {string} entity whose room is joined */
  follow(entity) {
    this.#working.follow(entity);
  }

  /** @param {string} entity @param {import("../core/wire.js").SyncEvent[]} events */
  hear(entity, events) {
    this.#working.hear(entity, events);
  }

  /** How many persons are at work on any page, for a tile; nothing while there is nobody. */
  online() {
    const count = personsOf(this.#working.work);
    return count > 0 ? html`<span class="state state-ready" data-online=${count}>${icon("circle-fill")} ${t("working.online", { count })}</span>` : "";
  }

  template() {
    return html`${this.#jobs.template()}${this.#working.template()}${this.#health.template()}`;
  }
}
