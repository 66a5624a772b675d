/** How the service is, and how well this page follows it. */
import { html, nothing } from "lit";
import { formatNumber } from "../core/format.js";
import { t } from "../core/words.js";
import { SyncManager } from "../sync.js";
import { icon } from "./icon.js";

/** The health is no row of the ledger: it is asked for, while somebody looks. */
const HEALTH_MS = 15_000;

export class Health {
  /** The last answer of `GET /api/health`. @type {any} */ known = null;
  /** The service did not answer. */ lost = false;
  #draw;

  /** @param {() => void} draw */
  constructor(draw) {
    this.#draw = draw;
  }

  /** Asks now, whenever the connection changes, and again while the page is looked at. */
  start() {
    let state = "";
    SyncManager.onStatus((status) => {
      if (status.state !== state) this.learn();
      state = status.state;
    });
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.learn());
    this.#again();
  }

  async learn() {
    try {
      this.known = (await SyncManager.request("GET", "/api/health")).data;
      this.lost = false;
    } catch (error) {
      this.lost = /** @type {any} */ (error).status !== 401;
    }
    this.#draw();
  }

  #again() {
    setTimeout(async () => {
      if (document.visibilityState === "visible") await this.learn();
      this.#again();
    }, HEALTH_MS);
  }

  template() {
    return html`
      <section class="panel" aria-labelledby="health-title" data-health=${this.known ? (this.known.ok && !this.lost ? "good" : "bad") : "unknown"}>
        <h2 id="health-title">${t("health.title")}</h2>
        ${this.lost ? html`<p>${mark(false, t("health.lost"))}</p>` : nothing}
        <dl class="facts">${facts(this.known).map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
      </section>`;
  }
}

/** @param {any} known @returns {[string, unknown][]} */
function facts(known) {
  const { applied, doubles, holes, recovered, refreshed } = SyncManager.debug.summary;
  const number = (/** @type {number} */ value, /** @type {string} */ name) => html`<span data-count=${name}>${formatNumber(value)}</span>`;
  /** @type {[string, unknown][]} */ const server = known
    ? [[t("health.workers"), mark(known.workers > 0, formatNumber(known.workers))],
      [t("health.bus"), part(known.bus)],
      [t("health.database"), part(known.database)]]
    : [];
  return [...server,
    [t("health.heard"), number(applied, "applied")],
    [t("health.holes"), html`${number(holes, "holes")} <span class="by">${t("health.mended", { count: recovered + refreshed })}</span>`],
    [t("health.doubles"), number(doubles, "doubles")]];
}

/** A part of the service: whether it is well, and how far away. @param {{ok: boolean, kind?: string, rtt_ms?: number}} part */
export const part = ({ ok, kind, rtt_ms: rtt }) => mark(ok, [t(ok ? "health.ok" : "health.bad"), kind ?? "", rtt === undefined || rtt === null ? "" : t("badge.rtt", { ms: round(rtt) })].filter(Boolean).join(" · "));

/** @param {number} ms */
const round = (ms) => (ms < 10 ? Math.round(ms * 10) / 10 : Math.round(ms));

/** Good or bad: a sign, a word, a colour. @param {boolean} ok @param {unknown} words */
export const mark = (ok, words) => html`
  <span class="state state-${ok ? "ready" : "missing"}">${ok ? icon("check-circle") : icon("exclamation-triangle")} ${words}</span>`;
