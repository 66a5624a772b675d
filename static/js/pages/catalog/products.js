/** The tab of products: the tree of groups, the list, the panel of one of them. */
import { html } from "lit";
import { ProductPanel } from "../../elements/catalog/product-panel.js";
import { listView } from "../../elements/list-view.js";
import { SyncManager } from "../../sync.js";
import { Groups } from "./groups.js";
import { productsSpec } from "./lists.js";
import { ReadingList } from "./reading.js";

/** @typedef {import("../../core/wire.js").SyncEvent} SyncEvent */

const request = SyncManager.request.bind(SyncManager);

export class Products {
  /** What there is to choose from. @type {{products: number, priceTypes: any[], warehouses: any[], brands: any[]}|null} */ #catalog = null;
  /** @type {string|null} */ #etag = null;
  #draw;
  #groups;
  #panel;

  /** @param {() => void} draw */
  constructor(draw) {
    this.#draw = draw;
    this.list = new ReadingList(productsSpec(() => this.#catalog?.priceTypes[0]?.name ?? "—"), { request, draw, open: (row) => this.#panel.open(row.id) });
    this.#groups = new Groups(request, { draw, choose: (id) => this.#choose(id) });
    this.#panel = new ProductPanel({ request, around: () => this.#around, opened: (id) => this.list.opened(id) });
  }

  /** @param {unknown} tabs @param {unknown} above */
  template(tabs, above) {
    const { model, store } = this.list;
    return html`
      ${tabs}
      <div class="catalog ${this.#groups.none ? "whole" : ""}">
        <div class="catalog-groups">${this.#groups.template(store.query.filters.group ?? null, this.#catalog?.products ?? null)}</div>
        <div class="catalog-list">${listView({ ...model, extra: { ...model.extra, above: () => above } })}</div>
      </div>`;
  }

  /** Fetches what is shown first. */
  async start() {
    const learned = this.learn();
    await this.list.store.refresh().catch(() => {}); // the list shows its own failure
    const { open } = this.list.wanted;
    this.list.write("replace");
    if (open) this.#panel.open(open);
    await learned;
  }

  /** What stands around the list: groups, brands, types of prices, and how much there is. */
  async learn() {
    const group = this.list.store.query.filters.group ?? null;
    await Promise.allSettled([this.#groups.learn(group), this.#learnCatalog()]);
    this.#draw();
    this.#panel.draw();
  }

  /** @param {SyncEvent[]} events */
  async take(events) {
    const ids = events.flatMap(({ data }) => data?.ids ?? ["*"]);
    if (ids.includes("*") || ids.includes(this.#panel.id)) this.#panel.learn();
    return this.list.store.take(events);
  }

  back() {
    const { open } = this.list.wanted;
    if (open) this.#panel.open(open);
    else this.#panel.close();
    return this.list.back();
  }

  async #learnCatalog() {
    const { data, etag, unchanged } = await request("GET", "/api/catalog", undefined, { ifNoneMatch: this.#etag });
    if (unchanged) return;
    [this.#catalog, this.#etag] = [data, etag];
    this.list.choices = { brands: data.brands, priceTypes: data.priceTypes };
  }

  get #around() {
    const { priceTypes = [], warehouses = [] } = this.#catalog ?? {};
    return { priceTypes, warehouses, choose: (/** @type {string} */ group) => this.#chooseFromPanel(group) };
  }

  /** @param {string|null} id */
  #choose(id) {
    this.list.filter("group", id ?? "");
  }

  /** @param {string} id */
  #chooseFromPanel(id) {
    this.#panel.close();
    this.#groups.reveal(id);
    this.#choose(id);
  }
}
