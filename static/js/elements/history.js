/**
 * What became of one record: who changed which field from what to what, newest first, live while it is open.
 *
 * An older value can be put into the form; saving it is an edit like any other.
 *
 * @typedef {import("./fields.js").FieldSpec} FieldSpec
 *
 * @typedef {object} Change         as `GET /api/audit` tells it
 * @property {number} seq           ms since 1970
 * @property {string} reason
 * @property {{name: string}|null} actor
 * @property {number} rev
 * @property {Record<string, Values>|null} changes   null: what it was before is not known
 *
 * @typedef {{from: any, to: any, from_name?: string|null, to_name?: string|null}} Values   with names, where they refer to other records
 */
import { html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { same } from "../core/draft.js";
import { formatAgo, formatDate } from "../core/format.js";
import { explain, label, t, word } from "../core/words.js";
import { icon } from "./icon.js";
import { shown } from "./value.js";

const PAGE = 20;
/** Characters of a value that are shown; the whole is in its title. */
const VALUE_MAX = 200;
/** And of one on a button. */
const NAME_MAX = 24;

export class History {
  open = false;
  /** @type {Change[]} */ items = [];
  /** Where the older ones begin; null: there are none. @type {number|null} */ #next = null;
  #loaded = false;
  /** @type {any} */ #error = null;
  #looks = 0;
  #ports;

  /**
   * @param {string} entity @param {string} id
   * @param {{request: import("../core/store.js").Request, fields: FieldSpec[], nameOf: (entity: string, id: string) => string,
   *   onChange: () => void, put: ((name: string, value: any) => void)|null}} ports `put`: an older value into the form; null: not now
   */
  constructor(entity, id, ports) {
    this.entity = entity;
    this.id = id;
    this.#ports = ports;
  }

  toggle() {
    this.open = !this.open;
    if (this.open) this.look();
    this.#ports.onChange();
  }

  /** The newest, and with it whatever came since. */
  async look() {
    if (!this.open) return;
    const look = ++this.#looks;
    try {
      const { items, next } = await this.#page();
      if (look !== this.#looks) return; // a newer look is under way
      const oldest = items.at(-1)?.seq ?? 0;
      const older = this.items.filter(({ seq }) => seq < oldest);
      if (older.length === 0) this.#next = next;
      this.items = [...items, ...older];
      this.#loaded = true;
      this.#error = null;
    } catch (error) {
      this.#error = error;
    }
    this.#ports.onChange();
  }

  /** Older ones. */
  async more() {
    try {
      const { items, next } = await this.#page(this.#next);
      this.items = [...this.items, ...items.filter(({ seq }) => !this.items.some((item) => item.seq === seq))];
      this.#next = next;
      this.#error = null;
    } catch (error) {
      this.#error = error;
    }
    this.#ports.onChange();
  }

  /** @param {number|null} [before] @returns {Promise<{items: Change[], next: number|null}>} */
  async #page(before = null) {
    const query = new URLSearchParams({ entity: this.entity, id: this.id, limit: String(PAGE) });
    if (before !== null) query.set("before", String(before));
    return (await this.#ports.request("GET", `/api/audit?${query}`)).data;
  }

  template() {
    if (!this.open) return nothing;
    return html`
      <section class="history" aria-labelledby="history-title">
        <h3 id="history-title">${t("history.title")}</h3>
        ${this.#error ? html`<p class="banner banner-bad" role="alert">${icon("exclamation-triangle")}<span>${explain(this.#error)}</span>
          <button type="button" class="btn btn-sm btn-plain" @click=${() => this.look()}>${t("action.retry")}</button></p>` : nothing}
        ${this.#loaded && this.items.length === 0 ? html`<p class="by">${t("feed.empty")}</p>` : nothing}
        <ol>${repeat(this.items, ({ seq }) => seq, (item) => this.#item(item))}</ol>
        ${this.#next !== null ? html`<button type="button" class="btn btn-sm btn-plain" data-more @click=${() => this.more()}>${t("history.more")}</button>` : nothing}
      </section>`;
  }

  /** @param {Change} item */
  #item({ seq, actor, reason, rev, changes }) {
    return html`
      <li data-seq=${seq}>
        <div class="history-head"><b>${actor?.name ?? t("form.system")}</b> ${word("feed", reason)}
          <time datetime=${new Date(seq).toISOString()} title=${formatDate(seq, "full")}>${formatAgo(seq)}</time>
          <span class="rev">${t("form.rev", { rev: String(rev) })}</span></div>
        ${changes === null && reason !== "deleted" ? html`<p class="by">${t("history.unknown")}</p>` : nothing}
        <ul>${this.#told(reason, changes).map(([field, values]) => this.#field(field, values, reason === "added"))}</ul>
      </li>`;
  }

  /** Fields of the form, and of a new record those that were filled. @param {string} reason @param {Change["changes"]} changes @returns {[FieldSpec, Values][]} */
  #told(reason, changes) {
    const told = this.#ports.fields.filter(({ name }) => changes && name in changes && reason !== "deleted");
    return told.map((field) => /** @type {[FieldSpec, Values]} */ ([field, changes?.[field.name]])).filter(([, { to }]) => reason !== "added" || !same(to, null));
  }

  /** @param {FieldSpec} field @param {Values} values @param {boolean} first */
  #field(field, { from, to, from_name, to_name }, first) {
    const words = (/** @type {any} */ value, /** @type {string|null|undefined} */ name) => name ?? shown(field, value, this.#ports.nameOf);
    const [before, after] = [words(from, from_name), words(to, to_name)];
    const { put } = this.#ports;
    return html`
      <li data-changed=${field.name}><span class="history-field">${label(this.entity, field.name)}:</span>
        ${first ? nothing : html`<del title=${before}>${short(before, VALUE_MAX)}</del> <span aria-hidden="true">→</span>`} <ins title=${after}>${short(after, VALUE_MAX)}</ins>
        ${put && !first ? html`<button type="button" class="btn btn-sm btn-plain" title=${t("history.put_hint")} @click=${() => put(field.name, from)}>
          ${t("history.put", { value: short(before, NAME_MAX) })}</button>` : nothing}</li>`;
  }
}

/** @param {string} text @param {number} max */
const short = (text, max) => (text.length > max ? `${text.slice(0, max - 1)}…` : text);
