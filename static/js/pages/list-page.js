/**
 * The page of one entity: its list, live, and its record dialog.
 *
 * First the data, then the room with the data's position: so nothing can fall between. Afterwards events patch rows or ask again,
 * and whatever the person holds stays his.
 *
 * @typedef {import("../elements/list-view.js").Row} Row
 *
 * @typedef {object} ListSpec
 * @property {string} entity
 * @property {string} sort                                     the usual order
 * @property {import("../elements/list-view.js").Column[]} columns   the first one opens the record
 * @property {import("../elements/list-view.js").Filter[]} [filters]
 * @property {import("../elements/fields.js").FieldSpec[]} fields
 * @property {Record<string, any>} defaults                    what a new record begins with
 * @property {string[]} [watches]                              other entities whose changes show in the rows: counts
 */
import * as address from "../core/address.js";
import { choices } from "../core/refs.js";
import { may } from "../core/rights.js";
import { ListStore } from "../core/store.js";
import { t } from "../core/words.js";
import { listView } from "../elements/list-view.js";
import { ask } from "../elements/question.js";
import { RecordDialog, looksAgain } from "../elements/record-dialog.js";
import { SyncManager } from "../sync.js";
import { announce, debounce, showToast } from "../utils.js";
import { complain, startPage } from "./page.js";

/** A search starts when the typing pauses. */
const SEARCH_MS = 250;
/** Data that comes sooner needs no word about waiting. */
const SLOW_MS = 300;
/** Changes are read out together, not one by one. */
const ANNOUNCE_MS = 5000;

/** @param {ListSpec} spec */
export const listPage = (spec) => startPage(spec.entity, (page) => new ListPage(spec, page));

class ListPage {
  #spec;
  #page;
  #store;
  #dialog;
  #editable;
  #slow = false;
  /** @type {Set<string>} */ #pending = new Set();
  /** @type {Record<string, import("../core/refs.js").Choice[]>} */ #choices = {};
  #changes = 0;
  #announce = debounce(() => this.#say(), ANNOUNCE_MS);
  #search = debounce((/** @type {string} */ q) => this.#show({ q, page: 1 }, "replace"), SEARCH_MS);

  /** @param {ListSpec} spec @param {import("./page.js").Page} page */
  constructor(spec, page) {
    const request = SyncManager.request.bind(SyncManager);
    this.#spec = spec;
    this.#page = page;
    this.#editable = may(page.user, `${spec.entity}.edit`);
    this.#store = new ListStore(spec.entity, this.#wanted(), { request, onChange: page.draw, own: SyncManager.http.clientId });
    this.#dialog = new RecordDialog({
      entity: spec.entity,
      fields: spec.fields,
      user: page.user,
      readonly: !this.#editable,
      mayChoose: (entity) => may(page.user, `${entity}.view`),
      request,
      saved: (row, what) => this.#saved(row, what),
      closed: () => this.#address(null, "replace"),
      remove: (row) => this.#remove(row),
    });
    this.#keys();
  }

  template() {
    return listView({
      entity: this.#spec.entity,
      store: this.#store,
      columns: this.#spec.columns,
      filters: this.#filters,
      editable: this.#editable,
      slow: this.#slow,
      pending: this.#pending,
      choices: this.#choices,
      actions: {
        search: (text) => this.#search(text.trim()),
        filter: (name, value) => this.#filter(name, value),
        sort: (sort) => this.#show({ sort, page: 1 }),
        page: (page) => this.#show({ page }),
        open: (row) => this.#open(row),
        remove: (row) => this.#remove(row),
        toggle: (row) => this.#toggle(row),
        reset: () => this.#reset(),
        again: () => this.#show({}),
      },
    });
  }

  async start() {
    setTimeout(() => ((this.#slow = true), this.#page.draw()), SLOW_MS);
    const { entity, watches = [] } = this.#spec;
    const first = this.#store.refresh().catch(complainNot); // the page shows it, and offers to try again
    this.#learn();
    await first;
    const handler = (/** @type {any} */ _event, /** @type {any} */ { events }) => this.#hear(events);
    SyncManager.on(`${entity}:changed`, handler);
    SyncManager.startIdleGuard(handler);
    SyncManager.joinRoom(entity, { position: this.#store.position });
    for (const other of watches.filter((other) => may(this.#page.user, `${other}.view`))) this.#watch(other);
    const { open } = address.parse(location.search, this.#usual);
    if (open) await (open === "new" && this.#editable ? this.#open(null) : this.#openById(open));
  }

  get #filters() {
    const allowed = (/** @type {string|undefined} */ entity) => !entity || may(this.#page.user, `${entity}.view`);
    return (this.#spec.filters ?? []).filter((filter) => allowed(filter.choices));
  }

  get #usual() {
    return { sort: this.#spec.sort, filters: (this.#spec.filters ?? []).map((filter) => filter.name) };
  }

  #wanted() {
    const { open: _, ...query } = address.parse(location.search, this.#usual);
    return query;
  }

  /** @param {import("../core/wire.js").SyncEvent[]} events */
  async #hear(events) {
    if (events.some(looksAgain)) this.#learn();
    await Promise.all([this.#dialog.hear(events), this.#store.take(events)]);
    this.#changes += events.filter((event) => event.origin !== SyncManager.http.clientId && !event.synthetic).length;
    if (this.#changes > 0) this.#announce();
    return this.#store.position;
  }

  /**
   * Rows show counts of others: a change there is a reason to look again, unless it only echoes a change of our own rows. What patched
   * rows show of others is as old as the last look, so that is what the handler claims to show.
   * @param {string} other
   */
  #watch(other) {
    let looked = this.#store.position;
    const echoes = (/** @type {any} */ event) => event.cause?.event === `${this.#spec.entity}:changed`;
    const look = async () => (await this.#store.refresh(), (looked = this.#store.position));
    SyncManager.on(`${other}:changed`, (_event, { events }) => (events.every(echoes) ? looked : look()), { debounce: 400 });
    SyncManager.joinRoom(other, { position: this.#store.position });
  }

  #say() {
    announce(t("list.changed", { count: this.#changes }));
    this.#changes = 0;
  }

  /** What the filters offer. */
  async #learn() {
    await Promise.all(this.#filters.flatMap(({ choices: entity }) => (entity ? [this.#offer(entity)] : [])));
    this.#page.draw();
  }

  /** @param {string} entity */
  async #offer(entity) {
    this.#choices[entity] = await choices(SyncManager.request.bind(SyncManager), entity).catch(() => this.#choices[entity] ?? []);
  }

  /** @param {Partial<import("../core/store.js").Query>} query @param {"push"|"replace"} [how] */
  async #show(query, how = "push") {
    const shown = this.#store.show(query);
    this.#address(this.#dialog.id, how);
    await shown.catch(complainNot);
  }

  /** @param {string|null} open @param {"push"|"replace"} how */
  #address(open, how) {
    const url = location.pathname + address.write(this.#store.query, open, this.#usual);
    if (url === location.pathname + location.search) return;
    if (how === "push") history.pushState(null, "", url);
    else history.replaceState(null, "", url);
  }

  /** @param {string} name @param {string} value */
  #filter(name, value) {
    const { [name]: _, ...others } = this.#store.query.filters;
    this.#show({ page: 1, filters: value ? { ...others, [name]: value } : others });
  }

  #reset() {
    const search = /** @type {HTMLInputElement} */ (document.getElementById("search"));
    search.value = "";
    search.focus();
    this.#show({ q: "", page: 1, filters: {} });
  }

  /** @param {Row|null} row */
  async #open(row) {
    await this.#dialog.open(row, this.#spec.defaults);
    this.#address(row?.id ?? "new", "replace");
  }

  /** @param {string} id */
  async #openById(id) {
    try {
      const { data } = await SyncManager.request("GET", `/api/${this.#spec.entity}/${encodeURIComponent(id)}`);
      await this.#open(data);
    } catch (error) {
      if (/** @type {any} */ (error).status === 404 && (await this.#dialog.rescue(id))) return;
      complain(error);
      this.#address(null, "replace");
    }
  }

  /** @param {Row} row @param {"added"|"updated"} what */
  async #saved(row, what) {
    this.#store.put(row);
    showToast(t(`toast.${what}`, { name: row.name || row.login }), "success");
    if (what === "added") await this.#store.refresh().catch(complainNot);
  }

  /** @param {Row} row */
  async #remove(row) {
    const name = row.name || row.login;
    const yes = await ask({ title: t("delete.title", { name }), text: t(`delete.${this.#spec.entity}`), yes: t("action.delete"), danger: true });
    if (!yes) return;
    try {
      await SyncManager.request("DELETE", `/api/${this.#spec.entity}/${row.id}`, undefined, { ifMatch: row.rev });
      if (this.#dialog.id === row.id) this.#dialog.close();
      showToast(t("toast.deleted", { name }), "success");
    } catch (error) {
      this.#notRemoved(/** @type {any} */ (error), name);
    }
    await this.#store.refresh().catch(complainNot);
  }

  /** @param {any} error @param {string} name */
  #notRemoved(error, name) {
    if (error.code !== "in_use") return complain(error);
    const users = Object.entries(error.usage ?? {}).map(([kind, count]) => t(`usage.${kind}`, { count })).join(", ");
    showToast(t("delete.in_use", { name, users }), "error");
  }

  /** At once on the page; taken back if the server refuses. @param {Row} row */
  async #toggle(row) {
    if (this.#pending.has(row.id)) return;
    this.#pending.add(row.id);
    this.#store.put({ ...row, enabled: !row.enabled });
    try {
      const { data } = await SyncManager.request("POST", `/api/${this.#spec.entity}/${row.id}/toggle`, { enabled: !row.enabled });
      this.#store.put(data);
    } catch (error) {
      this.#store.put(/** @type {any} */ (error).current ?? row);
      complain(error, `toggle-${row.id}`);
    } finally {
      this.#pending.delete(row.id);
      this.#page.draw();
    }
  }

  #keys() {
    addEventListener("popstate", () => {
      const wanted = this.#wanted();
      const search = /** @type {HTMLInputElement|null} */ (document.getElementById("search"));
      if (search) search.value = wanted.q;
      this.#store.show(wanted).catch(complainNot);
    });
    addEventListener("keydown", (event) => {
      const typing = event.target instanceof Element && event.target.closest("input, textarea, select, dialog");
      if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      document.getElementById("search")?.focus();
    });
  }
}

/** The list shows its own failure. */
function complainNot() {}
