/** Signing in. Returns to the page that was asked for. */
import { html, nothing, render } from "lit";
import { showErrors, validateForm } from "../core/form.js";
import { explain, i18n, ready, t } from "../core/words.js";
import { icon } from "../elements/icon.js";
import { languages, themeSwitch } from "../elements/shell.js";
import { SyncManager } from "../sync.js";

await ready;
const main = /** @type {HTMLElement} */ (document.getElementById("main"));
const state = { busy: false, error: "", shown: false };

/** Only a path of our own: a link from elsewhere must not lead away after sign-in. */
function next() {
  const wanted = new URLSearchParams(location.search).get("next") ?? "/";
  const url = new URL(wanted, location.origin);
  return wanted.startsWith("/") && url.origin === location.origin && url.pathname !== "/login" ? url.pathname + url.search : "/";
}

/** @param {SubmitEvent} event */
async function submit(event) {
  event.preventDefault();
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (state.busy || !validateForm(form).valid) return;
  const { login, password } = Object.fromEntries(new FormData(form));
  show({ busy: true, error: "" });
  try {
    await SyncManager.request("POST", "/api/login", { login, password }, { quiet401: true });
    location.assign(next());
  } catch (error) {
    show({ busy: false, error: explain(error) });
    refused(form);
  }
}

/** The login stays; the password is typed again. @param {HTMLFormElement} form */
function refused(form) {
  showErrors(form, {});
  const password = /** @type {HTMLInputElement} */ (form.elements.namedItem("password"));
  password.value = "";
  password.focus();
}

/** @param {Partial<typeof state>} change */
function show(change) {
  Object.assign(state, change);
  draw();
}

function draw() {
  document.title = `${t("page.login")} · Lockstep`;
  render(template(), main);
}

const template = () => html`
  <div class="login">
    <div class="login-tools">${languages()}${themeSwitch(draw)}</div>
    <form class="login-card" novalidate @submit=${submit}>
      <div class="brand"><img src="/static/dist/favicon.svg" alt="" width="36" height="36"><span>Lockstep</span></div>
      <h1>${t("page.login")}</h1>
      <div class="banner banner-bad" role="alert" ?hidden=${!state.error}>${icon("exclamation-triangle")}<span>${state.error}</span></div>
      <div class="field" data-field="login">
        <label class="form-label" for="login">${t("col.login")}</label>
        <input class="form-control" id="login" name="login" autocomplete="username" autocapitalize="none" spellcheck="false" required autofocus>
      </div>
      <div class="field" data-field="password">
        <label class="form-label" for="password">${t("col.password")}</label>
        <div class="with-button">
          <input class="form-control" id="password" name="password" type=${state.shown ? "text" : "password"} autocomplete="current-password" required>
          <button type="button" class="btn btn-plain square" aria-pressed=${String(state.shown)} aria-label=${t("login.show")} title=${t("login.show")}
            @click=${() => show({ shown: !state.shown })}>${state.shown ? icon("eye-slash") : icon("eye")}</button>
        </div>
      </div>
      <button class="btn btn-primary wide" ?disabled=${state.busy}>${state.busy ? t("login.busy") : t("login.enter")}</button>
      ${state.error ? html`<p class="form-text">${t("login.help")}</p>` : nothing}
    </form>
  </div>`;

i18n.onChange(draw);
draw();
