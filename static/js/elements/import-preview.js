/** What was found in a source before anything is written: how much of what, whether it is all there, what is wrong with it. */
import { html, nothing } from "lit";
import { formatBytes, formatNumber } from "../core/format.js";
import { lacking } from "../core/import-form.js";
import { sessionHref } from "../core/imports.js";
import { explain, t, word } from "../core/words.js";
import { icon } from "./icon.js";
import { place } from "./import-report.js";
import { kindWord, reasonWords } from "./import-words.js";

/** @typedef {import("../core/import-form.js").Preview} Preview */
/** @typedef {import("../core/import-form.js").PreviewFile} PreviewFile */

const COLUMNS = /** @type {const} */ (["file", "kinds", "size", "found_col"]);

/** @param {import("../core/import-form.js").ImportForm} form */
export function preview(form) {
  const { preview: found, previewError: error, type, options } = form;
  if (error) return html`<p class="banner banner-bad" role="alert" data-preview-error>${icon("exclamation-triangle")}<span>${explain(error)}</span></p>`;
  if (!found) return nothing;
  return html`
    <section class="import-preview" aria-labelledby="preview-title" data-found><h2 id="preview-title">${t("imports.found", { source: found.source })}</h2>
      ${found.why && form.obstacle === "preview" ? html`<p class="banner banner-bad" data-found-why>${icon("exclamation-triangle")}<span>${reasonWords(found.why)}</span></p>` : nothing}
      <p class="import-counts" role="status">${counted(found.counts)}</p>
      <ul class="import-notes">${notes(found, lacking(type, found), options.skip_broken).map(([sign, words]) => html`<li>${sign} ${words}</li>`)}</ul>
      <div class="table-frame"><table class="table list">
        <thead><tr>${COLUMNS.map((name) => html`<th scope="col">${t(`imports.${name}`)}</th>`)}</tr></thead>
        <tbody>${found.files.map(fileRow)}</tbody></table></div>
    </section>`;
}

/** @param {Record<string, number>} counts */
function counted(counts) {
  const parts = Object.entries(counts).filter(([, number]) => number > 0).map(([kind, number]) => html`<span>${kindWord(kind)}: <strong>${formatNumber(number)}</strong></span>`);
  return parts.length > 0 ? parts : t("imports.found_nothing");
}

/** @param {Preview} found @param {string[]} missing @param {boolean} skipped broken files are left out @returns {[unknown, string][]} */
function notes({ full, ignored, documents, files }, missing, skipped) {
  const broken = files.filter(({ error }) => error).length;
  const warn = icon("exclamation-triangle");
  const quiet = icon("info-circle");
  /** @type {[unknown, string|false][]} */ const all = [
    [quiet, full ? t("imports.full") : t("imports.changes")],
    [warn, broken > 0 && (skipped ? t("imports.broken_skipped", { count: broken }) : t("imports.broken", { count: broken }))],
    [warn, missing.length > 0 && t("imports.missing", { kinds: missing.map(kindWord).join(", ") })],
    [quiet, ignored > 0 && t("imports.ignored", { count: ignored })],
    [quiet, documents > 0 && t("imports.documents", { count: documents })],
  ];
  return /** @type {[unknown, string][]} */ (all.filter(([, words]) => words));
}

/** @param {PreviewFile} file */
function fileRow({ name, bytes, encoding, schema, kinds, full, problems, error, seenBefore }) {
  const wrong = Object.entries(problems ?? {});
  return html`<tr data-file=${name}>
    <td data-label=${t("imports.file")}><div class="cell">${name}</div></td>
    <td data-label=${t("imports.kinds")}><div class="cell">${Object.entries(kinds ?? {}).map(([kind, number]) => `${kindWord(kind)}: ${formatNumber(number)}`).join(", ") || "—"}</div></td>
    <td data-label=${t("imports.size")}><div class="cell">${formatBytes(bytes)} <span class="by">${[encoding, schema].filter(Boolean).join(" · ")}</span></div></td>
    <td data-label=${t("imports.found_col")}><div class="cell">${error ? html`<span class="bad">${icon("exclamation-triangle")} ${place(error)} <span title=${error.message}>${word("issuecode", error.code)}</span></span>` : nothing}
      ${full?.length > 0 ? html`<span class="chip">${t("imports.full_short")}</span>` : nothing}
      ${wrong.map(([code, number]) => html`<span class="bad">${word("issuecode", code)}: ${formatNumber(number)}</span> `)}
      ${seenBefore ? html`<a href=${sessionHref(seenBefore)}>${t("imports.seen_before", { id: seenBefore })}</a>` : nothing}
      ${!error && wrong.length === 0 && !seenBefore && !(full?.length > 0) ? html`${icon("check-circle")} ${t("imports.fine")}` : nothing}</div></td></tr>`;
}
