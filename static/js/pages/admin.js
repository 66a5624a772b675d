/** The administrator's page: a tab at a time, each with its address (`?tab=audit`) and loaded when it is first looked at. */
import { html, nothing } from "lit";
import { may } from "../core/rights.js";
import { t } from "../core/words.js";
import { failure } from "../elements/failure.js";
import { SyncManager } from "../sync.js";
import { startPage } from "./page.js";

/**
 * @typedef {object} Tab
 * @property {() => unknown} template
 * @property {() => any} [shown]      looked at now: fetches, joins, asks again
 * @property {() => void} [hidden]    another tab is looked at
 * @typedef {(page: import("./page.js").Page) => Tab} MakeTab
 */

/** @type {Record<string, () => Promise<{make: MakeTab}>>} */
const TABS = {
  overview: () => import("../elements/admin/overview.js"),
  state: () => import("../elements/admin/state.js"),
  rights: () => import("../elements/admin/rights.js"),
  sessions: () => import("../elements/admin/sessions.js"),
  keys: () => import("../elements/admin/keys.js"),
  audit: () => import("../elements/admin/audit.js"),
};

startPage("admin", (page) => {
  const { user, draw } = page;
  /** @type {Map<string, Tab>} */ const made = new Map();
  let current = "";
  /** @type {any} */ let error = null;

  const template = () => {
    if (!may(user, "admin")) return html`<div class="banner banner-bad" role="alert">${t("error.forbidden", { right: "admin" })}</div>`;
    return html`
      <div class="page-head"><h1>${t("page.admin")}</h1></div>
      <nav class="tabs" aria-label=${t("page.admin")}>${Object.keys(TABS).map((tab) => html`
        <a href="?tab=${tab}" data-tab=${tab} aria-current=${tab === current ? "page" : "false"} @click=${(/** @type {MouseEvent} */ event) => follow(event, tab)}>${t(`tab.${tab}`)}</a>`)}</nav>
      ${error ? failure(error, () => show(current)) : nothing}
      <div data-shown=${current}>${made.get(current)?.template() ?? nothing}</div>`;
  };

  /** @param {MouseEvent} event @param {string} tab */
  function follow(event, tab) {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return; // a window of its own
    event.preventDefault();
    history.pushState(null, "", `?tab=${tab}`);
    show(tab);
  }

  /** @param {string} tab */
  async function show(tab) {
    if (tab !== current) made.get(current)?.hidden?.();
    current = tab;
    error = null;
    draw();
    try {
      if (!made.has(tab)) made.set(tab, (await TABS[tab]()).make(page));
      if (tab === current) await made.get(tab)?.shown?.();
    } catch (reason) {
      if (tab === current) error = reason;
    }
    draw();
  }

  /** The bar of tabs scrolls on a narrow screen. */
  const keepInView = () => document.querySelector('.tabs [aria-current="page"]')?.scrollIntoView({ inline: "center", block: "nearest" });

  const wanted = () => new URLSearchParams(location.search).get("tab") ?? "";
  const here = () => (wanted() in TABS ? wanted() : "overview");

  function start() {
    if (!may(user, "admin")) return;
    SyncManager.joinRoom("admin");
    addEventListener("popstate", () => show(here()));
    addEventListener("resize", keepInView);
    return show(here()).then(() => requestAnimationFrame(keepInView));
  }

  return { template, start };
});
