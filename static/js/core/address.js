/**
 * What a list shows, as its address: search, order, page, filters, the open record.
 *
 * Every view has a URL that can be sent to somebody. What is as usual is left out.
 *
 * @typedef {import("./store.js").Query} Query
 */

export const PER_PAGE = 50;

/** @param {string} search `?q=…` @param {{sort: string, filters: string[]}} usual @returns {Query & {open: string|null}} */
export function parse(search, { sort, filters }) {
  const params = new URLSearchParams(search);
  const number = (/** @type {string} */ name, /** @type {number} */ usual) => Math.max(1, Number.parseInt(params.get(name) ?? "", 10) || usual);
  return {
    q: params.get("q") ?? "",
    sort: params.get("sort") ?? sort,
    page: number("page", 1),
    per_page: Math.min(500, number("per_page", PER_PAGE)),
    filters: Object.fromEntries(filters.filter((name) => params.get(name)).map((name) => [name, String(params.get(name))])),
    open: params.get("open"),
  };
}

/** @param {Query} query @param {string|null} open @param {{sort: string}} usual @returns {string} `?q=…`, or nothing */
export function write({ q, sort, page, per_page, filters }, open, usual) {
  const params = new URLSearchParams();
  if (q) params.set("q", q);
  for (const [name, value] of Object.entries(filters)) params.set(name, value);
  if (sort !== usual.sort) params.set("sort", sort);
  if (page > 1) params.set("page", String(page));
  if (per_page !== PER_PAGE) params.set("per_page", String(per_page));
  if (open) params.set("open", open);
  const text = params.toString();
  return text ? `?${text}` : "";
}
