/**
 * The page of one entity: its list, live, and its record dialog.
 *
 * First the data, then the room with the data's position: so nothing can fall between. Afterwards events patch rows or ask again,
 * and whatever the person holds stays his: rows that he points at or works in do not move, and in the manual pace nothing shows
 * before he says so.
 *
 * @typedef {import("../core/store.js").Row} Row
 * @typedef {import("../elements/list-view.js").Column} Column
 *
 * @typedef {object} ListSpec
 * @property {string} entity
 * @property {string} sort                                     the usual order
 * @property {number} [perPage]                                the usual size of a page
 * @property {Column[]} columns                                the first one opens the record
 * @property {import("../elements/list-view.js").Filter[]} [filters]
 * @property {import("../elements/list-view.js").BulkSpec} [bulk]
 * @property {import("../elements/fields.js").FieldSpec[]} fields
 * @property {Record<string, any>} defaults                    what a new record begins with
 * @property {Record<string, string>} [refs]                   field → the entity whose name the rows show
 * @property {string[]} [watches]                              other entities whose changes show in the rows: counts
 * @property {boolean} [tree]                                  rows have a parent, and show as a tree where that is honest
 * @property {() => unknown} [next]                            what else an empty page offers
 * @property {(page: import("./page.js").Page, list: {store: ListStore, named: (field: string) => string|null}) => import("../elements/list-view.js").Extra} [extra]
 *   `named`: what a filter is set to, by its name
 */
import { branches, depths, isTree } from "../core/list/tree.js";
import { csvUrl } from "../core/address.js";
import { choices } from "../core/refs.js";
import { may } from "../core/rights.js";
import { ListStore } from "../core/store.js";
import { i18n, t } from "../core/words.js";
import { listView } from "../elements/list-view.js";
import { looksAgain } from "../elements/looks.js";
import { RecordDialog } from "../elements/record-dialog.js";
import { SyncManager } from "../sync.js";
import { debounce, showToast } from "../utils.js";
import { Bulk } from "./list/bulk.js";
import { Changes } from "./list/changes.js";
import { Deletions } from "./list/deletions.js";
import { Following } from "./list/following.js";
import { watchHold } from "./list/hold.js";
import { listKeys } from "./list/keys.js";
import { Looks } from "./list/looks.js";
import { People } from "./list/people.js";
import { Route } from "./list/route.js";
import { complain, startPage } from "./page.js";

/** A search starts when the typing pauses. */
const SEARCH_MS = 250;
/** Data that comes sooner needs no word about waiting. */
const SLOW_MS = 300;
const request = SyncManager.request.bind(SyncManager);

/** @param {ListSpec} spec */
export const listPage = (spec) => startPage(spec.entity, (page) => new ListPage(spec, page));

class ListPage {
  #spec;
  #page;
  #store;
  #dialog;
  #editable;
  #route;
  #looks;
  #people;
  #bulk;
  #changes;
  #deletions;
  #following;
  #extra;
  #slow = false;
  /** @type {Set<string>} */ #pending = new Set();
  /** @type {Record<string, import("../core/refs.js").Choice[]>} */ #choices = {};
  #search = debounce((/** @type {string} */ q) => this.#show({ q, page: 1 }, "replace"), SEARCH_MS);

  /** @param {ListSpec} spec @param {import("./page.js").Page} page */
  constructor(spec, page) {
    const { entity } = spec;
    this.#spec = spec;
    this.#page = page;
    this.#editable = may(page.user, `${entity}.edit`);
    this.#looks = new Looks(entity);
    this.#route = new Route({ sort: spec.sort, per_page: spec.perPage, filters: (spec.filters ?? []).map((filter) => filter.name) });
    this.#store = this.#openStore();
    this.#people = new People(entity, page.draw);
    this.#bulk = new Bulk(this.#store, this.#pending, page.draw);
    this.#changes = new Changes(entity, this.#store, request, this.#pending, page.draw);
    this.#deletions = new Deletions(entity, this.#store, request);
    this.#extra = spec.extra?.(page, { store: this.#store, named: (field) => this.#named(field) });
    this.#dialog = this.#openDialog();
    this.#following = new Following(entity, this.#store, (events) => this.#hear(events));
    this.#listen();
  }

  template() {
    const { entity, columns, tree, bulk = {}, next } = this.#spec;
    this.#bulk.keep();
    return listView({
      entity, bulk, next,
      store: this.#store,
      columns: this.#looks.columns(columns),
      allColumns: columns,
      filters: this.#filters,
      editable: this.#editable,
      slow: this.#slow,
      dense: this.#looks.dense,
      pending: this.#pending,
      selection: this.#bulk.selection,
      progress: this.#bulk.progress,
      settings: this.#bulk.settings,
      choices: this.#choices,
      people: this.#people,
      depths: tree && isTree(this.#store.query, this.#store.pages) ? depths(this.#store.items) : null,
      extra: this.#extra,
      csv: csvUrl(entity, this.#store.query, Date.now(), i18n.language),
      actions: this.#actions,
    });
  }

  async start() {
    setTimeout(() => ((this.#slow = true), this.#page.draw()), SLOW_MS);
    const { entity, watches = [], refs = {} } = this.#spec;
    const first = this.#store.refresh().catch(complainNot); // the page shows it, and offers to try again
    this.#learn();
    await first;
    const seen = (/** @type {string} */ other) => other !== entity && may(this.#page.user, `${other}.view`);
    // Names of categories and registrators reach the files' room by themselves.
    this.#following.start({ names: entity === "files" ? [] : [...new Set(Object.values(refs))].filter(seen), counts: watches.filter(seen) });
    if (entity === "users") this.#people.followOnline();
    this.#extra?.start?.();
    const { open } = this.#route.wanted;
    if (open) await (open === "new" && this.#editable ? this.#open(null) : this.#openById(open));
  }

  /** What the person may do here. @type {import("../elements/list-view.js").ListActions} */
  #actions = {
    search: (text) => this.#search(text.trim()),
    filter: (name, value) => this.#filter(name, value),
    sort: (sort) => this.#show({ sort, page: 1 }),
    page: (page) => this.#show({ page }),
    perPage: (per_page) => this.#show({ per_page, page: 1 }),
    pace: (manual) => this.#pace(manual),
    showWaiting: () => this.#store.apply().catch(complainNot),
    column: (name, shown) => (this.#looks.show(name, shown), this.#page.draw()),
    density: () => ((this.#looks.dense = !this.#looks.dense), this.#page.draw()),
    open: (row) => this.#open(row),
    remove: (rows) => this.#remove(rows),
    toggle: (row) => this.#changes.toggle(row),
    pick: (row, range) => this.#bulk.pick(row.id, range),
    pickAll: () => this.#bulk.pickAll(),
    unpick: () => this.#bulk.clear(),
    setting: (field, value) => this.#bulk.set(field, value),
    applySettings: () => this.#bulk.run(this.#changes.setting(this.#bulk.settings)),
    enable: (enabled) => this.#bulk.run(this.#changes.enabling(enabled)),
    removePicked: () => this.#remove(this.#bulk.rows),
    stop: () => this.#bulk.stop(),
    reset: () => this.#reset(),
    again: () => this.#show({}),
  };

  #openStore() {
    const { entity, refs, tree } = this.#spec;
    const { query, manual } = this.#route.wanted;
    const store = new ListStore(entity, query, {
      request, refs,
      onChange: this.#page.draw,
      own: SyncManager.http.clientId,
      placing: tree ? ["parent_id"] : [],
      arrange: (rows, query, pages) => (tree && isTree(query, pages) ? branches(rows) : rows),
    });
    store.pace(manual ?? this.#looks.manual);
    this.#route.write(query, { open: this.#route.wanted.open, manual: store.manual }, "replace");
    return store;
  }

  #openDialog() {
    const { entity, fields } = this.#spec;
    return new RecordDialog({
      entity, fields, request,
      user: this.#page.user,
      readonly: !this.#editable,
      mayChoose: (other) => may(this.#page.user, `${other}.view`),
      saved: (row, what) => this.#saved(row, what),
      closed: () => this.#address(null, "replace"),
      remove: (row) => this.#remove([row]),
      panel: this.#extra?.panel?.bind(this.#extra),
    });
  }

  /** @param {string} field */
  #named(field) {
    const entity = this.#filters.find(({ name }) => name === field)?.choices;
    return (entity && this.#choices[entity]?.find(({ id }) => id === this.#store.query.filters[field])?.name) ?? null;
  }

  #listen() {
    watchHold((held) => this.#store.hold(held));
    this.#route.onBack(() => this.#back());
    listKeys({
      editable: this.#editable,
      row: (id) => this.#store.row(id),
      open: (row) => this.#open(row),
      pick: (id) => this.#bulk.pick(id),
      remove: (rows) => this.#remove(rows),
      chosen: () => this.#bulk.selection.size > 0,
      unpick: () => this.#bulk.clear(),
    });
  }

  get #filters() {
    const allowed = (/** @type {string|undefined} */ entity) => !entity || may(this.#page.user, `${entity}.view`);
    return (this.#spec.filters ?? []).filter((filter) => allowed(filter.choices));
  }

  /** @param {import("../core/wire.js").SyncEvent[]} events */
  async #hear(events) {
    if (events.some(looksAgain)) this.#learn();
    await this.#dialog.hear(events);
  }

  /** What the filters offer. */
  async #learn() {
    await Promise.all(this.#filters.flatMap(({ choices: entity }) => (entity ? [this.#offer(entity)] : [])));
    this.#page.draw();
  }

  /** @param {string} entity */
  async #offer(entity) {
    this.#choices[entity] = await choices(request, entity).catch(() => this.#choices[entity] ?? []);
  }

  /** @param {Partial<import("../core/store.js").Query>} query @param {"push"|"replace"} [how] */
  async #show(query, how = "push") {
    this.#bulk.clear();
    const shown = this.#store.show(query);
    this.#address(this.#dialog.id, how);
    await shown.catch(complainNot);
  }

  /** @param {string|null} open @param {"push"|"replace"} how */
  #address(open, how) {
    this.#route.write(this.#store.query, { open, manual: this.#store.manual }, how);
  }

  /** @param {boolean} manual */
  #pace(manual) {
    this.#looks.manual = manual;
    this.#store.pace(manual);
    this.#address(this.#dialog.id, "replace");
  }

  #back() {
    const { query, manual } = this.#route.wanted;
    const search = /** @type {HTMLInputElement|null} */ (document.getElementById("search"));
    if (search) search.value = query.q;
    this.#bulk.clear();
    this.#store.pace(manual ?? false);
    this.#store.show(query).catch(complainNot);
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

  /** A row that is known to be old is looked at first. @param {Row|null} row */
  async #open(row) {
    if (row && this.#store.waiting.has(row.id)) return this.#openById(row.id);
    await this.#dialog.open(row, this.#spec.defaults);
    this.#address(row?.id ?? "new", "replace");
  }

  /** @param {string} id */
  async #openById(id) {
    try {
      const { data } = await request("GET", `/api/${this.#spec.entity}/${encodeURIComponent(id)}`);
      await this.#dialog.open(data);
      this.#address(id, "replace");
    } catch (error) {
      if (/** @type {any} */ (error).status === 404 && (await this.#dialog.rescue(id))) return;
      complain(error);
      this.#address(null, "replace");
    }
  }

  /** The person's own doing shows at once, whatever else waits. @param {Row} row @param {"added"|"updated"} what */
  async #saved(row, what) {
    this.#store.put(row);
    showToast(t(`toast.${what}`, { name: row.name || row.login }), "success");
    if (what === "added") await this.#store.apply().catch(complainNot);
  }

  /** @param {Row[]} rows */
  #remove(rows) {
    if (rows.some(({ id }) => id === this.#dialog.id)) this.#dialog.close();
    this.#deletions.remove(rows);
  }
}

/** The list shows its own failure. */
function complainNot() {}
