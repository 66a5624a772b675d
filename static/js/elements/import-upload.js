/** One's own files for an import: dropped or chosen, and on their way. */
import { html, nothing } from "lit";
import { formatBytes, formatNumber } from "../core/format.js";
import { t } from "../core/words.js";
import { icon } from "./icon.js";
import { why } from "./upload-panel.js";

/** @param {import("../core/import-upload.js").SetUpload} upload @param {{over: boolean, chosen: (input: HTMLInputElement) => void}} ports */
export const uploadZone = (upload, { over, chosen }) => html`
  <div class="import-drop ${over ? "over" : ""}" data-drop>
    ${upload.state === "sending" ? sending(upload) : html`
      <input type="file" multiple hidden accept=".xml,.zip" data-set @change=${(/** @type {any} */ { target }) => chosen(target)}>
      <button type="button" class="btn btn-plain" data-choose @click=${choose}>${icon("upload")} ${t("imports.upload")}</button>
      <span class="form-text">${over ? t("imports.drop") : t("imports.upload_hint")}</span>`}
    ${upload.state === "failed" ? html`<p class="banner banner-bad" role="alert">${icon("exclamation-triangle")}<span>${t("imports.upload_failed")} ${why(upload.error)}</span>
      <button type="button" class="btn btn-sm btn-plain" data-again @click=${() => upload.again()}>${t("action.retry")}</button></p>` : nothing}
  </div>`;

/** @param {import("../core/import-upload.js").SetUpload} upload */
const sending = (upload) => html`
  <span class="import-pace" role="status"><progress max="100" value=${upload.percent} aria-label=${t("imports.uploading")}></progress>
    <span>${t("imports.file_count", { count: upload.files.length })}, ${formatBytes(upload.size)} · ${upload.percent < 100 ? `${formatNumber(upload.percent)} %` : t("upload.storing")}</span></span>
  <button type="button" class="btn btn-sm btn-plain" data-stop @click=${() => upload.stop()}>${t("jobs.cancel")}</button>`;

/** The file dialog of the browser. @param {Event} event */
const choose = ({ currentTarget }) => /** @type {HTMLInputElement} */ (/** @type {Element} */ (currentTarget).previousElementSibling).click();
