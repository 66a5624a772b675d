/**
 * `<conn-badge>`: the truth about the connection, in words.
 *
 * Four states: live (every joined room is proved to be current), connecting, no connection, and stale since a time. A pause of less
 * than a third of a second is not shown: it would only flicker.
 */
import { LitElement, css, html } from "lit";
import { formatDate } from "../core/format.js";
import { i18n, t } from "../core/words.js";
import { SyncManager } from "../sync.js";

/** Shorter interruptions are nobody's news. */
const FLICKER_MS = 300;

export class ConnBadge extends LitElement {
  /** @override */
  static properties = { shown: { state: true }, outdated: { state: true } };

  /** @override */
  static styles = css`
    :host { display: inline-flex; align-items: center; gap: 0.5rem; font-size: 0.875rem; color: var(--bs-body-color, CanvasText); white-space: nowrap; }
    .dot { width: 0.625rem; height: 0.625rem; border-radius: 50%; background: var(--ok, green); flex: none; }
    .connecting .dot, .stale .dot { background: transparent; box-shadow: inset 0 0 0 2px var(--warn, orange); }
    .offline .dot, .failed .dot { border-radius: 2px; background: var(--bad, red); }
    .state { display: inline-flex; align-items: center; gap: 0.4375rem; }
    .rtt { color: var(--bs-secondary-color, GrayText); }
    button { font: inherit; color: inherit; background: none; border: 1px solid var(--field-border, currentColor); border-radius: 0.375rem; padding: 0.0625rem 0.5rem; min-height: 1.5rem; cursor: pointer; }
    button:focus-visible { outline: 2px solid var(--accent, Highlight); outline-offset: 2px; }
    @media (max-width: 36rem) { .rtt { display: none; } }
  `;

  constructor() {
    super();
    /** @type {import("../core/transport.js").Status} */ this.shown = SyncManager.status;
    this.outdated = false;
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
  }

  /** @param {import("../core/transport.js").Status} status */
  hear(status) {
    clearTimeout(this.timer);
    const build = document.querySelector('meta[name="lockstep-build"]')?.getAttribute("content");
    this.outdated = Boolean(SyncManager.hello?.build && build && SyncManager.hello.build !== build);
    if (this.kind(status) === "live") this.shown = status;
    else this.timer = setTimeout(() => (this.shown = SyncManager.status), FLICKER_MS);
  }

  /** @param {import("../core/transport.js").Status} status */
  kind(status) {
    return status.state === "live" && status.staleSince ? "stale" : status.state;
  }

  words() {
    const { attempt, staleSince } = this.shown;
    switch (this.kind(this.shown)) {
      case "live": return t("badge.live");
      case "stale": return t("badge.stale", { time: formatDate(staleSince, "time") });
      case "connecting": return attempt > 1 ? t("badge.reconnecting", { attempt }) : t("badge.connecting");
      case "offline": return t("badge.offline");
      default: return t("badge.failed");
    }
  }

  hint() {
    const { transport, staleSince } = this.shown;
    const since = staleSince ? t("badge.since", { time: formatDate(staleSince, "time") }) : "";
    return [since, transport === "polling" ? t("badge.polling") : ""].filter(Boolean).join(" ");
  }

  /** @override */
  render() {
    const kind = this.kind(this.shown);
    return html`
      <span class="state ${kind}" data-state=${kind} title=${this.hint()}>
        <span class="dot" aria-hidden="true"></span>
        <span>${this.words()}</span>
        ${kind === "live" && this.shown.rtt !== null ? html`<span class="rtt">${t("badge.rtt", { ms: Math.round(this.shown.rtt) })}</span>` : ""}
      </span>
      ${kind === "offline" || kind === "failed" ? html`<button @click=${() => SyncManager.reconnect()}>${t("badge.retry")}</button>` : ""}
      ${this.outdated ? html`<button @click=${() => location.reload()}>${t("badge.outdated")}</button>` : ""}
    `;
  }
}

customElements.define("conn-badge", ConnBadge);
