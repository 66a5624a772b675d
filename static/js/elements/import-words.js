/** What is said of an import session, wherever it is shown: what it is, how it stands, how far it is, what came of it. */
import { html, nothing } from "lit";
import { formatAgo, formatDate, formatDuration, formatNumber, serverNow } from "../core/format.js";
import { OUTCOMES, SUBJECT, camel, isActive, percentOf, tallies } from "../core/imports.js";
import { t, word } from "../core/words.js";
import { icon } from "./icon.js";
import { whyFailed } from "./job-words.js";

/** @typedef {import("../core/imports.js").Session} Session */

/** The task as the users know it: state → its sign and name. @type {Record<string, [unknown, string]>} */
const TASKS = {
  queued: [icon("hourglass-split"), "PENDING"],
  running: ["▶", "STARTED"],
  retry_wait: ["↻", "RETRY"],
  completed: ["✓", "SUCCESS"],
  completed_with_errors: ["⚠", "SUCCESS"],
  failed: ["✕", "FAILURE"],
  cancelled: ["⊘", "REVOKED"],
};

/** @param {string} type */
export const typeWord = (type) => word("importtype", type);

/** `Каталог #42`. @param {Session} session */
export const nameOf = ({ id, type }) => t("imports.name", { type: typeWord(type), id });

/** Of counts (`priceTypes`), stages (`price_types`) or the reader (`price_type`). @param {string} kind */
export const kindWord = (kind) => word("importkind", plural(camel(kind)));

/** @param {string} name */
const plural = (name) => (name.endsWith("s") ? name : `${name.replace(/y$/, "ie")}s`);

/** How it stands. @param {Session} session */
export function stateWords(session) {
  const { state, runAt } = session;
  if (isActive(session) && session.cancelRequested) return t("imports.cancelling");
  if (state === "retry_wait" && runAt) return t("imports.retry_at", { time: formatDate(runAt, "minute") });
  return word("importstate", state);
}

/** The same with its sign: colour alone says nothing to many; and whether it only tries. @param {Session} session */
export const stateMark = (session) => html`
  <span class="state state-import-${session.state}" data-state=${session.state}>${signOf(session)} ${stateWords(session)}</span>${session.dryRun ? html` <span class="chip" data-dry>${t("imports.dry")}</span>` : nothing}`;

/** @param {Session} session */
function signOf({ state }) {
  if (state === "running") return icon("play-fill");
  if (state === "queued" || state === "retry_wait") return icon("hourglass-split");
  if (state === "completed") return icon("check-circle");
  return state === "cancelled" ? icon("slash-circle") : icon("exclamation-triangle");
}

/** `▶ STARTED` of the worker that has it, and which attempt it is. @param {Session} session */
export function taskWords(session) {
  const { state, worker, attempt, maxAttempts } = session;
  const [sign, name] = TASKS[state] ?? ["", state.toUpperCase()];
  const parts = [state === "running" && worker ? t("imports.worker", { worker: String(worker) }) : "", isActive(session) && attempt > 1 ? attemptWords(attempt, maxAttempts) : ""];
  return html`<span class="task"><span aria-hidden="true">${sign}</span> ${name}</span>${parts.filter(Boolean).map((text) => html` <span class="by">· ${text}</span>`)}`;
}

/** @param {number} attempt @param {number} [max] */
export const attemptWords = (attempt, max) => (max ? t("imports.attempt_of", { attempt, max }) : t("imports.attempt", { attempt }));

/** @param {Session} session */
export function percentWords(session) {
  const percent = percentOf(session);
  return percent === null ? "" : `${formatNumber(Math.floor(percent))} %`;
}

/** @param {Session} session */
export const bar = (session) => html`<progress max="100" aria-label=${nameOf(session)} value=${percentOf(session) ?? nothing}></progress>`;

/** `63 % · 412/s · 5 min left`. What has hardly begun cannot tell its end. @param {Session} session */
export function pace(session) {
  const { rate = 0, etaSeconds } = session.progress ?? {};
  const begun = (percentOf(session) ?? 0) >= 1 && rate >= 1;
  const parts = [percentWords(session), rate >= 1 ? t("jobs.rate", { rate: Math.round(rate) }) : "", begun && etaSeconds ? t("jobs.left", { time: formatDuration(etaSeconds * 1000) }) : ""];
  return parts.filter(Boolean).join(" · ");
}

/** How many rows it was about: `Товары: 6 200`. @param {Session} session */
export function subjectWords(session) {
  const kind = SUBJECT[session.type];
  const tally = session.counts?.[kind];
  return tally ? t("imports.kind_count", { kind: kindWord(kind), number: tally.read }) : "";
}

/** What became of all rows together, what is not nothing: `создано 3 120, обновлено 771`. @param {import("../core/imports.js").Tally} tally */
export function outcomes(tally) {
  const parts = OUTCOMES.filter((name) => name !== "read" && tally[name] > 0).map((name) => t("imports.outcome", { what: word("importcount", name).toLowerCase(), number: tally[name] }));
  return parts.join(", ") || t("count.none");
}

/** A line of a report for each kind that was met. @param {Session} session */
export const summary = (session) => tallies(session).filter(([, tally]) => tally.read > 0 || tally.deactivated > 0).map(([kind, tally]) => `${kindWord(kind)}: ${outcomes(tally)}`);

/** How long it took, or takes until now. @param {Session} session */
export function lasted(session) {
  const { seconds, startedAt, finishedAt } = session;
  if (finishedAt && typeof seconds === "number") return formatDuration(seconds * 1000);
  const end = finishedAt ? Date.parse(finishedAt) : isActive(session) ? serverNow() : null;
  return startedAt && end !== null ? formatDuration(end - Date.parse(startedAt)) : "";
}

/** @param {string|null|undefined} at */
export const when = (at) => (at ? html`<time datetime=${at} title=${formatDate(at, "full")}>${formatAgo(at)}</time>` : "—");

/** Our words for why it failed; and where the server's own say more, those. @param {{code: string, message: string}} error */
export function failureWords(error) {
  const words = whyFailed(error);
  return words === error.message ? html`${words}` : html`${words} <span class="by" data-detail>${error.message}</span>`;
}

/** What stands in the way, as the server names it: our words for a code that we know. @param {{why?: string|null, code?: string, message?: string|null}} what */
export function reasonWords({ why, code = why ?? "", message }) {
  const known = word("importwhy", code);
  return known === code ? (message ?? code) : known;
}
