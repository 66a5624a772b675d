/**
 * `<notice-list>`: what a person was told, the newest first, with what can be done about it.
 *
 * `store` is a NoticeStore, `tab` one of its tabs; `wide` on a page of its own, narrow in the panel of `<notification-center>`. Whatever a
 * notice says is shown as text. Pressing one marks it as read and leads to what it is about; before that `notification-click` goes up,
 * and whoever cancels it leads elsewhere. What the server refused goes up as `notice-failure {error, again}`.
 *
 * @typedef {import("../core/notice.js").Notice} Notice
 */
import { LitElement, css, html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { hrefOf, isCritical, progressOf, sourceOf, statusOf } from "../core/notice.js";
import { shape } from "./center/icons.js";
import { looks } from "./center/looks.js";
import { wordsOf } from "./center/words.js";

/** Relative times grow old in steps of this. */
const TICK_MS = 30_000;
const SIGNS = { success: "✓", info: "i", warning: "!", error: "✕" };

export class NoticeList extends LitElement {
  /** @override */
  static properties = { store: { attribute: false }, tab: {}, locale: {}, wide: { type: Boolean, reflect: true }, base: { attribute: false } };

  /** @override */
  static styles = [looks, css`
    :host { display: block; color: var(--c-text); font-size: 0.9375rem; overflow-wrap: anywhere; }
    ul { margin: 0; padding: 0; list-style: none; }
    li { position: relative; display: grid; grid-template-columns: 1.5rem minmax(0, 1fr) auto; gap: 0.125rem 0.5rem; padding: 0.625rem 0.75rem; border-bottom: 1px solid var(--c-edge); border-inline-start: 3px solid transparent; }
    li:last-child { border-bottom: 0; }
    li.unread { border-inline-start-color: var(--c-accent); }
    li.unread .text { font-weight: 620; }
    .sign { font-weight: 700; text-align: center; color: var(--c-accent); line-height: 1.5; }
    .success .sign, .success .status { color: var(--c-ok); }
    .warning .sign, .warning .status { color: var(--c-warn); }
    .error .sign, .error .status { color: var(--c-bad); }
    .text { display: inline; min-height: 0; padding: 0; border: 0; background: none; color: inherit; font-size: inherit; text-align: start; text-decoration: none; line-height: 1.5; }
    button.text { display: inline-block; min-height: 1.5rem; }
    .text:hover { text-decoration: underline; background: none; }
    .about { grid-column: 2 / -1; display: flex; flex-wrap: wrap; gap: 0 0.5rem; align-items: center; color: var(--c-quiet); font-size: 0.8125rem; }
    .status { font-weight: 600; }
    .source { color: var(--c-text); }
    progress { grid-column: 2 / -1; width: 100%; height: 0.5rem; accent-color: var(--c-accent); }
    .doing { display: flex; gap: 0.25rem; align-self: start; }
    .doing button { padding-inline: 0.25rem; border-color: transparent; }
    .doing button:hover { border-color: var(--c-field); }
    :host([wide]) ul { overflow: hidden; border: 1px solid var(--c-edge); border-radius: 0.75rem; background: var(--c-surface); }
    :host([wide]) .doing button { padding-inline: 0.5rem; border-color: var(--c-field); }
    :host(:not([wide])) .doing .word { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
    @media (max-width: 36rem) { .doing .word { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); } }
    p { margin: 0; padding: 1.25rem 0.875rem; color: var(--c-quiet); }
    .failed { color: var(--c-text); border-inline-start: 3px solid var(--c-bad); }
    .older { display: flex; justify-content: center; padding: 0.625rem; }
  `];

  constructor() {
    super();
    /** @type {import("../core/notices.js").NoticeStore|null} */ this.store = null;
    /** @type {import("../core/notice.js").Tab} */ this.tab = "all";
    /** @type {string|null} */ this.locale = null;
    this.wide = false;
    /** Where the pages are that notices lead to: another host's origin, or nothing. */ this.base = "";
    /** @type {(() => void)[]} */ this.offs = [];
  }

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    const timer = setInterval(() => this.requestUpdate(), TICK_MS);
    this.offs = [() => clearInterval(timer)];
    if (this.hasUpdated) this.watch();
  }

  /** @override */
  disconnectedCallback() {
    super.disconnectedCallback();
    for (const off of [...this.offs.splice(0), this.unwatch]) off();
    this.unwatch = () => {};
  }

  /** @override @param {Map<string, any>} changed */
  updated(changed) {
    if (changed.has("store") || changed.has("tab")) this.watch();
  }

  unwatch = () => {};

  /** Looks at the tab that is shown, and no longer at the former one. */
  watch() {
    this.unwatch();
    const offs = this.store ? [this.store.subscribe(() => this.requestUpdate()), this.store.open(this.tab)] : [];
    this.unwatch = () => offs.forEach((off) => off());
  }

  /** @override */
  render() {
    if (!this.store) return nothing;
    const words = wordsOf(this.locale);
    const { items, more, loaded, loading, error } = this.store.list(this.tab);
    return html`
      ${error ? html`<p class="failed" role="alert">${words.say("failed")} <button @click=${this.older}>${words.say("again")}</button></p>` : nothing}
      ${items.length > 0 ? html`<ul>${repeat(items, ({ id }) => id, (notice) => this.item(notice, words))}</ul>` : nothing}
      ${items.length === 0 && !error ? html`<p class="empty" tabindex="-1">${words.say(loaded ? (`empty.${this.tab === "all" && !this.store.canArchive ? "new" : this.tab}`) : "loading")}</p>` : nothing}
      ${more && !error ? html`<div class="older"><button ?disabled=${loading} @click=${this.older}>${words.say("older")}</button></div>` : nothing}`;
  }

  /** @param {Notice} notice @param {import("./center/words.js").Words} words */
  item(notice, words) {
    const status = statusOf(notice);
    const { id, read, timestamp, count = 1 } = notice;
    const percent = progressOf(notice);
    const source = sourceOf(notice);
    const loud = status === "error" || status === "warning";
    return html`<li part="item" class="${status} ${read ? "" : "unread"}" data-id=${id}>
      <span class="sign" aria-hidden="true">${SIGNS[status]}</span>
      <div>${read ? nothing : html`<span class="hidden">${words.say("unread")}.</span>`}${this.lead(notice, words)}</div>
      ${this.doing(notice, words)}
      ${percent === null ? nothing : html`<progress max="100" .value=${percent} aria-label=${words.say("progress", { percent })}></progress>`}
      <div class="about">
        ${loud ? html`<span class="status">${words.say(isCritical(notice) ? "status.critical" : `status.${status}`)}</span>` : nothing}
        <span>${words.kind(notice)}</span>
        ${source ? html`<span class="source">${source}</span>` : nothing}
        ${count > 1 ? html`<span title=${words.say("times", { times: count })}>×${count}</span>` : nothing}
        ${percent === null ? nothing : html`<span>${percent} %</span>`}
        <time datetime=${timestamp} title=${words.date(timestamp)}>${words.ago(timestamp)}</time>
      </div></li>`;
  }

  /** Its sentence, which leads to what it is about. @param {Notice} notice @param {import("./center/words.js").Words} words */
  lead(notice, words) {
    const href = hrefOf(notice);
    const follow = (/** @type {Event} */ event) => this.follow(event, notice);
    return href
      ? html`<a class="text" data-theirs href=${this.base + href} @click=${follow}>${words.text(notice)}</a>`
      : html`<button class="text" data-theirs @click=${follow}>${words.text(notice)}</button>`;
  }

  /** @param {Notice} notice @param {import("./center/words.js").Words} words */
  doing({ id, read, archived }, words) {
    const button = (/** @type {"check"|"archive"} */ icon, /** @type {"read"|"archive"} */ word, /** @type {() => Promise<void>} */ run) => html`
      <button data-do=${word} title=${words.say(word)} @click=${(/** @type {Event} */ event) => this.act(event, run)}>${shape(icon)}<span class="word">${words.say(word)}</span></button>`;
    return html`<div class="doing">
      ${read ? nothing : button("check", "read", async () => this.store?.read(id))}
      ${archived || !this.store?.canArchive ? nothing : button("archive", "archive", async () => this.store?.archive(id))}</div>`;
  }

  /** What was done takes its button away, or the whole row: the focus stays near. @param {Event} event @param {() => Promise<void>} run */
  async act(event, run) {
    const row = /** @type {HTMLElement} */ (event.currentTarget).closest("li");
    const at = [...(row?.parentElement?.children ?? [])].indexOf(/** @type {Element} */ (row));
    this.try(run);
    await this.updateComplete;
    if (/** @type {ShadowRoot} */ (this.renderRoot).activeElement) return;
    const rows = this.renderRoot.querySelectorAll("li");
    const heir = row?.isConnected ? row : rows[Math.min(at, rows.length - 1)];
    /** @type {HTMLElement|null} */ (heir?.querySelector(".text") ?? this.renderRoot.querySelector(".empty"))?.focus();
  }

  /** @param {Event} event @param {Notice} notice */
  follow(event, notice) {
    const goes = this.dispatchEvent(new CustomEvent("notification-click", { detail: notice, bubbles: true, composed: true, cancelable: true }));
    if (!goes) event.preventDefault();
    this.try(async () => this.store?.read(notice.id));
  }

  older() {
    this.store?.more(this.tab).catch(() => {}); // the list shows its failure
  }

  /** @param {() => Promise<void>} run */
  async try(run) {
    try {
      await run();
    } catch (error) {
      this.dispatchEvent(new CustomEvent("notice-failure", { detail: { error, again: () => this.try(run) }, bubbles: true, composed: true }));
    }
  }
}

customElements.define("notice-list", NoticeList);
