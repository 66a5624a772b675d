/** The frame of every page: skip link, places to go, connection, language, theme, the person; and the keys that work everywhere. */
import { html, render } from "lit";
import { clock } from "../core/clock.js";
import { shortcut } from "../core/keys.js";
import { toSignIn } from "./sign-out.js";
import { may, sameRights } from "../core/rights.js";
import { tabs } from "../core/tabs.js";
import { dismissToast, showToast } from "../core/toast.js";
import { applyTheme } from "../core/theme.js";
import { i18n, speak, t } from "../core/words.js";
import { SyncManager } from "../sync.js";
import { announce } from "../utils.js";
import "./conn-badge.js";
import { icon } from "./icon.js";
import { languages } from "./languages.js";
import { personMenu } from "./person-menu.js";
import { themeMenu } from "./theme-menu.js";

/** Where one can go; `aside`: by another way than the bar. @type {{page: "index"|"files"|"users"|"groups"|"categories"|"registrators"|"logs"|"sessions"|"import"|"catalog"|"admin"|"notifications", href: string, right?: string, icon: string, aside?: boolean}[]} */
export const PLACES = [
  { page: "index", href: "/", icon: "house" },
  { page: "files", href: "/files", right: "files.view", icon: "file-earmark-text" },
  { page: "users", href: "/users", right: "users.view", icon: "person" },
  { page: "groups", href: "/groups", right: "groups.view", icon: "people" },
  { page: "categories", href: "/categories", right: "categories.view", icon: "diagram-3" },
  { page: "registrators", href: "/registrators", right: "registrators.view", icon: "inboxes" },
  { page: "logs", href: "/logs", right: "logs.view", icon: "journal-text" },
  { page: "sessions", href: "/admin/integrations/session/", right: "imports.run", icon: "box-arrow-in-down" },
  { page: "import", href: "/admin/integrations/import_1c/", right: "imports.run", icon: "plus-lg", aside: true },
  { page: "catalog", href: "/catalog", right: "imports.run", icon: "box-seam" },
  { page: "admin", href: "/admin", right: "admin", icon: "sliders" },
  { page: "notifications", href: "/notifications", icon: "bell", aside: true },
];

/** What the person's notices need of this page. */
export const noticePorts = { sync: SyncManager, clock, toaster: { show: showToast, dismiss: dismissToast } };

/**
 * Draws the frame, and again when the language, the theme or the person's rights change.
 * @param {string} page @param {import("../core/rights.js").User} user @param {() => void} [onRights] the person may do something else now
 */
export function mountShell(page, user, onRights = () => {}) {
  const place = /** @type {HTMLElement} */ (document.getElementById("shell"));
  const draw = () => {
    document.title = `${t(`page.${page}`)} · Lockstep`;
    render(shell(page, user, draw), place);
  };
  i18n.onChange(draw);
  followTabs(draw);
  followRights(user, () => (draw(), onRights()));
  keys(user, draw);
  draw();
  import("./own-notices.js").then(({ ringBell }) => ringBell(user, noticePorts)); // until then, and without it, the bell is a link
  const keepInView = () => place.querySelector('a:is([aria-current="page"], [aria-current="true"])')?.scrollIntoView({ inline: "center", block: "nearest" });
  keepInView(); // the bar scrolls on a narrow screen
  addEventListener("resize", keepInView);
}

/** What was chosen in another tab holds here too. @param {() => void} draw */
export function followTabs(draw) {
  tabs.on("language", (language) => speak(language));
  tabs.on("theme", () => (applyTheme(), draw()));
  tabs.on("signed_out", toSignIn);
}

/** The server cuts the connection of whoever's rights change; the next one says what they are now. @param {import("../core/rights.js").User} user @param {() => void} changed */
function followRights(user, changed) {
  SyncManager.onStatus(() => {
    const now = SyncManager.hello?.user;
    if (!now || now.id !== user.id || sameRights(user, now)) return;
    Object.assign(user, now);
    changed();
    announce(t("shell.rights_changed"));
  });
}

/** @param {string} page @param {import("../core/rights.js").User} user @param {() => void} draw */
function shell(page, user, draw) {
  const places = PLACES.filter(({ right, aside }) => !aside && (!right || may(user, right)));
  return html`
    <a class="skip" href="#main">${t("shell.skip")}</a>
    <header class="shell">
      <a class="brand" href="/" aria-label="Lockstep"><img src="/static/dist/favicon.svg" alt="" width="24" height="24"><span>Lockstep</span></a>
      <nav class="places" aria-label=${t("shell.nav")}>${places.map((place) => link(place, page))}</nav>
      <div class="tools">
        <conn-badge></conn-badge>
        <button type="button" class="btn btn-sm btn-plain find" data-palette aria-keyshortcuts="Control+K" aria-label=${t("palette.open")} title=${t("palette.open")}
          @click=${() => openPalette(user, draw)}>${icon("search")}<kbd data-keys="Ctrl K"></kbd></button>
        <notification-center position="bottom-right" page="/notifications" locale=${i18n.language}>
          <a class="btn btn-sm btn-plain" href="/notifications" aria-label=${t("page.notifications")}>${icon("bell")}</a></notification-center>
        ${languages()}
        ${themeMenu(draw)}
        ${personMenu(user, draw)}
      </div>
    </header>`;
}

/** Pages that lie within a place. @type {Record<string, string>} */
const WITHIN = { import: "sessions", session: "sessions" };

/** @param {{page: string, href: string, icon: string}} place @param {string} current */
const link = (place, current) => html`
  <a href=${place.href} aria-current=${place.page === current ? "page" : String(place.page === WITHIN[current])}>${icon(place.icon)}<span>${t(`page.${place.page}`)}</span></a>`;

/** What is loaded only when somebody wants it. @param {import("../core/rights.js").User} user @param {() => void} draw */
function keys(user, draw) {
  const group = "key.everywhere";
  shortcut({ key: "Ctrl+k", label: "key.palette", group, run: () => openPalette(user, draw) });
  shortcut({ key: "?", label: "key.help", group, run: openHelp });
  shortcut({ key: "Alt+Shift+D", label: "key.debug", group, typing: true, dialog: true, run: () => (SyncManager.debug.on = !SyncManager.debug.on) });
  SyncManager.debug.onSwitch((on) => on && openOverlay());
}

/** @param {import("../core/rights.js").User} user @param {() => void} draw */
const openPalette = async (user, draw) => (await import("./palette.js")).openPalette({ user, places: PLACES, draw, help: openHelp });
const openHelp = async () => (await import("./help.js")).openHelp();
const openOverlay = async () => (await import("./debug-overlay.js")).openOverlay(SyncManager);
