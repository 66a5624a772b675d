/**
 * `<notification-toasts>`: the short messages of `<notification-center>` on a page that is not ours, where `showToast` has no style
 * sheet to rely on. The rules are the same, and so is the code: core/toasts.js.
 */
import { css } from "lit";
import { clock } from "../../core/clock.js";
import { keepToasts } from "../../core/keep.js";
import { ToastLayer } from "../../core/toast-layer.js";
import { Toasts } from "../../core/toasts.js";
import { looks } from "./looks.js";

const styles = css`
  .toast-layer { position: fixed; inset: 1rem 1rem auto auto; margin: 0; padding: 0; border: 0; background: none; color: var(--c-text); font: 0.9375rem/1.5 system-ui, sans-serif; overflow: visible; overflow-wrap: anywhere; width: min(26rem, calc(100vw - 2rem)); }
  .toast-layer:popover-open { display: flex; flex-direction: column; gap: 0.5rem; }
  :host([position$="left"]) .toast-layer { inset-inline: 1rem auto; }
  :host([position^="bottom"]) .toast-layer, .toast-layer.toast-layer-up { inset-block: auto 1rem; }
  :host([position^="bottom"]) .toast-layer.toast-layer-up { inset-block: 1rem auto; }
  .notice { display: flex; align-items: flex-start; gap: 0.625rem; padding: 0.6875rem 0.875rem; background: var(--c-surface); border: 1px solid var(--c-edge); border-inline-start: 4px solid var(--c-accent); border-radius: 0.625rem; box-shadow: 0 8px 28px rgb(10 15 25 / 22%); }
  .notice-sign { width: 1rem; font-weight: 700; text-align: center; }
  .notice-success { border-inline-start-color: var(--c-ok); }
  .notice-warning { border-inline-start-color: var(--c-warn); }
  .notice-error { border-inline-start-color: var(--c-bad); }
  .notice-success .notice-sign { color: var(--c-ok); }
  .notice-warning .notice-sign { color: var(--c-warn); }
  .notice-error .notice-sign { color: var(--c-bad); }
  .notice-text { flex: 1; min-width: 0; }
  button.notice-text { display: block; min-height: 1.5rem; padding: 0; border: 0; background: none; text-align: start; font-size: inherit; }
  button.notice-text:hover { text-decoration: underline; }
  .notice-close { border: 0; }
  .toast-more { align-self: flex-end; margin: 0; padding: 0.125rem 0.625rem; font-size: 0.875rem; background: var(--c-surface); border: 1px solid var(--c-edge); border-radius: 1rem; }
`;

class NotificationToasts extends HTMLElement {
  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [looks, styles].map(({ styleSheet }) => /** @type {CSSStyleSheet} */ (styleSheet));
    this.layer = document.createElement("section");
    this.layer.className = "toast-layer";
    this.polite = region("status");
    this.assertive = region("alert");
    root.append(this.layer, this.polite, this.assertive);
  }

  /** @param {string} message @param {boolean} urgent */
  say(message, urgent) {
    const place = urgent ? this.assertive : this.polite;
    place.textContent = place.textContent === message ? `${message}\u00a0` : message; // a region that does not change says nothing
  }
}

/** @param {string} role */
function region(role) {
  const made = document.createElement("div");
  made.setAttribute("role", role);
  made.className = "hidden";
  return made;
}

customElements.define("notification-toasts", NotificationToasts);

/** Messages of their own, in the shadow of `home`. @param {ParentNode & Node} home @param {() => import("./words.js").Words} words */
export function ownToasts(home, words) {
  const host = /** @type {NotificationToasts} */ (document.createElement("notification-toasts"));
  host.setAttribute("exportparts", "toast");
  home.append(host);
  const toasts = new Toasts({
    layer: (change) => new ToastLayer({ host, box: host.layer, label: () => words().say("toast.region"), change }),
    words: { more: (waiting) => words().say("toast.more", { waiting }), close: () => words().say("close") },
    say: (message, urgent) => host.say(message, urgent),
    keep: keepToasts,
    clock,
  });
  return { toasts, host };
}
