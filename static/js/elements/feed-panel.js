/**
 * The feed as a panel: live or paused, narrowed to an entity or a person, older on demand.
 *
 * Whoever has scrolled down reads: news waits above and is counted, and nothing moves under the eyes. The view is in the address
 * (`?entity=files&person=3`).
 */
import { html, nothing } from "lit";
import { FEED_MAX } from "../core/feed.js";
import { may, visible } from "../core/rights.js";
import { t } from "../core/words.js";
import { Feed, feedView } from "./board.js";
import { icon } from "./icon.js";

/** Lines that the page begins with, and that are added by each "show more". */
const PAGE = 50;
/** Further down than this somebody reads, px. */
const READING_PX = 24;

export class FeedPanel {
  #request;
  #user;
  #draw;
  #feed;
  #paused = false;
  #reading = false;
  /** Whether there may be older ones. */ #more = true;
  #busy = false;
  /** @type {import("../core/feed.js").Filter} */ #filter;

  /** @param {import("../core/rights.js").User} user @param {import("../core/store.js").Request} request @param {() => void} draw */
  constructor(user, request, draw) {
    this.#user = user;
    this.#request = request;
    this.#draw = draw;
    this.#feed = new Feed({ sees: (entity) => may(user, `${entity}.view`) });
    const params = new URLSearchParams(location.search);
    this.#filter = { entity: params.get("entity") ?? "", person: params.get("person") ?? "" };
  }

  /** What the page hears. @param {import("../core/wire.js").SyncEvent[]} events */
  take(events) {
    this.#feed.take(events);
    this.#draw();
  }

  /** The newest changes, as the server keeps them. */
  async learn() {
    const { data } = await this.#request("GET", `/api/changes?limit=${PAGE}`);
    this.#feed.take(data.items);
    if (data.items.length < PAGE) this.#more = false;
    this.#draw();
  }

  template() {
    const lines = this.#feed.shown(this.#filter);
    const waiting = this.#feed.waiting(this.#filter);
    return html`
      <section class="panel feed-panel" aria-labelledby="feed-title">
        <div class="panel-head">
          <h2 id="feed-title">${t("index.feed")}</h2>
          ${this.#selects()}
          <button type="button" class="btn btn-sm btn-plain" data-pause aria-pressed=${String(this.#paused)} @click=${() => this.#pause(!this.#paused)}>
            ${this.#paused ? html`${icon("play-fill")} ${t("feed.resume")}` : html`${icon("pause-fill")} ${t("feed.pause")}`}</button>
          <span class="state feed-state" data-feed-state=${this.#paused ? "paused" : "live"}>
            ${this.#paused ? icon("pause-circle") : icon("broadcast")} ${t(this.#paused ? "feed.paused" : "feed.live")}</span>
        </div>
        <div class="feed-news">${waiting > 0 ? html`<button type="button" class="btn btn-sm btn-primary" data-news @click=${(/** @type {Event} */ event) => this.#show(event)}>${icon("arrow-up")} ${t("feed.news", { count: waiting })}${waiting >= FEED_MAX ? "+" : ""}</button>` : nothing}</div>
        <div class="feed-scroll" tabindex="0" role="region" aria-labelledby="feed-title" @scroll=${(/** @type {any} */ event) => this.#scrolled(event.target)}>
          ${feedView(lines, { empty: t(this.#narrowed ? "feed.nothing" : "feed.empty") })}
          ${this.#older()}
        </div>
      </section>`;
  }

  get #narrowed() {
    return Boolean(this.#filter.entity || this.#filter.person);
  }

  #selects() {
    const { entity, person } = this.#filter;
    return html`
      <select class="form-select form-select-sm filter" data-feed-entity aria-label=${t("feed.by_entity")} @change=${(/** @type {any} */ event) => this.#narrow({ entity: event.target.value })}>
        <option value="" ?selected=${!entity}>${t("feed.all_entities")}</option>
        ${visible(this.#user).map((name) => html`<option value=${name} ?selected=${entity === name}>${t(`page.${name}`)}</option>`)}
      </select>
      <select class="form-select form-select-sm filter" data-feed-person aria-label=${t("feed.by_person")} @change=${(/** @type {any} */ event) => this.#narrow({ person: event.target.value })}>
        <option value="" ?selected=${!person}>${t("feed.all_persons")}</option>
        <option value="-" ?selected=${person === "-"}>${t("form.system")}</option>
        ${this.#feed.persons.map(({ id, name }) => html`<option value=${id} ?selected=${person === id}>${name}</option>`)}
      </select>`;
  }

  /** The way to older lines, or why there is none. */
  #older() {
    if (this.#feed.full) return html`<p class="by feed-end">${t("feed.full", { count: FEED_MAX })}${may(this.#user, "admin") ? html` <a href="/admin?tab=audit">${t("tab.audit")}</a>` : nothing}</p>`;
    if (!this.#more) return nothing;
    return html`<div class="feed-end"><button type="button" class="btn btn-sm btn-plain" data-older ?disabled=${this.#busy} @click=${() => this.#learnOlder()}>${t("feed.older")}</button></div>`;
  }

  async #learnOlder() {
    this.#busy = true;
    this.#draw();
    try {
      await (may(this.#user, "admin") ? this.#learnAudit() : this.#learnAll());
    } finally {
      this.#busy = false;
      this.#draw();
    }
  }

  /** With the fields that changed, as far back as the ledger goes. */
  async #learnAudit() {
    const { data } = await this.#request("GET", `/api/audit?before=${this.#feed.oldest}&limit=${PAGE}`);
    this.#feed.takeAudit(data.items);
    this.#more = data.next !== null;
  }

  async #learnAll() {
    const { data } = await this.#request("GET", `/api/changes?limit=${FEED_MAX}`);
    this.#feed.take(data.items);
    this.#more = false;
  }

  /** @param {Partial<import("../core/feed.js").Filter>} change */
  #narrow(change) {
    this.#filter = { ...this.#filter, ...change };
    const params = new URLSearchParams(Object.entries(this.#filter).filter(([, value]) => value));
    history.replaceState(null, "", params.size > 0 ? `?${params}` : location.pathname);
    this.#draw();
  }

  /** @param {boolean} paused */
  #pause(paused) {
    this.#paused = paused;
    this.#keep();
  }

  /** @param {HTMLElement} list */
  #scrolled(list) {
    const reading = list.scrollTop > READING_PX;
    if (reading === this.#reading) return;
    this.#reading = reading;
    this.#keep();
  }

  /** News of now, from the top. Paused it stays paused. @param {Event} event */
  #show(event) {
    const list = /** @type {HTMLElement} */ (event.target).closest("section")?.querySelector(".feed-scroll");
    this.#reading = false;
    this.#feed.release();
    this.#keep();
    list?.scrollTo({ top: 0 });
    /** @type {HTMLElement|null|undefined} */ (list)?.focus({ preventScroll: true });
  }

  #keep() {
    if (this.#paused || this.#reading) this.#feed.hold();
    else this.#feed.release();
    this.#draw();
  }
}
