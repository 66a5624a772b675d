/** The workers as a table. */
import { html } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { formatAgo, formatBytes, formatDuration, formatNumber, serverNow } from "../../core/format.js";
import { t } from "../../core/words.js";
import { mark } from "../side.js";

/** A worker that has not been seen for so long is in trouble. */
const SILENT_MS = 15_000;

const COLUMNS = /** @type {const} */ (["worker", "host", "pid", "uptime", "sockets", "bus", "memory", "build", "cursor", "seen"]);

/** @param {any[]} workers as of `GET /api/workers` */
export const workersTable = (workers) => html`
  <div class="table-frame">
    <table class="table list">
      <caption class="visually-hidden">${t("admin.workers")}</caption>
      <thead><tr>${COLUMNS.map((name) => html`<th scope="col">${t(`worker.${name}`)}</th>`)}</tr></thead>
      <tbody>${repeat(workers, ({ worker }) => worker, (worker) => workerRow(worker, newest(workers)))}</tbody>
    </table>
  </div>`;

/** How far the one that is furthest has come. @param {any[]} workers */
const newest = (workers) => Math.max(0, ...workers.map(({ cursor }) => cursor ?? 0));

/** @param {any} worker @param {number} newest */
function workerRow(worker, newest) {
  const silent = worker.seen_ms_ago > SILENT_MS;
  /** @type {Record<typeof COLUMNS[number], unknown>} */
  const cells = {
    worker: html`${mark(!silent, numberOf(worker))}${worker.self ? html` <span class="chip">${t("worker.self")}</span>` : ""}`,
    host: worker.host,
    pid: String(worker.worker),
    uptime: worker.started ? formatDuration(serverNow() - worker.started) : "",
    sockets: formatNumber(worker.sockets),
    bus: mark(worker.bus, t(worker.bus ? "worker.up" : "worker.down")),
    memory: formatBytes(worker.rss),
    build: html`<code>${worker.build}</code>`,
    cursor: html`<code>${worker.cursor ?? "—"}</code>${worker.cursor < newest ? html` <span class="by">−${formatDuration(newest - worker.cursor)}</span>` : ""}`,
    seen: formatAgo(serverNow() - worker.seen_ms_ago),
  };
  return html`<tr data-worker=${worker.worker}>${COLUMNS.map((name) => html`<td data-label=${t(`worker.${name}`)}><div class="cell">${cells[name]}</div></td>`)}</tr>`;
}

/** Its number on its machine, from a name such as `host/2/593-1795308937553`. @param {any} worker */
const numberOf = ({ name }) => t("worker.number", { number: name.split("/").at(-2) ?? name });
