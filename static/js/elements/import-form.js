/** The form of an import: what kind, from where, how; what keeps it from starting, said before anybody presses. */
import { html, nothing } from "lit";
import { formatAgo, formatBytes } from "../core/format.js";
import { TYPES, sessionHref } from "../core/imports.js";
import { t, word } from "../core/words.js";
import { icon } from "./icon.js";
import { bar, nameOf, pace, reasonWords, stateWords, typeWord } from "./import-words.js";

/** @typedef {import("../core/import-form.js").ImportForm} Form */

/** As the server calls them. */
export const OPTIONS = /** @type {const} */ (["dry_run", "skip_broken", "allow_mass_delete"]);
const KINDS = { folder: "folder", archive: "archive", file: "file" };

/** @param {Form} form */
export const types = (form) => html`
  <fieldset class="import-types"><legend>${t("imports.what")}</legend>
    ${TYPES.map((type) => {
      const locked = form.locked(type);
      return html`<div class="import-type"><label class="form-check"><input type="radio" class="form-check-input" name="type" value=${type} .checked=${type === form.type}
          aria-describedby="about-${type}" @change=${() => form.choose({ type })}>
        <span class="form-check-label">${typeWord(type)}${locked ? html` ${icon("lock")}` : nothing}</span></label>
        <span class="form-text" id="about-${type}" data-about=${type}>${locked ? html`<span class="locked">${reasonWords(locked)}</span>` : word("importabout", type)}</span></div>`;
    })}
  </fieldset>`;

/** @param {Form} form @param {{refresh: () => void, upload: unknown}} ports */
export const source = (form, { refresh, upload }) => html`
  <section class="import-source" aria-labelledby="source-title"><h2 id="source-title"><label for="source">${t("imports.source")}</label></h2>
    ${form.loaded && form.sources.length === 0 ? noSource(form.root) : html`
      <div class="import-choice"><select class="form-select" id="source" ?disabled=${form.sources.length === 0} @change=${(/** @type {any} */ { target }) => form.choose({ source: target.value })}>
          ${form.sources.map((each) => html`<option value=${each.name} .selected=${each.name === form.source}>${sourceWords(each)}</option>`)}</select>
        <button type="button" class="btn btn-plain" data-refresh @click=${refresh}>${icon("arrow-clockwise")} ${t("imports.refresh")}</button></div>
      <p class="form-text">${t("imports.source_hint", { root: form.root })}</p>`}
    ${upload}
  </section>`;

/** @param {import("../core/import-form.js").Source} source */
function sourceWords({ name, kind, files, bytes, modifiedAt }) {
  const what = kind in KINDS && kind !== "folder" ? t(`imports.is_${kind}`) : t("imports.file_count", { count: files });
  return [name, what, formatBytes(bytes), formatAgo(modifiedAt)].filter(Boolean).join(" · ");
}

/** @param {string} root */
const noSource = (root) => html`
  <div class="empty import-empty" data-no-source><p class="empty-title">${t("imports.no_source")}</p>
    <p>${t("imports.no_source_hint")} <code data-theirs>[jobs] import_root</code>: <code data-theirs data-root>${root}</code></p>
    <p>${t("imports.exchange_hint")} <code data-theirs>${new URL("/1c_exchange", location.href).href}</code></p></div>`;

/** @param {Form} form */
export const options = (form) => html`
  <fieldset class="import-options"><legend>${t("imports.options")}</legend>
    ${OPTIONS.map((name) => html`<label class="form-check form-switch"><input type="checkbox" role="switch" class="form-check-input" name=${name} aria-describedby="about-${name}"
        .checked=${form.options[name] ?? false} @change=${(/** @type {any} */ { target }) => form.set(name, target.checked)}><span class="form-check-label">${t(`imports.${name}`)}</span></label>
      <p class="form-text" id="about-${name}">${t(`imports.${name}_hint`)}</p>`)}
  </fieldset>`;

/** That another one runs, live. @param {Form} form */
export function running(form) {
  const { running: session } = form;
  if (!session) return nothing;
  return html`
    <section class="banner banner-warn" role="status" data-running=${session.id}>${icon("hourglass-split")}
      <div class="import-pace"><strong>${t("imports.running", { name: nameOf(session) })}</strong>
        <span class="by">${[session.requestedBy?.name, stateWords(session)].filter(Boolean).join(" · ")}</span>
        ${bar(session)}<span data-percent>${pace(session)}</span></div>
      <a class="btn btn-sm btn-plain" href=${sessionHref(session.id)}>${t("imports.open", { id: session.id })}</a></section>`;
}

/** Both ways on: to look, and to start. One that cannot be had can still be reached, and says why. @param {Form} form @param {{look: () => void, start: () => void}} ports */
export function buttons(form, { look, start }) {
  const reason = why(form);
  return html`
    <div class="import-start">
      <button type="button" class="btn btn-plain" data-preview ?disabled=${!form.source || form.previewing} aria-busy=${String(form.previewing)} @click=${look}>${icon("eye")} ${form.previewing ? t("imports.previewing") : t("imports.preview")}</button>
      <button type="button" class="btn btn-primary" data-start aria-disabled=${String(reason !== "")} aria-describedby="start-why" aria-busy=${String(form.starting)} @click=${start}>
        ${icon("play-fill")} ${form.options.dry_run ? t("imports.start_dry") : t("imports.start")}</button>
      <span class="by" id="start-why" data-why>${reason}</span></div>`;
}

/** What keeps it from starting; empty: nothing. @param {Form} form */
export function why(form) {
  switch (form.obstacle) {
    case "running": return t("imports.running_why", { id: form.running?.id ?? "" });
    case "locked": return reasonWords(form.locked(form.type) ?? {});
    case "source": return t("imports.source_why");
    case "preview": return form.preview?.why ? reasonWords(form.preview.why) : t("imports.preview_why");
    case "loading": return t("list.loading");
    default: return "";
  }
}
