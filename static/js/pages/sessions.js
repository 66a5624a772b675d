/** Import sessions, the newest first, live: of one type or state, as the address says (`?type=catalog&state=active`). */
import { html, nothing } from "lit";
import { clock } from "../core/clock.js";
import { ImportList } from "../core/import-list.js";
import { STATES, TYPES, formHref } from "../core/imports.js";
import { pollWhileDown } from "../core/poll.js";
import { may } from "../core/rights.js";
import { t, word } from "../core/words.js";
import { failure } from "../elements/failure.js";
import { icon } from "../elements/icon.js";
import { sessionsTable } from "../elements/import-table.js";
import { nameOf } from "../elements/import-words.js";
import { skeleton } from "../elements/list/empty.js";
import { SyncManager } from "../sync.js";
import { announce } from "../utils.js";
import { complain, startPage } from "./page.js";

startPage("sessions", ({ user, draw }) => {
  const list = new ImportList(here(), { request: SyncManager.request.bind(SyncManager), changed: draw });
  /** @type {Set<string>} */ const busy = new Set();

  const template = () => {
    if (!may(user, "imports.run")) return html`<div class="banner banner-bad" role="alert">${t("error.forbidden", { right: "imports.run" })}</div>`;
    return html`
      <div class="page-head"><h1>${t("page.sessions")}</h1><a class="btn btn-primary" href=${formHref()} data-new>${icon("plus-lg")} ${t("page.import")}</a></div>
      <div class="toolbar">${choice("type", t("imports.all_types"), TYPES.map((type) => [type, word("importtype", type)]))}
        ${choice("state", t("imports.all_states"), STATES.map((state) => [state, word("importstate", state)]))}</div>
      ${list.error ? failure(list.error, look) : nothing}
      ${body()}`;
  };

  const body = () => {
    const { items, loaded, loading, error, more } = list;
    if (items.length === 0) return loaded ? empty() : error ? nothing : skeleton();
    return html`${sessionsTable(items, { cancel, retry, busy }, loading)}
      ${more ? html`<p class="import-more"><button type="button" class="btn btn-plain" data-older ?disabled=${loading} @click=${older}>${t("imports.older")}</button></p>` : nothing}`;
  };

  /** @param {"type"|"state"} name @param {string} all @param {[string, string][]} choices */
  const choice = (name, all, choices) => html`
    <select class="form-select filter" data-filter=${name} aria-label=${t(`imports.col_${name}`)} @change=${(/** @type {any} */ { target }) => narrow({ [name]: target.value })}>
      <option value="" .selected=${!list.wanted[name]}>${all}</option>
      ${choices.map(([value, words]) => html`<option value=${value} .selected=${list.wanted[name] === value}>${words}</option>`)}</select>`;

  const empty = () => {
    const narrowed = Object.values(list.wanted).some(Boolean);
    return html`<div class="empty"><p class="empty-title">${narrowed ? t("list.nothing_found") : t("imports.none")}</p>
      <p>${narrowed ? t("list.nothing_found_hint") : t("imports.none_hint")}</p>
      ${narrowed ? html`<button type="button" class="btn btn-plain" @click=${() => narrow({ type: "", state: "" })}>${t("list.reset")}</button>`
        : html`<a class="btn btn-primary" href=${formHref()}>${icon("plus-lg")} ${t("page.import")}</a>`}</div>`;
  };

  const look = () => list.learn().catch(() => {}); // the list shows its failure
  const older = () => list.older().catch(complain);

  /** @param {Partial<import("../core/import-list.js").Wanted>} change */
  function narrow(change) {
    const wanted = { ...list.wanted, ...change };
    const query = new URLSearchParams(Object.entries(wanted).filter(([, value]) => value));
    history.pushState(null, "", query.size > 0 ? `?${query}` : location.pathname);
    list.show(wanted).catch(() => {});
  }

  /** @param {import("../core/imports.js").Session} session */
  const cancel = ({ id }) => list.cancel(id).catch((error) => complain(error, `import-${id}`));

  /** @param {import("../core/imports.js").Session} session */
  async function retry({ id }) {
    busy.add(id);
    draw();
    try {
      announce(t("imports.begun", { name: nameOf(await list.retry(id)) }));
    } catch (error) {
      complain(error, `import-${id}`);
    } finally {
      busy.delete(id);
      draw();
    }
  }

  async function start() {
    if (!may(user, "imports.run")) return;
    addEventListener("popstate", () => list.show(here()).catch(() => {}));
    pollWhileDown((listener) => SyncManager.onStatus(listener), () => list.learn(), clock);
    SyncManager.startIdleGuard(() => list.learn());
    await list.follow(SyncManager);
  }

  return { template, start };
});

/** What the address asks for; a word that we do not know asks for all. @returns {import("../core/import-list.js").Wanted} */
function here() {
  const query = new URLSearchParams(location.search);
  const known = (/** @type {string} */ name, /** @type {readonly string[]} */ all) => all.find((value) => value === query.get(name)) ?? "";
  return { type: known("type", TYPES), state: known("state", STATES) };
}
