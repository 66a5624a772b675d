/** Who views or edits what just now, as a list with links. */
import { html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { formatAgo } from "../core/format.js";
import { workOf } from "../core/working.js";
import { quoted, t, word } from "../core/words.js";
import { SyncManager } from "../sync.js";

/** Lines shown; of the rest the number. */
const SHOWN_MAX = 20;

export class Working {
  /** @type {Map<string, Map<string, import("../core/working.js").Person[]>>} */ #rosters = new Map();
  /** @type {Map<string, string>} `entity id` → what the record is called */ #names = new Map();
  #draw;

  /** @param {() => void} draw */
  constructor(draw) {
    this.#draw = draw;
  }

  /** Follows an entity whose room the page has joined. @param {string} entity */
  follow(entity) {
    SyncManager.roster(entity).subscribe((entries) => {
      if (entries.size > 0) import("./presence-bar.js"); // with nobody here there is nothing to draw
      this.#rosters.set(entity, entries);
      this.#learnNames(entity, [...entries.keys()]);
      this.#draw();
    });
  }

  /** Events tell the names too. @param {string} entity @param {import("../core/wire.js").SyncEvent[]} events */
  hear(entity, events) {
    for (const { id, data } of events) if (data?.name && this.#names.has(`${entity} ${id}`)) this.#names.set(`${entity} ${id}`, data.name);
  }

  get work() {
    return workOf(this.#rosters);
  }

  template() {
    const { work } = this;
    return html`
      <section class="panel" aria-labelledby="working-title" data-working>
        <h2 id="working-title">${t("working.title")} <span class="count">${work.length > 0 ? work.length : ""}</span></h2>
        ${work.length === 0 ? html`<p class="by">${t("working.nobody")}</p>` : nothing}
        <ul class="working">${repeat(work.slice(0, SHOWN_MAX), ({ entity, id, person }) => `${entity} ${id} ${person.user.id}`, (line) => this.#line(line))}</ul>
        ${work.length > SHOWN_MAX ? html`<p class="by">${t("working.more", { count: work.length - SHOWN_MAX })}</p>` : nothing}
      </section>`;
  }

  /** @param {import("../core/working.js").Work} work */
  #line({ entity, id, person }) {
    const field = person.field ? word("col", person.field) : "";
    return html`<li data-user=${person.user.id}>
      <presence-bar compact entity=${entity} .people=${[person]}></presence-bar>
      <span><b>${person.own ? t("working.own", { name: person.user.name }) : person.user.name}</b> ${t(`working.${person.mode}`)}: ${this.#what(entity, id)}${field ? html` <span class="by">${quoted(field)}</span>` : nothing}</span>
      <span class="by working-since">${formatAgo(person.since)}</span></li>`;
  }

  /** @param {string} entity @param {string} id */
  #what(entity, id) {
    if (id === "*") return html`<a href="/${entity}">${t(`page.${entity}`)}</a>`;
    return html`${t(`one.${entity}`)} <a href="/${entity}?open=${id}">${quoted(this.#names.get(`${entity} ${id}`) || `#${id}`)}</a>`;
  }

  /** One request for all records whose name is not known yet. @param {string} entity @param {string[]} ids */
  async #learnNames(entity, ids) {
    const unknown = ids.filter((id) => id !== "*" && !this.#names.has(`${entity} ${id}`)).slice(0, 100);
    if (unknown.length === 0) return;
    for (const id of unknown) this.#names.set(`${entity} ${id}`, "");
    const answer = await SyncManager.request("GET", `/api/${entity}?ids=${unknown.join(",")}&per_page=${unknown.length}`).catch(() => null);
    for (const row of answer?.data.items ?? []) this.#names.set(`${entity} ${row.id}`, row.name || row.login);
    this.#draw();
  }
}
