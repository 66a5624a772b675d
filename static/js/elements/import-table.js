/** Import sessions as a table; on a narrow screen a card each. */
import { html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { canRetry, isActive, sessionHref } from "../core/imports.js";
import { t } from "../core/words.js";
import { icon } from "./icon.js";
import { bar, lasted, nameOf, pace, percentWords, stateMark, subjectWords, taskWords, typeWord, when } from "./import-words.js";

/**
 * @typedef {import("../core/imports.js").Session} Session
 *
 * @typedef {object} Deeds
 * @property {(session: Session) => void} cancel
 * @property {(session: Session) => void} retry
 * @property {ReadonlySet<string>} busy       sessions whose retry is under way
 */

const COLUMNS = /** @type {const} */ (["id", "type", "state", "task", "progress", "started", "lasted", "who"]);

/** @param {Session[]} sessions @param {Deeds} deeds @param {boolean} loading */
export const sessionsTable = (sessions, deeds, loading) => html`
  <div class="table-frame" aria-busy=${String(loading)}>
    <table class="table list imports" data-imports>
      <caption class="visually-hidden">${t("page.sessions")}</caption>
      <thead><tr>${COLUMNS.map((name) => html`<th scope="col">${t(`imports.col_${name}`)}</th>`)}
        <th class="tight"><span class="visually-hidden">${t("list.actions")}</span></th></tr></thead>
      <tbody>${repeat(sessions, ({ id }) => id, (session) => row(session, deeds))}</tbody>
    </table>
  </div>`;

/** @param {Session} session @param {Deeds} deeds */
function row(session, deeds) {
  const { id, source, requestedBy, startedAt, createdAt, issuesTotal } = session;
  const cells = {
    id: html`<a href=${sessionHref(id)}>#${id}<span class="visually-hidden"> ${typeWord(session.type)}</span></a>`,
    type: html`${typeWord(session.type)} <span class="by">${source}</span>`,
    state: html`${stateMark(session)}${issuesTotal > 0 ? html` <span class="chip">${t("imports.issues_short", { count: issuesTotal })}</span>` : nothing}`,
    task: taskWords(session),
    progress: progressOf(session),
    started: when(startedAt ?? createdAt),
    lasted: lasted(session) || "—",
    who: requestedBy?.name ?? "—",
  };
  return html`<tr data-session=${id}>
    ${COLUMNS.map((name) => html`<td data-label=${t(`imports.col_${name}`)}><div class="cell">${cells[name]}</div></td>`)}
    <td class="tight">${deed(session, deeds)}</td></tr>`;
}

/** @param {Session} session */
function progressOf(session) {
  if (isActive(session)) return html`<span class="import-pace">${bar(session)}<span data-percent>${pace(session)}</span></span>`;
  return session.state.startsWith("completed") ? subjectWords(session) || "—" : percentWords(session) || "—";
}

/** @param {Session} session @param {Deeds} deeds */
function deed(session, { cancel, retry, busy }) {
  const name = nameOf(session);
  if (isActive(session)) return button("cancel", t("jobs.cancel_of", { name }), session.cancelRequested, () => cancel(session), html`${icon("x-lg")}<span class="label">${t("jobs.cancel")}</span>`);
  if (!canRetry(session)) return nothing;
  return button("retry", t("imports.retry_of", { name }), busy.has(session.id), () => retry(session), html`${icon("arrow-repeat")}<span class="label">${t("action.retry")}</span>`);
}

/** @param {string} name @param {string} label @param {boolean} disabled @param {() => void} run @param {unknown} content */
const button = (name, label, disabled, run, content) => html`
  <button type="button" class="btn btn-sm btn-plain" data-do=${name} aria-label=${label} title=${label} ?disabled=${disabled} @click=${run}>${content}</button>`;
