/** What an import found fault with, as a table that can be narrowed, and as files to take away. */
import { html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { KEPT } from "../core/import-issues.js";
import { formatNumber } from "../core/format.js";
import { t, word } from "../core/words.js";
import { failure } from "./failure.js";
import { icon } from "./icon.js";
import { place } from "./import-report.js";
import { kindWord } from "./import-words.js";

/**
 * @typedef {import("../core/import-issues.js").Issues} Issues
 * @typedef {import("../core/import-issues.js").Issue} Issue
 * @typedef {import("../core/imports.js").Session} Session
 */

const SEVERITIES = /** @type {const} */ (["error", "warning"]);
const COLUMNS = /** @type {const} */ (["severity", "place", "row", "value", "message"]);

/** @param {Session} session @param {Issues} issues @param {{files: string[], narrow: (change: Partial<import("../core/import-issues.js").Narrowed>) => void, more: () => void}} ports */
export function issuesPanel(session, issues, { files, narrow, more }) {
  const { id, issuesTotal } = session;
  const narrowed = Object.values(issues.narrowed).some(Boolean);
  if (issuesTotal === 0 && !narrowed) return nothing;
  const link = (/** @type {string} */ form) => html`<a class="btn btn-sm btn-plain" href="/api/imports/${id}/issues.${form}" download data-download=${form}>${icon("download")} ${form.toUpperCase()}</a>`;
  return html`
    <section class="import-part" aria-labelledby="issues-title" data-issues><div class="issues-head"><h2 id="issues-title">${t("imports.issues", { number: issuesTotal })}</h2>
        <span class="issues-links">${link("csv")} ${link("jsonl")}</span></div>
      <div class="toolbar">${filters(session, issues, files, narrow)}</div>
      ${issues.error ? failure(issues.error, more) : nothing}
      ${issues.items.length > 0 ? table(issues.items) : issues.loaded ? html`<p class="by">${t("imports.issues_none")}</p>` : nothing}
      ${issuesTotal > KEPT ? html`<p class="by">${t("imports.issues_kept", { max: KEPT })}</p>` : nothing}
      ${issues.more ? html`<p class="import-more"><button type="button" class="btn btn-plain" data-more ?disabled=${issues.loading} @click=${more}>${t("imports.issues_more", { shown: issues.items.length, total: issues.total })}</button></p>` : nothing}
    </section>`;
}

/** @param {Session} session @param {Issues} issues @param {string[]} files @param {(change: any) => void} narrow */
function filters({ issues: totals }, { narrowed }, files, narrow) {
  const codes = Object.entries(totals?.codes ?? {}).sort(([, a], [, b]) => b - a);
  return html`
    ${filter("severity", narrowed.severity, SEVERITIES.map((name) => [name, `${word("severity", name)} (${formatNumber(totals?.[name] ?? 0)})`]), narrow)}
    ${filter("code", narrowed.code, codes.map(([code, number]) => [code, `${word("issuecode", code)} (${formatNumber(number)})`]), narrow)}
    ${filter("file", narrowed.file, files.map((name) => [name, name]), narrow)}`;
}

/** @param {"severity"|"code"|"file"} name @param {string} chosen @param {string[][]} choices @param {(change: any) => void} narrow */
const filter = (name, chosen, choices, narrow) => html`
  <select class="form-select form-select-sm filter" data-narrow=${name} aria-label=${t(`imports.issue_${name}`)} @change=${(/** @type {any} */ { target }) => narrow({ [name]: target.value })}>
    <option value="" .selected=${!chosen}>${t(`imports.any_${name}`)}</option>
    ${chosen && !choices.some(([value]) => value === chosen) ? html`<option value=${chosen} selected>${chosen}</option>` : nothing}
    ${choices.map(([value, words]) => html`<option value=${value} .selected=${value === chosen}>${words}</option>`)}</select>`;

/** @param {Issue[]} items */
const table = (items) => html`
  <div class="table-frame"><table class="table list table-sm issues">
    <thead><tr>${COLUMNS.map((name) => html`<th scope="col">${t(`imports.issue_${name}`)}</th>`)}</tr></thead>
    <tbody>${repeat(items, ({ n }) => n, row)}</tbody></table></div>`;

/** @param {Issue} issue */
function row({ n, severity, code, file, line, column, kind, extId, field, value, message }) {
  const where = [file, place({ line, column })].filter(Boolean).join(":");
  return html`<tr data-issue=${n} data-code=${code}>
    <td data-label=${t("imports.issue_severity")}><span class="state severity-${severity}">${severity === "error" ? icon("exclamation-triangle") : icon("info-circle")} ${word("severity", severity)}</span></td>
    <td data-label=${t("imports.issue_place")}><div class="cell"><code>${where || "—"}</code></div></td>
    <td data-label=${t("imports.issue_row")}><div class="cell">${[kind ? kindWord(kind) : "", field ?? ""].filter(Boolean).join(" · ")} ${extId ? html`<code>${extId}</code>` : nothing}</div></td>
    <td data-label=${t("imports.issue_value")}><div class="cell">${value ? html`<code>${value}</code>` : "—"}</div></td>
    <td data-label=${t("imports.issue_message")}><div class="cell">${message || word("issuecode", code)}</div></td></tr>`;
}
