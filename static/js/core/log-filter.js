/**
 * Which log lines are asked for. The server filters; this only writes the filter down, for the wire and for an address.
 *
 * `type`, `level`, `source` and `environment` are a name or a comma list; `""` is no condition. A `*` at the end of a source or an
 * environment stands for whatever follows.
 *
 * @typedef {object} LogFilter
 * @property {string} type          `scan` `debug` `error` `info`
 * @property {string} level         `debug` `info` `warning` `error` `critical`
 * @property {string} source
 * @property {string} environment
 * @property {string} text          part of the message or of the source
 * @property {boolean} regex        `text` is a regular expression
 */

const NAMES = /** @type {const} */ (["type", "level", "source", "environment", "text"]);

/** @type {Readonly<LogFilter>} */
export const NO_FILTER = Object.freeze({ type: "", level: "", source: "", environment: "", text: "", regex: false });

/**
 * Whatever a page, an address or the server calls a filter; what it leaves out is as in `base`.
 * @param {any} from @param {LogFilter} [base] @returns {LogFilter}
 */
export function logFilter(from, base = NO_FILTER) {
  const given = (/** @type {string} */ name) => (from && name in from ? worded(from[name]) : /** @type {any} */ (base)[name]);
  const filter = Object.fromEntries(NAMES.map((name) => [name, given(name)]));
  const regex = from && "regex" in from ? isOn(from.regex) : base.regex;
  return /** @type {LogFilter} */ ({ ...filter, regex: regex && filter.text !== "" });
}

/** @param {any} value */
function worded(value) {
  const text = Array.isArray(value) ? value.join(",") : value === null || value === undefined ? "" : String(value);
  return text === "all" ? "" : text;
}

/** An address says `regex=1`. @param {any} value */
const isOn = (value) => value === true || value === "1" || value === "true";

/** What is set, in an order of its own. @param {LogFilter} filter @returns {[keyof LogFilter, string][]} */
export const conditions = (filter) => NAMES.filter((name) => filter[name] !== "").map((name) => [name, filter[name]]);

/** @param {LogFilter} a @param {LogFilter} b */
export const sameFilter = (a, b) => a.regex === b.regex && NAMES.every((name) => a[name] === b[name]);

/** @param {LogFilter} filter @returns {URLSearchParams} what is set, for `/api/logs` or an address */
export function toParams(filter) {
  const params = new URLSearchParams(conditions(filter));
  if (filter.regex) params.set("regex", "1");
  return params;
}

/** @param {URLSearchParams} params @returns {LogFilter} */
export const fromParams = (params) => logFilter(Object.fromEntries(params));

/** For the wire: null takes a condition back. @param {LogFilter} filter */
export const onTheWire = (filter) => ({ ...Object.fromEntries(NAMES.map((name) => [name, filter[name] || null])), regex: filter.regex });
