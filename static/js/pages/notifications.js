/** All that the person was told: a tab at a time, each with its address (`?tab=unread`); and what of it comes as a short message. */
import { html } from "lit";
import { keepToasts, setKeepToasts } from "../core/keep.js";
import { TABS, TYPES } from "../core/notice.js";
import { quietTypes, setQuiet } from "../core/notice-settings.js";
import { i18n, t } from "../core/words.js";
import { wordsOf } from "../elements/center/words.js";
import { icon } from "../elements/icon.js";
import "../elements/notice-list.js";
import { ownNotices } from "../elements/own-notices.js";
import { noticePorts } from "../elements/shell.js";
import { complain, startPage } from "./page.js";

/** @typedef {import("../core/notice.js").Tab} Tab */

startPage("notifications", ({ user, draw }) => {
  const store = ownNotices(user, noticePorts);
  /** @type {Tab} */ let current = here();

  const template = () => {
    const { say } = wordsOf(i18n.language);
    const { unread } = store.state;
    return html`
      <div class="page-head"><h1>${t("page.notifications")}</h1>
        <button type="button" class="btn btn-sm btn-plain" data-read-all @click=${readAll}>${icon("check2-all")}${say("read_all")}</button></div>
      <nav class="tabs" aria-label=${t("page.notifications")}>${/** @type {Tab[]} */ (Object.keys(TABS)).map((tab) => html`
        <a href="?tab=${tab}" data-tab=${tab} aria-current=${tab === current ? "page" : "false"} @click=${(/** @type {MouseEvent} */ event) => follow(event, tab)}>${say(`tab.${tab}`)}${tab === "unread" && unread ? html` <span class="badge text-bg-danger">${unread}</span>` : ""}</a>`)}</nav>
      <notice-list wide .store=${store} tab=${current} locale=${i18n.language} @notice-failure=${failed}></notice-list>
      ${settings(say)}`;
  };

  /** @param {import("../elements/center/words.js").Words["say"]} say */
  const settings = (say) => html`
    <section class="mt-4" aria-labelledby="notice-settings"><h2 id="notice-settings">${t("notices.settings")}</h2>
      <p class="form-text mt-0">${t("notices.settings_hint")}</p>
      <div class="d-flex flex-wrap gap-2 column-gap-4">
        ${TYPES.map((type) => choice(say(/** @type {any} */ (`type.${type}`)), !quietTypes().includes(type), (on) => setQuiet(type, !on), type))}
        ${choice(t("shell.keep_toasts"), keepToasts(), setKeepToasts, "keep")}
      </div></section>`;

  /** @param {string} words @param {boolean} on @param {(on: boolean) => void} change @param {string} name */
  const choice = (words, on, change, name) => html`
    <label class="form-check form-switch mb-0"><input type="checkbox" role="switch" class="form-check-input" data-setting=${name} .checked=${on}
      @change=${(/** @type {any} */ { target }) => (change(target.checked), draw())}><span class="form-check-label">${words}</span></label>`;

  /** @param {MouseEvent} event @param {Tab} tab */
  function follow(event, tab) {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return; // a window of its own
    event.preventDefault();
    history.pushState(null, "", `?tab=${tab}`);
    show(tab);
  }

  /** @param {Tab} tab */
  function show(tab) {
    current = tab;
    draw();
  }

  const readAll = () => store.read("*").catch((error) => complain(error, "notices", readAll));
  const failed = (/** @type {CustomEvent} */ { detail: { error, again } }) => complain(error, "notices", again);

  function start() {
    store.subscribe(draw);
    addEventListener("popstate", () => show(here()));
  }

  return { template, start };
});

/** @returns {Tab} */
function here() {
  const wanted = new URLSearchParams(location.search).get("tab") ?? "";
  return /** @type {Tab} */ (wanted in TABS ? wanted : "all");
}
