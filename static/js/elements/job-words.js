/** What is said of an operation, wherever it is shown: how far it is, what came of it, what can be done about it. */
import { html, nothing } from "lit";
import { formatDuration, formatNumber } from "../core/format.js";
import { isActive, percentOf } from "../core/jobs.js";
import { explain, i18n, t, word } from "../core/words.js";
import { icon } from "./icon.js";

/** @typedef {import("../core/jobs.js").Job} Job */

/** What is worth a word, in this order. */
const COUNTS = /** @type {const} */ (["new", "changed", "returned", "missing", "failed"]);

/** `47 % · 290/s · 2 min left`; where nobody knows of how many, `3 120 · 290/s`. @param {Job} job */
export function howFar(job) {
  if (job.cancelRequested) return t("jobs.cancelling");
  if (job.state !== "running") return word("jobstate", job.state);
  const { done = 0, rate, etaSeconds } = job.progress ?? {};
  const percent = percentOf(job);
  const parts = [
    percent === null ? t("jobs.done", { done }) : `${formatNumber(Math.floor(percent))} %`,
    rate ? t("jobs.rate", { rate: Math.round(rate) }) : "",
    etaSeconds ? t("jobs.left", { time: formatDuration(etaSeconds * 1000) }) : "",
  ];
  return parts.filter(Boolean).join(" · ");
}

/** `+31, missing 2`. @param {Record<string, number>} [counts] */
export function counted(counts = {}) {
  const parts = COUNTS.filter((name) => counts[name] > 0).map((name) => t(`count.${name}`, { number: counts[name] }));
  return parts.join(", ") || t("count.none");
}

/** How it ended. @param {Job} job */
export function outcome({ state, report, error, progress }) {
  if (state === "failed") return t("jobs.failed", { why: error ? whyFailed(error) : word("jobstate", state) });
  if (state === "cancelled") return `${word("jobstate", state)} (${counted(progress?.counts)})`;
  return counted(report?.counts ?? progress?.counts);
}

/** Our own words, which name the cure; else the server's. @param {{code: string, message: string}} error */
export const whyFailed = (error) => (i18n.has(`jobfail.${error.code}`) ? word("jobfail", error.code) : explain(error));

/** How long it took, or has taken; empty where it has not begun. @param {Job} job */
export function lasted({ startedAt, finishedAt }) {
  return startedAt && finishedAt ? formatDuration(Date.parse(finishedAt) - Date.parse(startedAt)) : "";
}

/** @param {Job} job @param {string} name what is under way */
export const bar = (job, name) => html`<progress max="100" aria-label=${name} value=${percentOf(job) ?? nothing}></progress>`;

/** @param {Job} job @param {string} name of what it ends @param {() => void} cancel */
export const cancelButton = ({ cancelRequested }, name, cancel) => html`
  <button type="button" class="btn btn-sm btn-plain" data-cancel aria-label=${t("jobs.cancel_of", { name })} ?disabled=${cancelRequested} @click=${cancel}>${t("jobs.cancel")}</button>`;

/** Its lines. @param {Job} job @param {string} name */
export const journal = ({ kind, id }, name) => html`
  <a class="btn btn-sm btn-plain" href="/logs?source=${kind}-${id}" data-journal aria-label=${t("jobs.journal_of", { name })}>${t("jobs.journal")}</a>`;

/** Icon and word: colour alone says nothing to many. @param {Job} job */
export function stateMark(job) {
  const { state } = job;
  const sign = isActive(job) ? icon("arrow-repeat") : state === "completed" ? icon("check-circle") : state === "cancelled" ? icon("slash-circle") : icon("exclamation-triangle");
  return html`<span class="state state-job-${state}">${sign} ${word("jobstate", state)}</span>`;
}
