/** Keys of programs: made with their rights, shown once, withdrawn. */
import { html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { rightWords } from "../../core/audit-words.js";
import { showErrors, validateForm } from "../../core/form.js";
import { formatAgo, formatDate } from "../../core/format.js";
import { ENTITIES, OTHER_RIGHTS } from "../../core/rights.js";
import { explain, explainField, i18n, t } from "../../core/words.js";
import { SyncManager } from "../../sync.js";
import { showToast } from "../../utils.js";
import { icon } from "../icon.js";
import "../board.js"; // one shared file, see there
import { ask } from "../question.js";

/** What a key may be allowed to do; first the doors that only programs have. */
const SCOPES = [...ENTITIES.flatMap((entity) => [`${entity}.view`, `${entity}.edit`]), "publish", "log", "notify", ...OTHER_RIGHTS];

/** @typedef {{id: string, name: string, scopes: string[], created_by: any, created_at: any, last_used_at: any}} ApiKey */

/** @param {import("../../pages/page.js").Page} page @returns {import("../../pages/admin.js").Tab} */
export function make({ draw }) {
  /** @type {ApiKey[]} */ let keys = [];
  let loaded = false;
  let begun = false;
  /** The one just made, until it is put away. @type {{name: string, token: string, copied: boolean}|null} */ let made = null;

  async function learn() {
    keys = (await SyncManager.request("GET", "/api/keys")).data.items;
    loaded = true;
    draw();
  }

  function shown() {
    if (!begun) SyncManager.startIdleGuard(learn);
    begun = true;
    return learn();
  }

  /** @param {SubmitEvent} event */
  async function submit(event) {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (!validateForm(form).valid) return;
    const data = new FormData(form);
    try {
      const { data: key } = await SyncManager.request("POST", "/api/keys", { name: String(data.get("name")).trim(), scopes: data.getAll("scopes") });
      made = { name: key.name, token: key.token, copied: false };
      form.reset();
      await learn();
      document.querySelector("[data-token]")?.scrollIntoView({ block: "nearest" });
    } catch (error) {
      refused(form, /** @type {any} */ (error));
    }
  }

  async function copy() {
    if (!made) return;
    try {
      await navigator.clipboard.writeText(made.token);
      made = { ...made, copied: true };
    } catch {
      /** @type {HTMLInputElement|null} */ (document.querySelector("[data-token]"))?.select(); // no clipboard without TLS: marked, to be copied by hand
    }
    draw();
  }

  /** @param {ApiKey} key */
  async function revoke(key) {
    const yes = await ask({ title: t("key_api.revoke_title", { name: key.name }), text: t("key_api.revoke_text"), yes: t("key_api.revoke"), danger: true });
    if (!yes) return;
    try {
      await SyncManager.request("DELETE", `/api/keys/${encodeURIComponent(key.id)}`);
      showToast(t("key_api.revoked", { name: key.name }), "success");
    } catch (error) {
      if (/** @type {any} */ (error).status !== 404) showToast(explain(error), "error");
    }
    await learn();
  }

  const template = () => html`
    ${made ? secret(made, copy, () => ((made = null), draw())) : nothing}
    ${maker(submit)}
    ${loaded ? table(keys, revoke) : nothing}`;

  return { template, shown };
}

/** What is wrong with which field, else in a toast. @param {HTMLFormElement} form @param {any} error */
function refused(form, error) {
  const fields = Object.fromEntries(Object.entries(error.fields ?? {}).map(([name, problem]) => [name, explainField(problem)]));
  if (Object.keys(fields).length > 0) showErrors(form, fields);
  else showToast(explain(error), "error");
}

/** The only time that it is to be seen. @param {{name: string, token: string, copied: boolean}} made @param {() => void} copy @param {() => void} done */
const secret = ({ name, token, copied }, copy, done) => html`
  <section class="panel secret" aria-labelledby="secret-title" role="alert">
    <h2 id="secret-title">${t("key_api.made", { name })}</h2>
    <p>${t("key_api.once")}</p>
    <div class="with-button">
      <input class="form-control" readonly data-token aria-label=${t("key_api.token")} .value=${token} @focus=${(/** @type {any} */ event) => event.target.select()}>
      <button type="button" class="btn btn-primary" data-copy @click=${copy}>${copied ? html`${icon("check-lg")} ${t("key_api.copied")}` : html`${icon("copy")} ${t("key_api.copy")}`}</button>
      <button type="button" class="btn btn-plain" data-done @click=${done}>${t("key_api.done")}</button>
    </div>
  </section>`;

/** @param {(event: SubmitEvent) => void} submit */
const maker = (submit) => html`
  <details class="panel key-maker"><summary><h2>${t("key_api.new")}</h2></summary>
    <form novalidate @submit=${submit}>
      <div class="field" data-field="name">
        <label class="form-label" for="key-name">${t("key_api.name")}</label>
        <input class="form-control" id="key-name" name="name" required maxlength="120" autocomplete="off" placeholder=${t("key_api.name_hint")}>
      </div>
      <fieldset class="field" data-field="scopes"><legend class="form-label">${t("key_api.scopes")}</legend>
        <div class="scopes">${SCOPES.map((scope) => html`<label class="form-check"><input class="form-check-input" type="checkbox" name="scopes" value=${scope}><span class="form-check-label">${rightWords(i18n, scope)}</span></label>`)}</div>
      </fieldset>
      <button class="btn btn-primary">${icon("key")} ${t("key_api.make")}</button>
    </form>
  </details>`;

/** @param {ApiKey[]} keys @param {(key: ApiKey) => void} revoke */
function table(keys, revoke) {
  if (keys.length === 0) return html`<div class="empty"><p class="empty-title">${t("key_api.none")}</p><p>${t("key_api.none_hint")}</p></div>`;
  return html`
    <div class="table-frame"><table class="table list">
      <caption class="visually-hidden">${t("tab.keys")}</caption>
      <thead><tr>${/** @type {const} */ (["name", "scopes", "created", "used"]).map((name) => html`<th scope="col">${t(`key_api.${name}`)}</th>`)}<th class="tight"><span class="visually-hidden">${t("list.actions")}</span></th></tr></thead>
      <tbody>${repeat(keys, ({ id }) => id, (key) => html`
        <tr data-key=${key.id}>
          <td data-label=${t("key_api.name")}><b>${key.name}</b></td>
          <td data-label=${t("key_api.scopes")}><div class="cell">${key.scopes.map((scope) => html`<span class="chip">${rightWords(i18n, scope)}</span> `)}</div></td>
          <td data-label=${t("key_api.created")}><div class="cell"><time title=${formatDate(key.created_at, "full")}>${formatAgo(key.created_at)}</time>${key.created_by?.name ? html`<span class="by">, ${key.created_by.name}</span>` : nothing}</div></td>
          <td data-label=${t("key_api.used")}><div class="cell">${key.last_used_at ? html`<time title=${formatDate(key.last_used_at, "full")}>${formatAgo(key.last_used_at)}</time>` : t("word.never")}</div></td>
          <td class="tight"><button type="button" class="btn btn-sm btn-plain" data-revoke aria-label=${t("key_api.revoke_of", { name: key.name })} @click=${() => revoke(key)}>${icon("trash")}<span class="label">${t("key_api.revoke")}</span></button></td>
        </tr>`)}</tbody>
    </table></div>`;
}
