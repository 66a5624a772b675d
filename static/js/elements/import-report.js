/** What an import session has done so far, and at the end in all: its stages, its counts, its files, its workers. */
import { html, nothing } from "lit";
import { formatBytes, formatDate, formatDuration, formatNumber } from "../core/format.js";
import { OUTCOMES, isActive, stagesOf, tallies } from "../core/imports.js";
import { t, word } from "../core/words.js";
import { icon } from "./icon.js";
import { attemptWords, failureWords, kindWord, lasted, pace, summary } from "./import-words.js";

/**
 * @typedef {import("../core/imports.js").Session} Session
 * @typedef {import("../core/import-session.js").SetFile} SetFile
 */

/** Stages that are about no kind of row. */
const OWN = ["queue", "scan", "finish"];
const SIGNS = { done: "✓", now: "▶", stopped: "✕", waiting: "○" };

/** @param {Session} session */
export const stages = (session) => html`
  <ol class="stages" aria-label=${t("imports.stages")}>${stagesOf(session).map((stage) => html`
    <li class="stage" data-stage=${stage.name} data-state=${stage.state} aria-current=${stage.state === "now" ? "step" : nothing}>
      <span class="stage-name"><span aria-hidden="true">${SIGNS[stage.state]}</span><span class="visually-hidden">${word("importstage", stage.state)}:</span>
        ${OWN.includes(stage.name) ? word("importstage", stage.name) : kindWord(stage.name)}</span>
      <span class="by">${stageWords(stage)}</span></li>`)}</ol>`;

/** `3 906 of 6 200`; done: `6 200 · 12 s`. @param {import("../core/imports.js").Stage & {state: string}} stage */
function stageWords({ state, done, total, seconds }) {
  const counted = total > 0 ? (state === "done" && done >= total ? formatNumber(done) : t("imports.of", { done, total })) : "";
  return [counted, typeof seconds === "number" ? seconds < 1 ? t("imports.under_second") : formatDuration(seconds * 1000) : ""].filter(Boolean).join(" · ");
}

/** How fast, and how long it still takes. @param {Session} session @param {number[]} rates */
export const speed = (session, rates) => html`
  <p class="import-pace" data-pace><progress max="100" aria-label=${t("imports.col_progress")} value=${session.progress?.percent ?? nothing}></progress>
    <strong data-percent>${pace(session)}</strong>
    ${rates.length > 1 ? html`<spark-line .values=${rates} label=${t("imports.rates", { rate: Math.round(rates.at(-1) ?? 0) })}></spark-line>` : nothing}
    <span class="by">${[lasted(session), session.progress?.item ?? ""].filter(Boolean).join(" · ")}</span></p>`;

/** @param {Session} session */
export function counts(session) {
  const known = tallies(session);
  if (known.length === 0) return nothing;
  return html`
    <section class="import-part" aria-labelledby="counts-title"><h2 id="counts-title">${session.dryRun ? t("imports.counts_dry") : t("imports.counts")}</h2>
      <div class="table-frame"><table class="table list counts" data-counts>
        <thead><tr><th scope="col">${t("imports.kind")}</th>${OUTCOMES.map((name) => html`<th scope="col" class="end">${word("importcount", name)}</th>`)}</tr></thead>
        <tbody>${known.map(([kind, tally]) => html`<tr data-kind=${kind}><td data-label=${t("imports.kind")}>${kindWord(kind)}</td>
          ${OUTCOMES.map((name) => html`<td class="end ${name === "failed" && tally[name] > 0 ? "bad" : ""}" data-label=${word("importcount", name)} data-count=${name}>${formatNumber(tally[name] ?? 0)}</td>`)}</tr>`)}</tbody>
      </table></div></section>`;
}

/** @param {Session} session @param {SetFile[]} all */
export function files(session, all) {
  if (all.length === 0) return nothing;
  return html`
    <details class="import-files" data-set-files><summary><h2>${t("imports.files", { count: all.length })}</h2></summary>
      <div class="table-frame"><table class="table list">
        <thead><tr>${/** @type {const} */ (["file", "kinds", "size", "rows"]).map((name) => html`<th scope="col">${t(`imports.${name}`)}</th>`)}</tr></thead>
        <tbody>${all.map((file) => fileRow(session, file))}</tbody>
      </table></div></details>`;
}

/** @param {Session} session @param {SetFile} file */
function fileRow(session, { name, kinds, bytes, encoding, rows, done, state, error }) {
  return html`<tr data-file=${name} data-state=${state}>
    <td data-label=${t("imports.file")}><div class="cell">${name}</div></td>
    <td data-label=${t("imports.kinds")}><div class="cell">${kinds.map(kindWord).join(", ") || "—"}</div></td>
    <td data-label=${t("imports.size")}><div class="cell">${formatBytes(bytes)}${encoding ? html` <span class="by">${encoding}</span>` : nothing}</div></td>
    <td data-label=${t("imports.rows")}><div class="cell">${error ? html`<span class="bad">${icon("exclamation-triangle")} ${place(error)} <span title=${error.message}>${word("issuecode", error.code)}</span></span>`
      : html`<span class="import-pace"><progress max=${Math.max(1, rows)} value=${state === "done" ? Math.max(1, rows) : done} aria-label=${name}></progress>
        <span>${word("filestate", isActive(session) || state !== "running" ? state : "waiting")} · ${t("imports.of", { done: state === "done" ? rows : done, total: rows })}</span></span>`}</div></td></tr>`;
}

/** `12:5`, as editors take it. @param {{line?: number|null, column?: number|null}} where */
export const place = ({ line, column }) => (line ? `${line}${column ? `:${column}` : ""}` : "");

/** Who lost it, and which attempt this is. @param {Session} session */
export function attempts(session) {
  const { lost = [], attempt, maxAttempts, fence } = session;
  if (lost.length === 0 && fence <= 1) return nothing;
  return html`
    <ul class="import-lost" data-lost>${lost.map(({ at, worker, by, file, ordinal }) => html`<li>${icon("arrow-repeat")} <time datetime=${at}>${formatDate(at, "time")}</time>
      ${t("imports.lost", { worker: String(worker), by: String(by ?? "—"), place: [file, ordinal === null ? "" : `№${ordinal}`].filter(Boolean).join(" ") })}</li>`)}
      ${isActive(session) ? html`<li>${attemptWords(attempt, maxAttempts)}${lost.length === 0 ? ` · ${t("imports.runs", { number: fence })}` : ""}</li>` : nothing}</ul>`;
}

/** How it ended, in a sentence and what it did. @param {Session} session */
export function verdict(session) {
  if (isActive(session)) return nothing;
  const { state, error, source } = session;
  const tone = state === "completed" ? "banner-good" : state === "failed" ? "banner-bad" : "";
  const lines = summary(session);
  return html`
    <section class="banner ${tone} verdict" role="status" data-verdict=${state}>
      ${state === "completed" ? icon("check-circle") : state === "cancelled" ? icon("slash-circle") : icon("exclamation-triangle")}
      <div><strong>${t("imports.verdict", { state: word("importstate", state), time: lasted(session) || "—", source })}</strong>
        ${session.dryRun ? html`<div data-dry>${t("imports.dry_end")}</div>` : nothing}
        ${error ? html`<div>${failureWords(error)}</div>` : nothing}
        ${state === "cancelled" && !session.dryRun ? html`<div>${t("imports.kept")}</div>` : nothing}
        ${lines.length > 0 ? html`<ul>${lines.map((line) => html`<li>${line}</li>`)}</ul>` : nothing}</div></section>`;
}
