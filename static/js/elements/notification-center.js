/**
 * `<notification-center>`: a bell with what is unread, a panel with the list, and short messages for what comes.
 *
 * On our pages it draws from the page's shared connection (`source`, a NoticeStore) and speaks through the page's own messages
 * (`toaster`). On a page of somebody else one script is enough: it opens `url` by itself, with a `ticket` where there is no cookie of
 * ours. Its dot is green only while the connection is proved.
 *
 * ```html
 * <script src="https://lockstep.example/static/js/notification-center.js"></script>
 * <notification-center url="wss://lockstep.example/ws/notifications/" position="bottom-right"></notification-center>
 * ```
 *
 * Fires `unread-change`; `notification`: cancel it, and there is no short message; `notification-click` before one leads somewhere:
 * cancel it to lead elsewhere. `page` is the address of a page that has them all.
 *
 * @typedef {import("../core/notice.js").Notice} Notice
 * @typedef {import("../core/notices.js").NoticeStore} NoticeStore
 * @typedef {{show: (message: string, status?: any, options?: import("../core/toasts.js").ToastOptions) => void, dismiss: (key: string) => void, max?: number}} Toaster
 */
import { LitElement, css, html, nothing } from "lit";
import { hrefOf, isCritical, statusOf } from "../core/notice.js";
import { interrupts } from "../core/notice-settings.js";
import { shape } from "./center/icons.js";
import { looks } from "./center/looks.js";
import { panel } from "./center/panel.js";
import { wordsOf } from "./center/words.js";

/** What it takes where the page gives it no source and no toaster; null on our own pages, which always do.
 * @type {{store: (url: string, ticket: (() => string|Promise<string>)|null) => NoticeStore, toasts: typeof import("./center/toasts.js").ownToasts}|null} */
let own = null;

/** @param {NonNullable<typeof own>} parts */
export const standAlone = (parts) => void (own = parts);

/** Between the bell and its panel, and between the panel and the edge of the window, px. */
const GAP = 6;
/** More is only "many". */
const SHOWN_MAX = 99;

export class NotificationCenter extends LitElement {
  /** @override */
  static properties = {
    position: { reflect: true }, maxToasts: { type: Number, attribute: "max-toasts" }, autoHideDuration: { type: Number, attribute: "auto-hide-duration" },
    url: {}, hideBell: { type: Boolean, attribute: "hide-bell" }, locale: {}, muted: { type: Boolean }, page: {},
    source: { attribute: false }, ticket: { attribute: false }, toaster: { attribute: false }, tab: { state: true }, shown: { state: true },
  };

  /** @override */
  static styles = [looks, css`
    :host { display: inline-block; color: var(--c-text); }
    .bell { position: relative; min-width: 2.25rem; min-height: 2rem; }
    .bell .shape { width: 1.0625rem; height: 1.0625rem; }
    .badge { padding: 0 0.3125rem; border-radius: 0.75rem; background: #b3202f; color: #fff; font-size: 0.75rem; font-weight: 650; line-height: 1.25rem; min-width: 1.25rem; text-align: center; }
    .dot { position: absolute; inset: auto 0.125rem 0.125rem auto; width: 0.5rem; height: 0.5rem; border-radius: 50%; background: var(--c-surface); border: 2px solid var(--c-quiet); }
    .dot.live { background: var(--c-ok); border-color: var(--c-ok); }
    .panel { position: fixed; inset: auto; margin: 0; padding: 0; width: min(27rem, calc(100vw - 0.75rem)); max-height: min(36rem, calc(100vh - 5rem)); overflow: hidden; white-space: normal;
      color: var(--c-text); background: var(--c-surface); border: 1px solid var(--c-edge); border-radius: 0.75rem; box-shadow: 0 12px 36px rgb(10 15 25 / 22%); }
    .panel:popover-open { display: flex; flex-direction: column; }
    header { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 0.5rem; padding: 0.625rem 0.75rem; }
    h2 { margin: 0; font-size: 1.0625rem; font-weight: 620; }
    .tabs { display: flex; flex-wrap: wrap; gap: 0.25rem; padding: 0 0.75rem 0.5rem; border-bottom: 1px solid var(--c-edge); }
    .tabs button { border-color: transparent; background: none; }
    .tabs button:hover { background: var(--c-hover); }
    .tabs [aria-pressed="true"] { background: var(--c-hover); border-color: var(--c-field); font-weight: 600; }
    .scroll { overflow-y: auto; min-height: 6rem; }
    .scroll:focus-visible { outline-offset: -2px; }
    .lost { margin: 0; padding: 0.375rem 0.75rem; border-inline-start: 3px solid var(--c-warn); }
    footer { padding: 0.5rem 0.75rem; border-top: 1px solid var(--c-edge); }
    footer a { display: inline-block; min-height: 1.5rem; }
    .wait { margin: 0; padding: 1.25rem 0.875rem; color: var(--c-quiet); }
  `];

  constructor() {
    super();
    this.position = "top-right";
    this.maxToasts = 3;
    this.autoHideDuration = 5000;
    this.url = "/ws/notifications/";
    this.hideBell = false;
    /** @type {string|null} */ this.locale = null;
    this.muted = false;
    /** The page that has all of them. @type {string|null} */ this.page = null;
    /** @type {NoticeStore|null} */ this.source = null;
    /** @type {(() => string|Promise<string>)|null} */ this.ticket = null;
    /** @type {Toaster|null} */ this.toaster = null;
    /** @type {import("../core/notice.js").Tab} */ this.tab = "all";
    /** Whether the panel is open. */ this.shown = false;
  }

  /** What it draws from. @type {NoticeStore|null} */ store = null;
  /** What it speaks through. @type {Toaster|null} */ speaker = null;
  /** @type {(() => void)[]} */ #offs = [];
  /** What was said in short messages, by id. @type {Set<string>} */ #said = new Set();
  /** @type {number|null} */ #unread = null;
  #turn = 0;

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    if (this.hasUpdated) this.#attach();
  }

  /** @override */
  disconnectedCallback() {
    super.disconnectedCallback();
    this.#detach();
  }

  /** @override @param {Map<string, any>} changed */
  updated(changed) {
    if (["source", "url", "ticket", "toaster"].some((name) => changed.has(name))) this.#attach();
    if (this.speaker && changed.has("maxToasts")) this.speaker.max = this.maxToasts;
    if (changed.has("position")) this.renderRoot.querySelector("notification-toasts")?.setAttribute("position", this.position);
  }

  /** @param {string} id */
  markRead(id) {
    return this.store?.read(String(id));
  }

  markAllRead() {
    return this.store?.read("*");
  }

  /** @param {string} id */
  archive(id) {
    return this.store?.archive(String(id));
  }

  /** Empties the list of this page; the server keeps what it has. */
  clear() {
    this.store?.clear();
  }

  /** Shows the panel. */
  open() {
    const panel = this.#panel();
    if (panel && !panel.matches(":popover-open")) panel.showPopover();
  }

  /** A notice of the page's own. @param {Partial<Notice>} notice */
  push(notice) {
    return this.store?.push(notice);
  }

  /** @override */
  render() {
    const words = wordsOf(this.locale);
    const { unread, live } = this.store?.state ?? { unread: null, live: false };
    const many = unread !== null && unread > SHOWN_MAX ? `${SHOWN_MAX}+` : String(unread ?? "");
    const label = `${unread ? words.say("bell.unread", { shown: unread }) : words.say("bell.none")}. ${words.say(live ? "state.live" : "state.lost")}`;
    return html`
      ${this.hideBell ? nothing : html`
        <button class="bell" part="bell" popovertarget="panel" aria-label=${label} title=${label}>
          ${shape("bell")}${unread ? html`<span class="badge" part="badge" aria-hidden="true">${many}</span>` : nothing}
          <span class="dot ${live ? "live" : ""}" aria-hidden="true"></span>
        </button>`}
      <div id="panel" class="panel" part="panel" popover role="dialog" aria-label=${words.say("title")} @beforetoggle=${this.#toggles} @toggle=${this.#opened} @notice-failure=${this.#failed} @notification-click=${this.#left}>
        ${!this.shown ? nothing : this.store ? panel({ store: this.store, tab: this.tab, choose: (tab) => (this.tab = tab), locale: this.locale, base: this.#base, page: this.page })
          : html`<p class="wait">${words.say("loading")}</p>`}
      </div>`;
  }

  get #base() {
    const origin = new URL(this.url, location.href).origin.replace(/^ws/, "http");
    return origin === location.origin ? "" : origin;
  }

  #panel() {
    return /** @type {HTMLElement|null} */ (this.renderRoot.querySelector("#panel"));
  }

  async #attach() {
    this.#detach();
    if (!this.isConnected) return;
    const turn = this.#turn;
    if (!this.source) await parsed(); // a script further down may say where from
    if (turn !== this.#turn) return;
    const { source } = this;
    const store = source ?? own?.store(this.url, this.ticket);
    const speaker = this.toaster ?? this.#ownToaster();
    if (!store || !speaker) return;
    this.store = store;
    this.speaker = speaker;
    this.speaker.max = this.maxToasts;
    this.#offs.push(store.subscribe(() => this.#changed()), store.onNotice((notice) => this.#told(notice)), store.onRead((ids) => this.#read(ids)));
    if (!source) this.#offs.push(() => store.stop());
    store.start();
    this.#changed();
  }

  #ownToaster() {
    if (!own) return null;
    const { toasts, host } = own.toasts(/** @type {any} */ (this.renderRoot), () => wordsOf(this.locale));
    host.setAttribute("position", this.position);
    this.#offs.push(() => host.remove());
    return toasts;
  }

  #detach() {
    this.#turn += 1;
    for (const off of this.#offs.splice(0)) off();
    this.store = null;
  }

  #changed() {
    const unread = this.store?.state.unread ?? null;
    this.requestUpdate();
    if (unread === this.#unread) return;
    this.#unread = unread;
    this.#fire("unread-change", { unread });
  }

  /** @param {Notice} notice */
  #told(notice) {
    const { id } = notice;
    if (!this.#fire("notification", notice) || this.muted || !interrupts(notice)) return;
    this.#said.add(id);
    this.speaker?.show(wordsOf(this.locale).text(notice), statusOf(notice), {
      key: `notice-${id}`, duration: this.autoHideDuration, persist: isCritical(notice), open: () => this.#follow(notice),
    });
  }

  /** What has been read need not be said any longer. @param {string[]|null} ids */
  #read(ids) {
    for (const id of ids ?? [...this.#said]) if (this.#said.delete(id)) this.speaker?.dismiss(`notice-${id}`);
  }

  /** @param {Notice} notice */
  #follow(notice) {
    const href = hrefOf(notice);
    const goes = this.#fire("notification-click", notice);
    this.store?.read(notice.id).catch(() => {}); // it stays unread, and the list says so
    if (goes && href) location.assign(this.#base + href);
  }

  /** @param {string} name @param {any} detail @returns {boolean} false: it was cancelled */
  #fire(name, detail) {
    return this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true, cancelable: true }));
  }

  /** @param {CustomEvent} event */
  #failed({ detail: { error, again } }) {
    const { say } = wordsOf(this.locale);
    const why = say(error?.code === "offline" || error?.code === "timeout" ? /** @type {const} */ (`why.${/** @type {"offline"|"timeout"} */ (error.code)}`) : "why.other");
    this.speaker?.show(say("refused", { why }), "error", { key: "notice-failure", action: { label: say("again"), run: again } });
  }

  /** It leads away, or somewhere on this page. */
  #left() {
    this.#panel()?.hidePopover();
  }

  /** @param {any} event */
  #toggles({ newState }) {
    this.shown = newState === "open";
  }

  /** Under the bell, within the window; at the edge where there is no bell. @param {any} event */
  #opened({ newState, target }) {
    if (newState !== "open") return;
    const bell = this.renderRoot.querySelector(".bell")?.getBoundingClientRect();
    const { clientWidth, clientHeight } = document.documentElement;
    const below = bell ? bell.bottom < clientHeight / 2 : this.position.startsWith("top");
    const left = bell ? bell.right < target.offsetWidth + GAP : this.position.endsWith("left");
    const { style } = /** @type {HTMLElement} */ (target);
    for (const side of ["top", "bottom", "left", "right"]) style.removeProperty(side);
    style.setProperty(below ? "top" : "bottom", `${bell ? (below ? bell.bottom : clientHeight - bell.top) + GAP : GAP}px`);
    style.setProperty(left ? "left" : "right", `${bell ? Math.max(GAP, left ? Math.min(bell.left, clientWidth - target.offsetWidth - GAP) : clientWidth - bell.right) : GAP}px`);
  }
}

/** Resolves when all scripts of the page have run. */
const parsed = () => new Promise((resolve) => {
  const [navigation] = /** @type {PerformanceNavigationTiming[]} */ (performance.getEntriesByType("navigation"));
  if (document.readyState === "complete" || navigation?.domContentLoadedEventEnd > 0) resolve(undefined);
  else document.addEventListener("DOMContentLoaded", () => resolve(undefined), { once: true });
});

customElements.define("notification-center", NotificationCenter);
