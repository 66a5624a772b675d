/** State: workers, bus, database, ledger, rooms, counters; and a test event that goes the whole road. */
import { html, nothing } from "lit";
import { clock } from "../../core/clock.js";
import { formatBytes, formatDate, formatNumber } from "../../core/format.js";
import { PROBE_LIMIT_MS, probe } from "../../core/probe.js";
import { explain, t, word } from "../../core/words.js";
import { SyncManager } from "../../sync.js";
import { part } from "../side.js";
import { icon } from "../icon.js";
import { every } from "./follow.js";
import { workersTable } from "./workers.js";

/** Workers are no rows of the ledger: their state is asked for, while somebody looks. */
const ASK_MS = 5000;

/** @param {import("../../pages/page.js").Page} page @returns {import("../../pages/admin.js").Tab} */
export function make({ draw }) {
  /** @type {any} */ let health = null;
  /** @type {{busy: boolean, heard?: import("../../core/probe.js").Heard, error?: any}} */ let tested = { busy: false };
  let stop = () => {};

  async function learn() {
    health = (await SyncManager.request("GET", "/api/health")).data;
    draw();
  }

  function shown() {
    stop = every(learn, ASK_MS);
    return learn();
  }

  async function send() {
    tested = { busy: true };
    draw();
    const ports = { clock, request: SyncManager.request.bind(SyncManager), on: SyncManager.on.bind(SyncManager) };
    tested = await probe(ports, crypto.randomUUID()).then((heard) => ({ busy: false, heard }), (error) => ({ busy: false, error }));
    draw();
  }

  const template = () => html`
    <section class="panel" aria-labelledby="workers-title">
      <div class="panel-head"><h2 id="workers-title">${t("admin.workers")} <span class="count">${health ? formatNumber(health.workers) : ""}</span></h2>
        <button type="button" class="btn btn-sm btn-plain" data-test ?disabled=${tested.busy} @click=${send}>${icon("send")} ${t("test.send")}</button></div>
      <div role="status" data-tested>${testWords(tested)}</div>
      ${health ? workersTable(health.workers_detail ?? []) : nothing}
    </section>
    ${health ? figures(health) : nothing}`;

  return { template, shown, hidden: () => stop() };
}

/** @param {{busy: boolean, heard?: import("../../core/probe.js").Heard, error?: any}} tested */
function testWords({ busy, heard, error }) {
  if (busy) return html`<p class="by">${t("test.busy")}</p>`;
  if (heard) {
    const params = { ms: Math.round(heard.ms), written: Math.round(heard.written), writer: String(heard.worker), teller: String(SyncManager.hello?.worker ?? "?") };
    return html`<p class="banner banner-good" data-heard=${heard.ms}>${icon("check-circle")}<span>${t("test.heard", params)}</span></p>`;
  }
  if (!error) return nothing;
  const words = error.failure === "silent" ? t("test.silent", { seconds: PROBE_LIMIT_MS / 1000 }) : t("test.refused", { why: explain(error.cause ?? error) });
  return html`<p class="banner banner-bad">${icon("exclamation-triangle")}<span>${words}</span></p>`;
}

/** @param {any} health */
const figures = ({ bus, database, ledger, counters, rooms }) => html`
  <div class="figures">
    <section class="panel" aria-labelledby="parts-title"><h2 id="parts-title">${t("state.parts")}</h2>
      <dl class="facts">
        ${fact(t("health.bus"), part(bus))}
        ${fact(t("health.database"), part(database))}
        ${database.bytes ? fact(t("state.size"), formatBytes(database.bytes)) : nothing}
        ${ledger ? html`
          ${fact(t("state.epoch"), html`<code>${ledger.epoch}</code>`)}
          ${fact(t("state.last"), html`<code>${ledger.last}</code>`)}
          ${fact(t("state.events"), `${formatNumber(ledger.events)}${ledger.more ? "+" : ""}`)}
          ${ledger.oldest_at ? fact(t("state.oldest"), formatDate(ledger.oldest_at)) : nothing}` : nothing}
      </dl></section>
    <section class="panel" aria-labelledby="rooms-title"><h2 id="rooms-title">${t("state.rooms")}</h2>
      <p class="by">${t("state.this_worker")}</p>
      <dl class="facts">${(rooms ?? []).map((/** @type {any} */ { room, members }) => fact(word("page", room), html`<span data-members=${room}>${formatNumber(members)}</span>`))}</dl></section>
    <section class="panel" aria-labelledby="counters-title"><h2 id="counters-title">${t("state.counters")}</h2>
      <p class="by">${t("state.this_worker")}</p>
      ${counts(Object.entries(counters ?? {}))}</section>
    <section class="panel" aria-labelledby="page-title"><h2 id="page-title">${t("state.page")}</h2>
      <dl class="facts">${Object.entries(SyncManager.debug.summary).map(([name, count]) => fact(html`<code>${name}</code>`, formatNumber(count)))}</dl>
      <p class="by">${t("state.debug_hint")}</p></section>
  </div>`;

/** What has happened at all; what never did is a click away. @param {[string, any][]} counters */
function counts(counters) {
  const lines = (/** @type {[string, any][]} */ some) => html`<dl class="facts">${some.map(([name, count]) => fact(html`<code>${name}</code>`, formatNumber(count)))}</dl>`;
  const never = counters.filter(([, count]) => count === 0);
  return html`${lines(counters.filter(([, count]) => count !== 0))}<details><summary>${t("state.never", { count: never.length })}</summary>${lines(never)}</details>`;
}

/** @param {unknown} name @param {unknown} value */
const fact = (name, value) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
