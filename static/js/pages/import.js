/** Starting an import from 1C. What is chosen is the address (`?type=catalog&source=1c/2026-11&dry_run=1`): a link fills the form in. */
import { html } from "lit";
import { clock } from "../core/clock.js";
import { ImportForm } from "../core/import-form.js";
import { SetUpload, fitting } from "../core/import-upload.js";
import { TYPES, formHref, sessionHref } from "../core/imports.js";
import { pollWhileDown } from "../core/poll.js";
import { may } from "../core/rights.js";
import { sendForm } from "../core/upload-send.js";
import { explain, t } from "../core/words.js";
import { failure } from "../elements/failure.js";
import { OPTIONS, buttons, options, running, source, types, why } from "../elements/import-form.js";
import { preview } from "../elements/import-preview.js";
import { uploadZone } from "../elements/import-upload.js";
import { icon } from "../elements/icon.js";
import { SyncManager } from "../sync.js";
import { announce, showToast } from "../utils.js";
import { complain, startPage } from "./page.js";

startPage("import", ({ user, draw }) => {
  const form = new ImportForm(here(), { request: SyncManager.request.bind(SyncManager), changed });
  const upload = new SetUpload({ send, changed: draw, done: uploaded });
  let over = false;

  const template = () => {
    if (!may(user, "imports.run")) return html`<div class="banner banner-bad" role="alert">${t("error.forbidden", { right: "imports.run" })}</div>`;
    return html`
      <div class="page-head"><h1>${t("imports.form_title")}</h1><a class="btn btn-plain import-history" href="/admin/integrations/session/">${icon("clock-history")} ${t("imports.all")}</a></div>
      ${form.error ? failure(form.error, refresh) : ""}
      ${running(form)}
      <form class="panel import-form" @submit=${(/** @type {Event} */ event) => event.preventDefault()}>
        ${types(form)}
        ${source(form, { refresh, upload: uploadZone(upload, { over, chosen }) })}
        ${options(form)}
        ${form.refusal ? html`<p class="banner banner-bad" role="alert" data-refusal>${icon("exclamation-triangle")}<span>${explain(form.refusal)}</span></p>` : ""}
        ${buttons(form, { look, start: begin })}
      </form>
      ${preview(form)}`;
  };

  /** The address follows the form, so that it can be handed on. */
  function changed() {
    const fields = { type: form.type, source: form.source, ...Object.fromEntries(OPTIONS.map((name) => [name, form.options[name] ? "1" : ""])) };
    if (form.loaded) history.replaceState(null, "", formHref(fields));
    draw();
  }

  const refresh = () => form.learn().catch(() => {}); // the form shows its failure
  const look = () => form.look();

  async function begin() {
    const reason = why(form);
    if (reason) return showToast(reason, "info", { key: "import" });
    if (form.starting) return;
    const session = await form.start();
    if (session) location.assign(sessionHref(session.id));
    else complain(form.refusal, "import");
  }

  /** @param {{files: File[], onProgress: (sent: number) => void, signal: AbortSignal}} what */
  function send({ files, onProgress, signal }) {
    const data = new FormData();
    for (const file of files) data.append("file", file);
    return sendForm({ open: () => new XMLHttpRequest(), headers }, { url: "/api/imports/upload", form: data, onProgress, signal });
  }

  /** @param {string} name */
  async function uploaded(name) {
    announce(t("imports.uploaded", { source: name }));
    await refresh();
    form.choose({ source: name });
  }

  /** @param {HTMLInputElement} input */
  function chosen(input) {
    take([...(input.files ?? [])]);
    input.value = ""; // the same file may be chosen again
  }

  /** @param {File[]} files */
  function take(files) {
    if (upload.state === "sending" || files.length === 0) return;
    const [good, left] = fitting(files);
    if (left > 0) showToast(t("imports.upload_left", { count: left }), "warning", { key: "import-upload" });
    if (good.length > 0) upload.send(good);
  }

  /** @param {DragEvent} event @param {boolean} now */
  function drag(event, now) {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
    if (now === over) return;
    over = now;
    draw();
  }

  /** @param {DragEvent} event */
  function drop(event) {
    if (!over) return;
    drag(event, false);
    take([...(event.dataTransfer?.files ?? [])].filter(({ size, type }) => size > 0 || type !== "")); // a folder is an entry without either
  }

  async function start() {
    if (!may(user, "imports.run")) return;
    for (const name of /** @type {const} */ (["dragenter", "dragover"])) addEventListener(name, (event) => drag(event, true));
    addEventListener("dragleave", (event) => event.relatedTarget === null && drag(event, false));
    addEventListener("drop", drop);
    addEventListener("beforeunload", (event) => upload.state === "sending" && event.preventDefault());
    pollWhileDown((listener) => SyncManager.onStatus(listener), () => form.learn(), clock);
    await form.follow(SyncManager);
  }

  return { template, start };
});

/** What the address fills in. */
function here() {
  const query = new URLSearchParams(location.search);
  const type = TYPES.find((each) => each === query.get("type")) ?? "catalog";
  return { type, source: query.get("source") ?? "", options: Object.fromEntries(OPTIONS.map((name) => [name, query.get(name) === "1"])) };
}

/** Who sends, in what language he wants to hear of it. */
async function headers() {
  const { data } = await SyncManager.request("GET", "/api/me");
  return { "X-CSRF-Token": data.csrf, "X-Client-Id": SyncManager.http.clientId, "Accept-Language": document.documentElement.lang };
}
