/** Signing in. Returns to the page that was asked for. */
import { html, nothing, render } from "lit";
import { showErrors, validateForm } from "../core/form.js";
import { explain, i18n, ready, speak, t } from "../core/words.js";
import { icon } from "../elements/icon.js";
import { languages } from "../elements/languages.js";
import { themeMenu } from "../elements/theme-menu.js";
import { applyTheme } from "../core/theme.js";
import { tabs } from "../core/tabs.js";
import { SyncManager } from "../sync.js";
import "./page.js"; // what every page needs is fetched while somebody types his password

await ready;
const main = /** @type {HTMLElement} */ (document.getElementById("main"));
/** `until`: too many tries, the next one may be made then, ms. */
const state = { busy: false, error: "", shown: false, caps: false, until: 0 };

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
  if (state.busy || waiting() > 0 || !validateForm(form).valid) return;
  const { login, password } = Object.fromEntries(new FormData(form));
  show({ busy: true, error: "", shown: false }); // shown as text a password is not one that its manager would keep
  try {
    await SyncManager.request("POST", "/api/login", { login, password }, { quiet401: true });
    tabs.say("signed_in");
    location.assign(next());
  } catch (error) {
    show({ busy: false, error: explain(error), until: tryAgainAt(error) });
    refused(form);
    countDown();
  }
}

/** When too many tries have been forgotten. @param {any} error @returns {number} ms, 0 if that is not the trouble */
const tryAgainAt = (error) => (error?.code === "rate_limited" ? Date.now() + Number(error.params.seconds ?? 1) * 1000 : 0);

/** Whole seconds until the next try. */
const waiting = () => Math.max(0, Math.ceil((state.until - Date.now()) / 1000));

/** Counts the seconds, and says when it is time. */
function countDown() {
  if (state.until === 0) return;
  if (waiting() === 0) return show({ until: 0, error: "" });
  draw();
  setTimeout(countDown, 1000);
}

/** A password that is typed in capitals is the most common wrong one. @param {KeyboardEvent} event */
function watchCaps(event) {
  const caps = event.getModifierState?.("CapsLock") ?? false; // a password manager's key is no key
  if (caps !== state.caps) show({ caps });
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

/** What the button says: pressed in vain it still tells why. */
function enter() {
  if (state.busy) return t("login.busy");
  return waiting() > 0 ? t("login.wait", { seconds: waiting() }) : t("login.enter");
}

const template = () => html`
  <div class="login">
    <div class="login-tools">${languages()}${themeMenu(draw)}</div>
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
          <input class="form-control" id="password" name="password" type=${state.shown ? "text" : "password"} autocomplete="current-password" required
            aria-describedby="caps" @keydown=${watchCaps} @keyup=${watchCaps} @blur=${() => state.caps && show({ caps: false })}>
          <button type="button" class="btn btn-plain square" aria-pressed=${String(state.shown)} aria-label=${t("login.show")} title=${t("login.show")}
            @click=${() => show({ shown: !state.shown })}>${state.shown ? icon("eye-slash") : icon("eye")}</button>
        </div>
        <div class="caps" id="caps" role="status">${state.caps ? html`${icon("capslock")} ${t("login.caps")}` : nothing}</div>
      </div>
      <button class="btn btn-primary wide" aria-disabled=${String(state.busy || waiting() > 0)}>${enter()}</button>
      ${state.error ? html`<p class="form-text">${t("login.help")}</p>` : nothing}
    </form>
  </div>`;

i18n.onChange(draw);
tabs.on("language", (language) => speak(language));
tabs.on("theme", () => (applyTheme(), draw()));
tabs.on("signed_in", () => location.assign(next()));
draw();
