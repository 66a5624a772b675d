/**
 * How the scan of a registrator's folder shows: how the last one went or how far this one is, and what can be done about it.
 *
 * @typedef {import("../core/jobs.js").Job} Job
 * @typedef {import("../core/store.js").Row} Row
 *
 * @typedef {object} ScanState
 * @property {Job|null} running
 * @property {Job|null} last          the newest that has ended
 * @property {boolean} asked          it was asked for, and there is no answer yet
 * @property {any} refusal            why the last wish for one was refused
 * @property {string|null} reason     why none can be had
 * @property {boolean} lines          the person may see the log
 * @property {boolean} runs           he may end it
 * @property {() => void} scan
 * @property {() => void} force
 * @property {() => void} cancel
 */
import { html, nothing } from "lit";
import { formatAgo, formatDate } from "../core/format.js";
import { explain, t } from "../core/words.js";
import { icon } from "./icon.js";
import { bar, cancelButton, howFar, journal, outcome } from "./job-words.js";

/** Most files were gone, and none was marked as missing: only a person can tell why. */
export const MASS_MISSING = "scan.mass_missing";

/** @param {Row} row @param {ScanState} state @param {"list"|"record"} place */
export const scanCell = (row, state, place) => html`
  <div class="scan" data-scan=${row.id}>${state.running ? running(row, state.running, state) : resting(row, state, place)}</div>`;

/** @param {Row} row @param {Job} job @param {ScanState} state */
const running = (row, job, { lines, runs, cancel }) => html`
  <span class="scan-state" title=${job.progress?.item ?? ""}>${icon("arrow-repeat")} ${howFar(job)}</span>
  ${bar(job, t("scan.of", { name: row.name }))}
  <span class="scan-buttons">${runs ? cancelButton(job, t("scan.of", { name: row.name }), cancel) : nothing} ${lines ? journal(job, row.name) : nothing}</span>`;

/** @param {Row} row @param {ScanState} state @param {string} place */
const resting = (row, state, place) => html`
  <span class="scan-state">${lastWords(row, state.last)}</span>
  ${state.refusal ? html`<span class="scan-refusal">${icon("exclamation-triangle")} ${explain(state.refusal)}</span>` : nothing}
  <span class="scan-buttons">${scanButton(row, state, place)}
    ${state.runs && !state.reason && state.last?.error?.code === MASS_MISSING ? html`
      <button type="button" class="btn btn-sm btn-plain" data-force ?disabled=${state.asked} @click=${state.force}>${t("scan.force")}</button>` : nothing}
    ${state.last && state.lines ? journal(state.last, row.name) : nothing}</span>`;

/** `12 min ago: +31, missing 2`. @param {Row} row @param {Job|null} last */
function lastWords({ last_scan_at: scannedAt }, last) {
  const at = last?.finishedAt ?? scannedAt;
  if (!at) return t("word.never");
  const bad = last && (last.state === "failed" || last.state === "completed_with_errors");
  return html`${bad ? icon("exclamation-triangle") : nothing} <time datetime=${at} title=${formatDate(at, "full")}>${formatAgo(at)}</time>${last ? html`: <span>${outcome(last)}</span>` : nothing}`;
}

/** One that cannot be had can still be reached, and says why. @param {Row} row @param {ScanState} state @param {string} place */
function scanButton(row, { reason, asked, scan }, place) {
  const id = `no-scan-${place}-${row.id}`;
  return html`
    <button type="button" class="btn btn-sm btn-plain" data-do-scan aria-label=${t("scan.do_of", { name: row.name })} title=${reason ?? nothing}
      aria-disabled=${String(reason !== null)} aria-describedby=${reason ? id : nothing} aria-busy=${String(asked)} @click=${scan}>${t("scan.do")}</button>
    ${reason ? html`<span class="by" id=${id}>${reason}</span>` : nothing}`;
}
