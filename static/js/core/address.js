/**
 * What a list shows, as its address: search, order, page, filters, pace, the open record.
 *
 * Every view has a URL that can be sent to somebody. What is as usual is left out.
 *
 * @typedef {import("./store.js").Query} Query
 *
 * @typedef {object} Usual
 * @property {string} sort
 * @property {string[]} filters        names of the filters that there are
 * @property {number} [per_page]
 */
import { sinceOf } from "./list/since.js";

export const PER_PAGE = 50;
/** What the person may choose. The address takes any number up to the server's own limit. */
export const PER_PAGES = Object.freeze([25, 50, 100, 200]);
const PER_PAGE_MAX = 1000;

/**
 * @param {string} search `?q=…` @param {Usual} usual
 * @returns {Query & {open: string|null, manual: boolean|null}} `manual`: null where the address does not say
 */
export function parse(search, { sort, filters, per_page = PER_PAGE }) {
  const params = new URLSearchParams(search);
  const number = (/** @type {string} */ name, /** @type {number} */ usual) => Math.max(1, Number.parseInt(params.get(name) ?? "", 10) || usual);
  return {
    q: params.get("q") ?? "",
    sort: params.get("sort") ?? sort,
    page: number("page", 1),
    per_page: Math.min(PER_PAGE_MAX, number("per_page", per_page)),
    filters: Object.fromEntries(filters.filter((name) => params.get(name)).map((name) => [name, String(params.get(name))])),
    open: params.get("open"),
    manual: params.has("mode") ? params.get("mode") === "manual" : null,
  };
}

/** @param {Query} query @param {{open: string|null, manual: boolean}} state @param {Usual} usual @returns {string} `?q=…`, or nothing */
export function write({ q, sort, page, per_page, filters }, { open, manual }, usual) {
  const params = new URLSearchParams();
  if (q) params.set("q", q);
  for (const [name, value] of Object.entries(filters)) params.set(name, value);
  if (sort !== usual.sort) params.set("sort", sort);
  if (page > 1) params.set("page", String(page));
  if (per_page !== (usual.per_page ?? PER_PAGE)) params.set("per_page", String(per_page));
  if (manual) params.set("mode", "manual");
  if (open) params.set("open", open);
  const text = params.toString();
  return text ? `?${text}` : "";
}

/** Where the API has a page of a list. @param {string} entity @param {Query} query @param {number} now ms */
export function apiUrl(entity, query, now) {
  const params = asked(query, now);
  params.set("page", String(query.page));
  params.set("per_page", String(query.per_page));
  return `/api/${entity}?${params}`;
}

/** Where it has all its pages as a table. @param {string} entity @param {Query} query @param {number} now ms @param {string} language */
export function csvUrl(entity, query, now, language) {
  const params = asked(query, now);
  params.set("lang", language);
  return `/api/${entity}.csv?${params}`;
}

/** @param {Query} query @param {number} now */
function asked({ q, sort, filters }, now) {
  const since = filters.updated_since && { updated_since: sinceOf(filters.updated_since, now) };
  const params = new URLSearchParams({ ...filters, ...since, sort });
  if (q) params.set("q", q);
  return params;
}
