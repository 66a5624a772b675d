/** What opens under the bell: tabs, the list, the way to the whole. */
import { html, nothing } from "lit";
import { TABS } from "../../core/notice.js";
import "../notice-list.js";
import { wordsOf } from "./words.js";

/** @typedef {import("../../core/notice.js").Tab} Tab */

/**
 * @param {object} panel
 * @param {import("../../core/notices.js").NoticeStore} panel.store
 * @param {Tab} panel.tab
 * @param {(tab: Tab) => void} panel.choose
 * @param {string|null} panel.locale
 * @param {string} panel.base
 * @param {string|null} panel.page      where all of them are
 */
export function panel({ store, tab, choose, locale, base, page }) {
  const { say } = wordsOf(locale);
  const tabs = /** @type {Tab[]} */ (Object.keys(TABS)).filter((name) => name !== "archive" || store.canArchive);
  return html`
    <header>
      <h2>${say("title")}</h2>
      <button data-do="read-all" @click=${(/** @type {Event} */ event) => readAll(event, store)}>${say("read_all")}</button>
    </header>
    ${state(store, say)}
    <div class="tabs" role="group" aria-label=${say("tabs")}>${tabs.map((name) => html`
      <button data-tab=${name} aria-pressed=${name === tab ? "true" : "false"} @click=${() => choose(name)}>${say(`tab.${name}`)}${name === "unread" && store.state.unread ? ` ${store.state.unread}` : nothing}</button>`)}</div>
    <div class="scroll" tabindex="0" role="group" aria-label=${say(`tab.${tab}`)}><notice-list exportparts="item" .store=${store} tab=${tab} locale=${locale ?? ""} .base=${base}></notice-list></div>
    ${page ? html`<footer><a href=${page}>${say("page")}</a></footer>` : nothing}`;
}

/** The truth about the connection, in words, where there is something to say. @param {import("../../core/notices.js").NoticeStore} store @param {import("./words.js").Words["say"]} say */
function state(store, say) {
  const { live, why } = store.state;
  if (live) return nothing;
  const word = why === "unauthorized" || why === "forbidden" ? /** @type {const} */ (`state.${why}`) : why ? "state.failed" : "state.lost";
  return html`<p class="lost" role="status">${say(word)} ${why ? html`<button @click=${() => store.connect()}>${say("again")}</button>` : nothing}</p>`;
}

/** @param {Event} event @param {import("../../core/notices.js").NoticeStore} store */
async function readAll(event, store) {
  const button = /** @type {HTMLElement} */ (event.currentTarget);
  const again = () => store.read("*").catch((error) => button.dispatchEvent(new CustomEvent("notice-failure", { detail: { error, again }, bubbles: true, composed: true })));
  await again();
}
