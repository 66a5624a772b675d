/**
 * Uploads on the page of files: chosen with the button or dropped anywhere on the page. New files go where the filters look.
 *
 * @typedef {import("../../core/store.js").Row} Row
 */
import { html, nothing } from "lit";
import { may } from "../../core/rights.js";
import { FILES_MAX, Uploads } from "../../core/uploads.js";
import { uploadSender } from "../../core/upload-send.js";
import { formatBytes } from "../../core/format.js";
import { quoted, t } from "../../core/words.js";
import { icon } from "../../elements/icon.js";
import { uploadPanel, why } from "../../elements/upload-panel.js";
import { SyncManager } from "../../sync.js";
import { announce, showToast } from "../../utils.js";

/** What a new file takes from the filters. */
const FIELDS = ["category_id", "registrator_id"];

export class Uploading {
  #over = false;
  #mayEdit;
  #list;
  #draw;

  /** @param {import("../page.js").Page} page @param {{store: import("../../core/store.js").ListStore, named: (field: string) => string|null}} list */
  constructor({ user, draw }, list) {
    this.#mayEdit = may(user, "files.edit");
    this.#list = list;
    this.#draw = draw;
    const send = uploadSender({ open: () => new XMLHttpRequest(), headers });
    const name = () => crypto.getRandomValues(new Uint32Array(4)).join("-");
    this.uploads = new Uploads({ send, name, changed: draw, ended: (upload) => this.#ended(upload) });
  }

  start() {
    if (!this.#mayEdit) return;
    addEventListener("dragenter", (event) => this.#drag(event, true));
    addEventListener("dragover", (event) => this.#drag(event, true));
    addEventListener("dragleave", (event) => event.relatedTarget === null && this.#drag(event, false));
    addEventListener("drop", (event) => this.#drop(event));
    addEventListener("beforeunload", (event) => this.uploads.busy && event.preventDefault());
    // Of what shows here anyway no message need come.
    document.addEventListener("notification", (event) => {
      const { type, data } = /** @type {CustomEvent} */ (event).detail ?? {};
      if (type === "upload_status" && this.uploads.has(data?.upload_id)) event.preventDefault();
    });
  }

  tools() {
    if (!this.#mayEdit) return nothing;
    return html`
      <input type="file" multiple hidden data-files @change=${(/** @type {any} */ event) => this.#chosen(event.target)}>
      <button type="button" class="btn btn-plain" data-choose title=${this.#place} @click=${choose}>${icon("upload")} ${t("upload.do")}</button>`;
  }

  above() {
    const { uploads } = this;
    return uploadPanel({
      items: uploads.items,
      over: this.#over,
      place: this.#place,
      stop: (id) => uploads.stop(id),
      again: (id) => uploads.again(id),
      remove: (id) => (uploads.remove(id), this.#refocus()),
      clear: () => (uploads.clear(), this.#refocus()),
    });
  }

  /** The bytes, where the server has them. @param {Row} row */
  size(row) {
    const size = formatBytes(row.size);
    return hasContent(row) ? html`<a href="/api/files/${row.id}/content" download aria-label=${t("upload.get", { name: row.name })} title=${t("upload.get", { name: row.name })}>${icon("download")} ${size}</a>` : size;
  }

  /** In the record's dialog. @param {() => Row} row */
  panel(row) {
    const template = () => (hasContent(row()) ? html`<p class="download">${this.size(row())}</p>` : nothing);
    return { template, end() {} };
  }

  /** Where new files go. */
  get #place() {
    const names = FIELDS.map((field) => this.#list.named(field)).filter((name) => name !== null);
    return names.length > 0 ? t("upload.into", { place: names.map(quoted).join(", ") }) : t("upload.anywhere");
  }

  /** @param {HTMLInputElement} input */
  #chosen(input) {
    this.#add([...(input.files ?? [])]);
    input.value = ""; // the same file may be chosen again
  }

  /** @param {File[]} files */
  #add(files) {
    if (files.length === 0) return;
    const { filters } = this.#list.store.query;
    const left = this.uploads.add(files, Object.fromEntries(FIELDS.filter((field) => filters[field]).map((field) => [field, filters[field]])));
    announce(t("upload.begun", { count: files.length - left }));
    if (left > 0) showToast(t("upload.too_many", { count: left, max: FILES_MAX }), "warning", { key: "uploads" });
  }

  /** @param {DragEvent} event @param {boolean} over */
  #drag(event, over) {
    if (!event.dataTransfer?.types.includes("Files") || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
    if (over === this.#over) return;
    this.#over = over;
    this.#draw();
  }

  /** @param {DragEvent} event */
  #drop(event) {
    if (!this.#over) return;
    this.#drag(event, false);
    const entries = [...(event.dataTransfer?.items ?? [])].map((item) => ({ file: item.getAsFile(), folder: item.webkitGetAsEntry?.()?.isDirectory ?? false }));
    if (entries.some(({ folder }) => folder)) showToast(t("upload.no_folders"), "warning", { key: "uploads-folders" });
    this.#add(entries.flatMap(({ file, folder }) => (file && !folder ? [file] : [])));
  }

  /** @param {import("../../core/uploads.js").Upload} upload */
  #ended({ file, state, error }) {
    if (state === "failed") announce(t("upload.failed", { name: file.name, why: why(error) }), true);
    if (!this.uploads.busy) announce(t("upload.ended", { count: this.uploads.items.filter(({ state }) => state === "done").length }));
    if (state === "done") this.#list.store.apply().catch(() => {}); // the list shows its own failure
  }

  /** The line that had the focus is gone. */
  #refocus() {
    queueMicrotask(() => /** @type {HTMLElement|null} */ (document.querySelector("[data-upload] button") ?? document.querySelector("[data-choose]"))?.focus());
  }
}

/** The file dialog of the browser. @param {Event} event */
const choose = ({ currentTarget }) => /** @type {HTMLInputElement} */ (/** @type {Element} */ (currentTarget).previousElementSibling).click();

/** @param {Row} row */
const hasContent = (row) => row.has_content === true;

/** Who sends, in what language he wants to hear of it. */
async function headers() {
  const { data } = await SyncManager.request("GET", "/api/me");
  return { "X-CSRF-Token": data.csrf, "X-Client-Id": SyncManager.http.clientId, "Accept-Language": document.documentElement.lang };
}
