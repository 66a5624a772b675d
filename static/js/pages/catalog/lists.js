/** What the two lists of the catalogue show: products and customers. */
import { html } from "lit";
import { formatPrice, formatQuantity } from "../../core/catalog/amounts.js";
import { serverNow } from "../../core/format.js";
import { t } from "../../core/words.js";
import { icon } from "../../elements/icon.js";
import { ageStep } from "../../elements/list/cells.js";
import { changedColumn } from "../columns.js";

/** @typedef {import("./reading.js").ReadingSpec} ReadingSpec */
/** @typedef {import("../../core/store.js").Row} Row */

/** How to bring something in. */
const toImport = () => html`<a class="btn btn-primary" href="/admin/integrations/import_1c/">${icon("box-arrow-in-down")} ${t("catalog.import")}</a>`;

/** What rows show of the clock. */
const extra = { of: (/** @type {Row} */ row) => [ageStep(row.updated_at, serverNow())] };

/** @param {() => string} usualPrice what the first type of price is called @returns {ReadingSpec} */
export const productsSpec = (usualPrice) => ({
  name: "catalog",
  from: "catalog/products",
  sort: "name",
  columns: [
    { name: "name", beside: (row) => (row.deleted ? html`<span class="chip">${t("catalog.deleted")}</span>` : "") },
    { name: "sku", cell: (row) => row.sku ?? "" },
    { name: "brand", sort: false, cell: (row) => row.brand?.name ?? "—" },
    { name: "price", align: "end", cell: (row) => formatPrice(row.price) },
    { name: "stock", align: "end", cell: (row) => formatQuantity(row.stock), shows: ["unit"] },
    changedColumn,
  ],
  filters: [
    { name: "brand", choices: "brands" },
    { name: "price_type", choices: "priceTypes", usual: usualPrice },
    { name: "in_stock", words: ["1"], text: () => t("catalog.in_stock") },
    { name: "deleted", words: ["1", "all"], text: (word) => t(word === "1" ? "catalog.only_deleted" : "catalog.with_deleted"), usual: () => t("catalog.without_deleted") },
  ],
  places: ["group"],
  next: toImport,
  extra,
});

/** @type {ReadingSpec} */
export const customersSpec = {
  name: "customers",
  from: "catalog/customers",
  sort: "name",
  columns: [
    { name: "name", opens: false, beside: (row) => (row.fullName && row.fullName !== row.name ? html`<span class="by">${row.fullName}</span>` : "") },
    { name: "kind", sort: false, cell: (row) => (row.kind ? t(`customer.${/** @type {"person"|"firm"} */ (row.kind)}`) : "—") },
    { name: "inn", sort: false, cell: (row) => [row.inn, row.kpp].filter(Boolean).join(" / ") || "—" },
    { name: "contacts", sort: false, cell: (row) => [row.email, row.phone].filter(Boolean).join(", ") || "—", shows: ["email", "phone"] },
    { name: "address", sort: false, cell: (row) => row.address ?? "—" },
    changedColumn,
  ],
  fixed: { tab: "customers" },
  next: toImport,
  extra,
};
