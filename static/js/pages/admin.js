/** The administrator's overview: how much there is, which workers run, what changed last. */
import { html } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { formatAgo, formatBytes, formatDuration, formatNumber, serverNow } from "../core/format.js";
import { may, visible } from "../core/rights.js";
import { t } from "../core/words.js";
import { Counters } from "../elements/counters.js";
import { feedView, merge } from "../elements/feed.js";
import { icon } from "../elements/icon.js";
import { SyncManager } from "../sync.js";
import { complain, startPage } from "./page.js";

/** Workers are no rows of the ledger: their state is asked for, while somebody looks. */
const WORKERS_MS = 5000;
/** A worker that has not been seen for so long is in trouble. */
const SILENT_MS = 15_000;

startPage("admin", ({ user, draw }) => {
  if (!may(user, "admin")) return { template: () => html`<div class="banner banner-bad" role="alert">${t("error.forbidden", { right: "admin" })}</div>`, start() {} };
  const entities = visible(user);
  const counters = new Counters(entities, (method, url) => SyncManager.request(method, url));
  /** @type {import("../core/wire.js").SyncEvent[]} */ let feed = [];
  /** @type {any[]} */ let workers = [];
  let learnt = false;

  const template = () => html`
    <div class="page-head"><h1>${t("page.admin")}</h1></div>
    ${counters.template()}
    <section class="panel" aria-labelledby="workers-title">
      <h2 id="workers-title">${t("admin.workers")} <span class="count">${learnt ? formatNumber(workers.length) : ""}</span></h2>
      ${workersTable(workers)}
    </section>
    <section class="panel" aria-labelledby="feed-title">
      <h2 id="feed-title">${t("admin.changes")}</h2>
      ${feedView(feed, { details: true })}
    </section>`;

  async function learnWorkers() {
    const { data } = await SyncManager.request("GET", "/api/workers");
    workers = data.items;
    learnt = true;
    draw();
  }

  async function learnChanges() {
    const { data } = await SyncManager.request("GET", "/api/changes?limit=50");
    feed = merge(feed, data.items);
    draw();
  }

  /** Asks again while the page is looked at; the next time only after this answer. */
  function watchWorkers() {
    setTimeout(async () => {
      if (document.visibilityState === "visible") await learnWorkers().catch(() => {});
      watchWorkers();
    }, WORKERS_MS);
  }

  /** @param {string} entity */
  async function follow(entity) {
    SyncManager.on(`${entity}:changed`, async (_event, { events }) => {
      feed = merge(feed, events.filter((event) => !event.synthetic));
      const position = await counters.learn(entity);
      draw();
      return position;
    });
    SyncManager.joinRoom(entity, { position: await counters.learn(entity).catch(() => null) });
    draw();
  }

  async function look() {
    await Promise.all([learnChanges(), learnWorkers()]);
  }

  async function start() {
    SyncManager.joinRoom("admin");
    SyncManager.on("admin:changed", look);
    SyncManager.startIdleGuard(look);
    watchWorkers();
    await Promise.all([learnWorkers().catch(complain), learnChanges().catch(complain), ...entities.map(follow)]);
  }

  return { template, start };
});

/** @param {any[]} workers */
const workersTable = (workers) => html`
  <div class="table-frame">
    <table class="table list">
      <thead><tr>${["worker", "host", "pid", "uptime", "sockets", "bus", "memory", "build", "cursor", "seen"].map((name) => html`<th scope="col">${t(`worker.${name}`)}</th>`)}</tr></thead>
      <tbody>${repeat(workers, ({ worker }) => worker, workerRow)}</tbody>
    </table>
  </div>`;

/** @param {any} worker */
function workerRow(worker) {
  const silent = worker.seen_ms_ago > SILENT_MS;
  const cells = [
    ["worker", html`<span class="state state-${silent ? "missing" : "ready"}">${silent ? icon("exclamation-triangle") : icon("check-circle")} ${number(worker)}</span>${worker.self ? html` <span class="chip">${t("worker.self")}</span>` : ""}`],
    ["host", worker.host],
    ["pid", String(worker.worker)],
    ["uptime", worker.started ? formatDuration(serverNow() - worker.started) : ""],
    ["sockets", formatNumber(worker.sockets)],
    ["bus", bus(worker.bus)],
    ["memory", formatBytes(worker.rss)],
    ["build", html`<code>${worker.build}</code>`],
    ["cursor", html`<code>${worker.cursor ?? "—"}</code>`],
    ["seen", formatAgo(serverNow() - worker.seen_ms_ago)],
  ];
  return html`<tr data-worker=${worker.worker}>${cells.map(([name, cell]) => html`<td data-label=${t(`worker.${name}`)}><div class="cell">${cell}</div></td>`)}</tr>`;
}

/** Its number on its machine, from a name such as `host/2/593-1795308937553`. @param {any} worker */
const number = ({ name }) => t("worker.number", { number: name.split("/").at(-2) ?? name });

/** @param {boolean} up */
const bus = (up) => html`
  <span class="state state-${up ? "ready" : "missing"}">${up ? icon("check-circle") : icon("exclamation-triangle")} ${t(up ? "worker.up" : "worker.down")}</span>`;
