/** Files on their way, a line each; and while files are held over the page, where they would go. */
import { html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { formatBytes, formatNumber } from "../core/format.js";
import { isUnderWay } from "../core/uploads.js";
import { explain, explainField, t } from "../core/words.js";
import { icon } from "./icon.js";

/**
 * @typedef {import("../core/uploads.js").Upload} Upload
 *
 * @typedef {object} PanelState
 * @property {readonly Upload[]} items
 * @property {boolean} over        files are held over the page
 * @property {string} place        where new files go, in words
 * @property {(id: string) => void} stop
 * @property {(id: string) => void} again
 * @property {(id: string) => void} remove
 * @property {() => void} clear
 */

/** @param {PanelState} state */
export function uploadPanel(state) {
  const { items, over, place, clear } = state;
  if (items.length === 0 && !over) return nothing;
  const ended = items.filter((upload) => !isUnderWay(upload)).length;
  return html`
    <section class="uploads ${over ? "over" : ""}" aria-labelledby="uploads-title">
      ${over ? html`<p class="drop">${icon("upload")} ${place}</p>` : nothing}
      ${items.length > 0 ? html`
        <header class="uploads-head"><h2 id="uploads-title">${t("upload.title", { done: items.filter(({ state }) => state === "done").length, total: items.length })}</h2>
          <button type="button" class="btn btn-sm btn-plain" data-clear ?disabled=${ended === 0} @click=${clear}>${t("upload.clear")}</button></header>
        <ul>${repeat(items, ({ file }) => file, (upload) => line(upload, state))}</ul>` : html`<h2 id="uploads-title" class="visually-hidden">${t("upload.do")}</h2>`}
    </section>`;
}

/** One button serves for both, so that the focus stays. @param {Upload} upload @param {PanelState} state */
function line(upload, { stop, again, remove }) {
  const { id, file: { name, size }, state } = upload;
  const underWay = isUnderWay(upload);
  return html`
    <li class="upload" data-upload=${id} data-state=${state}>
      <span class="upload-name">${name} <span class="by">${formatBytes(size)}</span></span>
      ${underWay ? html`<progress max="100" value=${percent(upload)} aria-label=${name}></progress>` : nothing}
      <span class="upload-state">${words(upload)}</span>
      <button type="button" class="btn btn-sm btn-plain" data-do=${underWay ? "stop" : "remove"} aria-label=${t(underWay ? "upload.stop_of" : "upload.remove_of", { name })}
        @click=${() => (underWay ? stop(id) : remove(id))}>${t(underWay ? "jobs.cancel" : "upload.remove")}</button>
      ${state === "failed" || state === "stopped" ? html`<button type="button" class="btn btn-sm btn-plain" data-do="again" aria-label=${t("upload.again_of", { name })}
        @click=${() => again(id)}>${t("action.retry")}</button>` : nothing}
    </li>`;
}

/** @param {Upload} upload */
const percent = ({ sent, file }) => (file.size > 0 ? Math.floor((100 * sent) / file.size) : 0);

/** @param {Upload} upload */
function words(upload) {
  const { state, error, row } = upload;
  if (state === "failed") return html`${icon("exclamation-triangle")} ${why(error)}`;
  if (state === "done") return html`${icon("check-circle")} ${row ? html`<a href="/files?open=${row.id}">${t("upload.done")}</a>` : t("upload.done")}`;
  if (state === "sending") return percent(upload) < 100 ? `${formatNumber(percent(upload))} %` : t("upload.storing");
  return t(state === "waiting" ? "upload.waiting" : "upload.stopped");
}

/** A limit is one of bytes, and people read those otherwise. @param {any} error */
export function why(error) {
  const fields = Object.values(error.fields ?? {}).map(explainField).filter(Boolean);
  if (fields.length > 0) return fields.join(" ");
  const { max } = error.params ?? {};
  return error.code === "too_large" && max ? t("upload.too_large", { max: formatBytes(max) }) : explain(error);
}
