/**
 * The catalogue that imports bring: products and customers, live.
 *
 * An import changes thousands of rows and says so in bulk, so the page looks again, once a second at most; whatever the person points
 * at, scrolls or has chosen stays as it is. A quiet line says that an import runs.
 */
import { html, nothing } from "lit";
import { Jobs, familyOf, percentOf } from "../core/jobs.js";
import { may } from "../core/rights.js";
import { t, word } from "../core/words.js";
import { icon } from "../elements/icon.js";
import { SyncManager } from "../sync.js";
import { announceChanges } from "../utils.js";
import { Customers } from "./catalog/customers.js";
import { Products } from "./catalog/products.js";
import { watchHold } from "./list/hold.js";
import { listKeys } from "./list/keys.js";
import { startPage } from "./page.js";

/** One look at the rows in so many milliseconds. */
const LOOK_MS = 1000;
/** And one at what stands around them: the tree and its counts are summed over the whole catalogue. */
const AROUND_MS = 5000;
/** Data that comes sooner needs no word about waiting. */
const SLOW_MS = 300;

/** @typedef {"products"|"customers"} Tab */

const TABS = { products: Products, customers: Customers };

startPage("catalog", ({ user, draw }) => {
  /** @type {Partial<Record<Tab, Products|Customers>>} */ const made = {};
  const here = () => /** @type {Tab} */ (new URLSearchParams(location.search).get("tab") === "customers" ? "customers" : "products");
  let current = here();
  const imports = new Jobs({ request: SyncManager.request.bind(SyncManager), changed: draw });

  function template() {
    if (!may(user, "imports.run")) return html`<div class="banner banner-bad" role="alert">${t("error.forbidden", { right: "imports.run" })}</div>`;
    return made[current]?.template(tabs(), running()) ?? nothing;
  }

  const tabs = () => html`
    <nav class="tabs" aria-label=${t("page.catalog")}>${/** @type {Tab[]} */ (Object.keys(TABS)).map((tab) => html`
      <a href=${tab === "products" ? "/catalog" : `?tab=${tab}`} data-tab=${tab} aria-current=${tab === current ? "page" : "false"} @click=${(/** @type {MouseEvent} */ event) => follow(event, tab)}>${t(`catalog.tab_${tab}`)}</a>`)}</nav>`;

  /** What runs now, and where one sees how it goes. */
  function running() {
    const job = imports.active.find((job) => familyOf(job) === "import");
    if (!job) return nothing;
    const percent = percentOf(job);
    const type = word("importtype", job.kind.split(".")[1]);
    return html`
      <p class="import-line" role="status" data-import=${job.id}>${icon("arrow-repeat")}
        <span>${percent === null ? t("catalog.running", { type }) : t("catalog.running_at", { type, percent: Math.floor(percent) })}</span>
        <a href="/admin/integrations/session/${job.id}/">${t("catalog.session", { id: job.id })}</a></p>`;
  }

  /** @param {MouseEvent} event @param {Tab} tab */
  function follow(event, tab) {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return; // a window of its own
    event.preventDefault();
    if (tab === current) return;
    history.pushState(null, "", tab === "products" ? "/catalog" : `/catalog?tab=${tab}`);
    show(tab);
  }

  /** @param {Tab} tab */
  async function show(tab) {
    made[current]?.list.store.hold(false);
    current = tab;
    const known = made[tab];
    if (known) return known.back();
    const view = (made[tab] = new TABS[tab](draw));
    setTimeout(() => ((view.list.slow = true), draw()), SLOW_MS);
    draw();
    await view.start();
  }

  /** @param {any} _event @param {{events: import("../core/wire.js").SyncEvent[]}} context */
  async function take(_event, { events }) {
    const position = await made[current]?.take(events);
    const told = events.filter(({ data }) => data?.bulk).map(({ data }) => data.created + data.updated + data.deleted);
    announceChanges(told.reduce((sum, count) => sum + count, 0));
    return position ?? null;
  }

  /** The keys and the pointer mean the rows of the list that is shown. */
  function listen() {
    const none = () => {};
    const list = () => made[current]?.list;
    watchHold((held) => list()?.store.hold(held));
    listKeys({ editable: false, row: (id) => list()?.store.row(id), open: (row) => row && list()?.open(row), pick: none, remove: none, chosen: () => false, unpick: none });
  }

  async function start() {
    if (!may(user, "imports.run")) return;
    listen();
    addEventListener("popstate", () => (here() === current ? made[current]?.back() : show(here())));
    await show(current);
    SyncManager.on("products:changed", take, { debounce: LOOK_MS, maxWait: LOOK_MS });
    SyncManager.on("products:changed", async () => { await made[current]?.learn(); }, { debounce: AROUND_MS, maxWait: AROUND_MS });
    SyncManager.startIdleGuard(take);
    SyncManager.joinRoom("products", { position: made[current]?.list.store.position });
    await imports.follow(SyncManager, "import");
  }

  return { template, start };
});
