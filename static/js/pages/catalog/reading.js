/**
 * A list that one only reads: live, searched, sorted, in pages, and all of it in the address.
 *
 * It is the same store and the same table as the lists of entities have; what those have besides, editing and presence, is not here.
 *
 * @typedef {import("../../core/store.js").Row} Row
 *
 * @typedef {object} ReadingSpec
 * @property {string} name                                  how its words are called: `page.<name>`, `empty.<name>`, `col.<name>.…`
 * @property {string} from                                  where the API has it: `/api/<from>`
 * @property {string} sort                                  the usual order
 * @property {import("../../elements/list-view.js").Column[]} columns
 * @property {import("../../elements/list-view.js").Filter[]} [filters]
 * @property {string[]} [places]                            what else narrows the list and stands in the address, without a field to choose it by
 * @property {Record<string, string>} [fixed]               words that the address always has
 * @property {() => unknown} [next]                         what an empty list offers
 * @property {import("../../elements/list-view.js").Extra} [extra]
 */
import { ListStore } from "../../core/store.js";
import { Selection } from "../../core/list/selection.js";
import { debounce } from "../../utils.js";
import { Looks } from "../list/looks.js";
import { Route } from "../list/route.js";

/** A search starts when the typing pauses. */
const SEARCH_MS = 250;
const NOBODY = Object.freeze(/** @type {any[]} */ ([]));
const PEOPLE = { at: () => NOBODY, isOnline: () => false };

export class ReadingList {
  /** What filters offer: by the name of the choices. @type {Record<string, import("../../core/refs.js").Choice[]>} */ choices = {};
  /** The record that is open. @type {string|null} */ #open = null;
  /** It is to show the first data late enough to say so. */ slow = false;
  #selection = new Selection();
  #none = new Set();
  #spec;
  #ports;
  #route;
  #looks;
  #search = debounce((/** @type {string} */ q) => this.show({ q, page: 1 }, "replace"), SEARCH_MS);

  /**
   * @param {ReadingSpec} spec
   * @param {{request: import("../../core/store.js").Request, draw: () => void, open: (row: Row) => void}} ports `open`: what a row's name does
   */
  constructor(spec, ports) {
    this.#spec = spec;
    this.#ports = ports;
    this.#looks = new Looks(spec.name);
    const filters = [...(spec.filters ?? []).map(({ name }) => name), ...(spec.places ?? [])];
    this.#route = new Route({ sort: spec.sort, filters }, spec.fixed);
    const { query, manual } = this.#route.wanted;
    this.store = new ListStore(spec.from, query, { request: dated(ports.request), onChange: ports.draw });
    this.store.pace(manual ?? this.#looks.manual);
  }

  /** What the address asks for. */
  get wanted() {
    return this.#route.wanted;
  }

  /** @returns {import("../../elements/list-view.js").ListModel} */
  get model() {
    const { name, columns, filters = [], next, extra } = this.#spec;
    return {
      entity: name, bulk: {}, next, extra, filters,
      store: this.store,
      columns: this.#looks.columns(columns),
      allColumns: columns,
      editable: false,
      slow: this.slow,
      dense: this.#looks.dense,
      pending: this.#none,
      selection: this.#selection,
      progress: null,
      settings: {},
      choices: this.choices,
      people: PEOPLE,
      depths: null,
      csv: "",
      actions: this.#actions,
    };
  }

  /** @param {Row} row */
  open(row) {
    this.#ports.open(row);
  }

  /** The open record is marked in the list, and stands in the address. @param {string|null} id */
  opened(id) {
    this.#open = id;
    this.#selection.clear();
    if (id) this.#selection.toggle(id, []);
    this.write("replace");
    this.#ports.draw();
  }

  /** @param {"push"|"replace"} how */
  write(how) {
    this.#route.write(this.store.query, { open: this.#open, manual: this.store.manual }, how);
  }

  /** @param {Partial<import("../../core/store.js").Query>} query @param {"push"|"replace"} [how] */
  async show(query, how = "push") {
    const shown = this.store.show(query);
    this.write(how);
    await shown.catch(complainNot);
    this.#calm();
  }

  /** What differs now was asked for, such as another type of price: nobody has changed it. */
  #calm() {
    for (const { id } of this.store.items) this.store.marks.forget(id);
    this.#ports.draw();
  }

  /** @param {string} name @param {string} value empty: as usual */
  filter(name, value) {
    const { [name]: _, ...others } = this.store.query.filters;
    return this.show({ page: 1, filters: value ? { ...others, [name]: value } : others });
  }

  /** The person went back, or forth. */
  back() {
    const { query, manual } = this.#route.wanted;
    const search = /** @type {HTMLInputElement|null} */ (document.getElementById("search"));
    if (search) search.value = query.q;
    this.store.pace(manual ?? false);
    return this.store.show(query).catch(complainNot);
  }

  /** What the person may do here. @type {import("../../elements/list-view.js").ListActions} */
  #actions = {
    search: (text) => this.#search(text.trim()),
    filter: (name, value) => this.filter(name, value),
    sort: (sort) => this.show({ sort, page: 1 }),
    page: (page) => this.show({ page }),
    perPage: (per_page) => this.show({ per_page, page: 1 }),
    pace: (manual) => this.#pace(manual),
    showWaiting: () => this.store.apply().catch(complainNot),
    column: (name, shown) => (this.#looks.show(name, shown), this.#ports.draw()),
    density: () => ((this.#looks.dense = !this.#looks.dense), this.#ports.draw()),
    open: (row) => row && this.open(row),
    reset: () => this.#reset(),
    again: () => this.show({}),
    remove() {}, toggle() {}, pick() {}, pickAll() {}, unpick() {}, setting() {}, applySettings() {}, enable() {}, removePicked() {}, stop() {},
  };

  /** @param {boolean} manual */
  #pace(manual) {
    this.#looks.manual = manual;
    this.store.pace(manual);
    this.write("replace");
  }

  #reset() {
    const search = /** @type {HTMLInputElement} */ (document.getElementById("search"));
    search.value = "";
    search.focus();
    this.show({ q: "", page: 1, filters: {} });
  }
}

/** The answers of a request, whose rows say when they changed by the name that lists know. @param {import("../../core/store.js").Request} request @returns {import("../../core/store.js").Request} */
const dated = (request) => async (method, url, body, options) => {
  const answer = await request(method, url, body, options);
  if (!answer.data?.items) return answer;
  const items = answer.data.items.map((/** @type {any} */ { updatedAt, ...row }) => ({ ...row, updated_at: updatedAt }));
  return { ...answer, data: { ...answer.data, items } };
};

/** The list shows its own failure. */
function complainNot() {}
