/** The frame of every page: skip link, places to go, connection, language, theme, the person. */
import { html, render } from "lit";
import { may } from "../core/rights.js";
import { i18n, speak, t } from "../core/words.js";
import { SyncManager } from "../sync.js";
import "./conn-badge.js";
import { icon } from "./icon.js";

const PLACES = [
  { page: "index", href: "/", icon: "house" },
  { page: "files", href: "/files", right: "files.view", icon: "file-earmark-text" },
  { page: "users", href: "/users", right: "users.view", icon: "person" },
  { page: "groups", href: "/groups", right: "groups.view", icon: "people" },
  { page: "categories", href: "/categories", right: "categories.view", icon: "diagram-3" },
  { page: "registrators", href: "/registrators", right: "registrators.view", icon: "inboxes" },
  { page: "admin", href: "/admin", right: "admin", icon: "sliders" },
];

/** Draws the frame, and again when the language changes. @param {string} page @param {import("../core/rights.js").User} user */
export function mountShell(page, user) {
  const place = /** @type {HTMLElement} */ (document.getElementById("shell"));
  const draw = () => {
    document.title = `${t(`page.${page}`)} · Lockstep`;
    render(shell(page, user, draw), place);
  };
  i18n.onChange(draw);
  draw();
  place.querySelector('[aria-current="page"]')?.scrollIntoView({ inline: "center", block: "nearest" }); // the bar scrolls on a narrow screen
}

/** @param {string} page @param {import("../core/rights.js").User} user @param {() => void} draw */
function shell(page, user, draw) {
  const places = PLACES.filter(({ right }) => !right || may(user, right));
  return html`
    <a class="skip" href="#main">${t("shell.skip")}</a>
    <header class="shell">
      <a class="brand" href="/"><img src="/static/dist/favicon.svg" alt="" width="24" height="24"><span>Lockstep</span></a>
      <nav class="places" aria-label=${t("shell.nav")}>${places.map((place) => link(place, page))}</nav>
      <div class="tools">
        <conn-badge></conn-badge>
        ${languages()}
        ${themeSwitch(draw)}
        <span class="person" title=${user.login}>${icon("person-circle")}<span>${user.name}</span></span>
        <button class="btn btn-sm btn-plain" @click=${signOut}>${icon("box-arrow-right")}<span class="label">${t("shell.sign_out")}</span></button>
      </div>
    </header>`;
}

/** @param {{page: string, href: string, icon: string}} place @param {string} current */
const link = (place, current) => html`
  <a href=${place.href} aria-current=${place.page === current ? "page" : "false"}>${icon(place.icon)}<span>${t(`page.${place.page}`)}</span></a>`;

export const languages = () => html`
  <div class="languages" role="group" aria-label=${t("shell.language")}>
    ${["ru", "en"].map((language) => html`
      <button lang=${language} aria-pressed=${String(i18n.language === language)} title=${t(`language.${language}`)}
        @click=${() => speak(language)}>${language.toUpperCase()}</button>`)}
  </div>`;

/** @param {() => void} draw */
export function themeSwitch(draw) {
  const root = document.documentElement;
  const dark = root.dataset.bsTheme === "dark";
  const toggle = () => {
    root.dataset.bsTheme = dark ? "light" : "dark";
    document.cookie = `lockstep_theme=${root.dataset.bsTheme}; path=/; max-age=31536000; samesite=lax`;
    draw();
  };
  return html`<button class="btn btn-sm btn-plain square" aria-label=${t(dark ? "shell.light" : "shell.dark")} title=${t(dark ? "shell.light" : "shell.dark")}
    @click=${toggle}>${dark ? icon("sun") : icon("moon-stars")}</button>`;
}

async function signOut() {
  await SyncManager.request("POST", "/api/logout").catch(() => {});
  location.assign("/login");
}
