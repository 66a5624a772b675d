/**
 * `<conn-badge>`: the truth about the connection, in words.
 *
 * Four of them: live (every joined room is proved to be current), reconnecting with the count of tries, offline, and stale since a
 * time. A pause of less than a third of a second is not shown: it would only flicker. Pressed, it says more, and what to do.
 */
import { LitElement, css, html, nothing } from "lit";
import { formatDate } from "../core/format.js";
import { announce } from "../core/announce.js";
import { TRIES_BEFORE_OFFLINE } from "../core/transport.js";
import { i18n, t } from "../core/words.js";
import { SyncManager } from "../sync.js";

/** @typedef {import("../core/transport.js").Status} Status */
/** @typedef {"live"|"connecting"|"reconnecting"|"offline"|"stale"|"failed"} Kind */

/** Shorter interruptions are nobody's news. */
const FLICKER_MS = 300;

export class ConnBadge extends LitElement {
  /** @override */
  static properties = { shown: { state: true }, outdated: { state: true } };

  /** @override */
  static styles = css`
    :host { display: inline-flex; align-items: center; gap: 0.5rem; font-size: 0.875rem; color: var(--bs-body-color, CanvasText); white-space: nowrap; }
    button { font: inherit; color: inherit; background: none; border: 1px solid var(--field-border, currentColor); border-radius: 0.375rem; padding: 0.0625rem 0.5rem; min-height: 1.5rem; cursor: pointer; }
    button:focus-visible { outline: 2px solid var(--accent, Highlight); outline-offset: 2px; }
    .state { display: inline-flex; align-items: center; gap: 0.4375rem; border-color: transparent; anchor-name: --badge; }
    .state:hover { border-color: var(--field-border, currentColor); }
    .dot { width: 0.625rem; height: 0.625rem; border-radius: 50%; background: var(--ok, green); flex: none; }
    .connecting .dot, .reconnecting .dot, .stale .dot { background: transparent; box-shadow: inset 0 0 0 2px var(--warn, orange); }
    .offline .dot, .failed .dot { border-radius: 2px; background: var(--bad, red); }
    .rtt { color: var(--bs-secondary-color, GrayText); }
    .more { position: fixed; inset: 3.5rem 1rem auto auto; margin: 0; width: min(22rem, calc(100vw - 2rem)); box-sizing: border-box; padding: 0.875rem 1rem; white-space: normal;
      color: var(--bs-body-color, CanvasText); background: var(--surface, Canvas); border: 1px solid var(--bs-border-color, GrayText); border-radius: 0.625rem; box-shadow: 0 8px 28px rgb(10 15 25 / 22%); }
    @supports (position-area: bottom) { .more { position-anchor: --badge; position-area: bottom span-left; inset: auto; margin: 0.375rem; position-try-fallbacks: flip-inline; } }
    .more:not(:popover-open) { display: none; }
    .more p { margin: 0 0 0.5rem; }
    .more p:last-child { margin: 0; }
    @media (max-width: 36rem) { .rtt { display: none; } }
  `;

  constructor() {
    super();
    /** @type {Status} */ this.shown = SyncManager.status;
    this.outdated = false;
    /** Whether the connection has ever been live: until then it is not a *re*connection. */ this.lived = false;
    /** @type {(() => void)[]} */ this.offs = [];
    /** @type {any} */ this.timer = null;
  }

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    this.offs = [SyncManager.onStatus((status) => this.hear(status)), i18n.onChange(() => this.requestUpdate())];
  }

  /** @override */
  disconnectedCallback() {
    super.disconnectedCallback();
    for (const off of this.offs) off();
    clearTimeout(this.timer);
    this.timer = null;
  }

  /** @param {Status} status */
  hear(status) {
    const build = document.querySelector('meta[name="lockstep-build"]')?.getAttribute("content");
    this.outdated = Boolean(SyncManager.hello?.build && build && SyncManager.hello.build !== build);
    if (this.kind(status) === "live") return this.show(status);
    this.timer ??= setTimeout(() => this.show(SyncManager.status), this.kind(this.shown) === "live" ? FLICKER_MS : 0);
  }

  /** @param {Status} status */
  show(status) {
    clearTimeout(this.timer);
    this.timer = null;
    const before = this.kind(this.shown);
    this.shown = status;
    const now = this.kind(status);
    if (this.lived && now !== before) this.tell(now, before);
    this.lived ||= now === "live";
  }

  /** Read out: that the data is no longer current, and that it is again; not every try. @param {Kind} now @param {Kind} before */
  tell(now, before) {
    if (now === "live" || before === "live" || now === "offline") announce(this.words());
  }

  /** @param {Status} status @returns {Kind} */
  kind(status) {
    const { state, connected, staleSince, network } = status;
    if (state === "live") return staleSince ? "stale" : "live";
    if (state !== "connecting") return state;
    if (network === false) return "offline";
    if (!this.lived) return "connecting";
    return connected ? "stale" : "reconnecting"; // connected, but some room is not current yet
  }

  words() {
    const { attempt, staleSince, since } = this.shown;
    switch (this.kind(this.shown)) {
      case "live": return t("badge.live");
      case "stale": return t("badge.stale", { time: clock(staleSince ?? since) });
      case "connecting": return t("badge.connecting");
      case "reconnecting": return t("badge.reconnecting", { attempt: Math.max(1, attempt), tries: TRIES_BEFORE_OFFLINE });
      case "offline": return t("badge.offline");
      default: return t("badge.failed");
    }
  }

  /** What is behind the words, and what to do. @returns {string[]} */
  hints() {
    const { transport, staleSince, connected, network } = this.shown;
    const kind = this.kind(this.shown);
    return [
      kind === "live" ? t("badge.live_hint") : "",
      staleSince && kind !== "connecting" ? t("badge.since", { time: clock(staleSince) }) : "",
      network === false ? t("badge.no_network") : "",
      kind === "stale" ? t("badge.stale_hint") : "",
      kind === "reconnecting" ? t("badge.reconnecting_hint") : "",
      kind === "offline" && network !== false ? t("badge.offline_hint") : "",
      kind === "failed" ? t("badge.failed_hint") : "",
      connected && transport === "polling" ? t("badge.polling") : "",
    ].filter(Boolean);
  }

  /** @override */
  render() {
    const kind = this.kind(this.shown);
    const hints = this.hints();
    return html`
      <button class="state ${kind}" data-state=${kind} popovertarget="more" title=${hints.join(" ")}>
        <span class="dot" aria-hidden="true"></span>
        <span class="word">${this.words()}</span>
        ${kind === "live" && this.shown.rtt !== null ? html`<span class="rtt">${t("badge.rtt", { ms: Math.max(1, Math.round(this.shown.rtt)) })}</span>` : nothing}
      </button>
      <div id="more" class="more" popover role="note">
        ${hints.map((hint) => html`<p>${hint}</p>`)}
        ${kind === "live" ? nothing : html`<p><button data-retry @click=${() => SyncManager.reconnect()}>${t("badge.retry")}</button></p>`}
      </div>
      ${kind === "offline" || kind === "failed" ? html`<button data-retry @click=${() => SyncManager.reconnect()}>${t("badge.retry")}</button>` : nothing}
      ${this.outdated ? html`<button data-outdated title=${t("badge.outdated_hint")} @click=${() => location.reload()}>${t("badge.outdated")}</button>` : nothing}
    `;
  }
}

/** Hours and minutes: seconds would claim more than is known. @param {number} ms */
const clock = (ms) => formatDate(ms, "minute");

customElements.define("conn-badge", ConnBadge);
