/** What a product's panel shows: where it belongs, its attributes, and of each variant what it costs and where it lies. */
import { html, nothing } from "lit";
import { formatPrice, formatQuantity } from "../../core/catalog/amounts.js";
import { formatAgo, formatDate } from "../../core/format.js";
import { t } from "../../core/words.js";
import { icon } from "../icon.js";

/**
 * @typedef {{id: string, name: string}} Named
 * @typedef {{type: string, amount: string, currency: string|null}} Price
 * @typedef {object} Variant
 * @property {string} id
 * @property {string} name
 * @property {string|null} sku
 * @property {string|null} barcode
 * @property {{name?: string, value?: string}[]} characteristics
 * @property {Price[]} prices
 * @property {{warehouse: string, qty: string}[]} stocks
 *
 * @typedef {object} Product
 * @property {string} id
 * @property {string} extId
 * @property {string} name
 * @property {string|null} sku
 * @property {string|null} barcode
 * @property {Named|null} brand
 * @property {Named[]} groups
 * @property {string|null} unit
 * @property {string|null} stock
 * @property {boolean} deleted
 * @property {string|null} description
 * @property {string[]} images
 * @property {{name: string, values: string[]}[]} attributes
 * @property {Variant[]} variants
 * @property {string} updatedAt
 *
 * @typedef {{priceTypes: Named[], warehouses: Named[], choose: (group: string) => void}} Around   names of what prices and rests refer to
 */

/** @param {Product} product @param {Around} around */
export const productFace = (product, around) => html`
  ${product.deleted ? html`<div class="banner banner-warn">${icon("exclamation-triangle")}<span>${t("catalog.is_deleted")}</span></div>` : nothing}
  ${facts(product, around)}
  ${product.description ? html`<p class="description">${product.description}</p>` : nothing}
  <h3>${t("catalog.variants", { count: product.variants.length })}</h3>
  ${product.variants.length > 0 ? product.variants.map((variant) => variantFace(variant, product, around)) : html`<p class="by">${t("catalog.no_variants")}</p>`}
  ${product.attributes.length > 0 ? html`
    <h3>${t("catalog.attributes")}</h3>
    <dl class="traits">${product.attributes.map(({ name, values }) => fact(name, values.join(", ")))}</dl>` : nothing}
  ${product.images.length > 0 ? html`
    <h3>${t("catalog.images")}</h3>
    <ul class="plain">${product.images.map((path) => html`<li><code>${path}</code></li>`)}</ul>` : nothing}`;

/** @param {Product} product @param {Around} around */
const facts = ({ sku, barcode, brand, groups, unit, stock, extId, updatedAt }, { choose }) => html`
  <dl class="traits">
    ${fact(t("col.catalog.sku"), sku ?? "—")}
    ${fact(t("catalog.barcode"), barcode ?? "—")}
    ${fact(t("col.catalog.brand"), brand?.name ?? "—")}
    ${fact(t("catalog.groups"), groups.length > 0 ? groups.map(({ id, name }) => html`<button type="button" class="link" data-theirs data-to-group=${id} @click=${() => choose(id)}>${name}</button> `) : "—")}
    ${fact(t("col.catalog.stock"), `${formatQuantity(stock)} ${stock === null ? "" : (unit ?? "")}`)}
    ${fact(t("col.updated_at"), html`<time datetime=${updatedAt} title=${formatDate(updatedAt, "full")}>${formatAgo(updatedAt)}</time>`)}
    ${fact(t("catalog.ext_id"), html`<code>${extId}</code>`)}
  </dl>`;

/** @param {string} name @param {unknown} value */
const fact = (name, value) => html`<div class="trait"><dt>${name}</dt><dd>${value}</dd></div>`;

/** What distinguishes it, then its prices by type and its rests by warehouse. @param {Variant} variant @param {Product} product @param {Around} around */
const variantFace = (variant, product, { priceTypes, warehouses }) => html`
  <section class="variant" data-variant=${variant.id}>
    ${variant.name && variant.name !== product.name ? html`<h4>${variant.name}</h4>` : nothing}
    <p class="by">${about(variant)}</p>
    <div class="amounts">
      ${table(t("catalog.prices"), variant.prices.map(({ type, ...price }) => [nameOf(priceTypes, type), formatPrice(price)]))}
      ${table(t("catalog.stocks"), variant.stocks.map(({ warehouse, qty }) => [nameOf(warehouses, warehouse), formatQuantity(qty)]))}
    </div>
  </section>`;

/** @param {Variant} variant */
const about = ({ sku, barcode, characteristics }) =>
  [sku, barcode, ...characteristics.map(({ name, value }) => [name, value].filter(Boolean).join(": "))].filter(Boolean).join(" · ");

/** @param {string} title @param {string[][]} rows */
const table = (title, rows) => html`
  <table class="table table-sm amount">
    <caption>${title}</caption>
    <tbody>${rows.length > 0 ? rows.map(([name, amount]) => html`<tr><th scope="row">${name}</th><td class="end">${amount}</td></tr>`)
      : html`<tr><td class="by">${t("catalog.nothing_said")}</td></tr>`}</tbody>
  </table>`;

/** @param {Named[]} among @param {string} id */
const nameOf = (among, id) => among.find((one) => one.id === id)?.name ?? `№ ${id}`;
