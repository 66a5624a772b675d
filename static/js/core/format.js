/** Numbers, sizes and times as people read them, in the page's language. */

/** @type {Map<string, any>} */ const cache = new Map();

/** Making a formatter costs more than using it a thousand times. @template T @param {string} key @param {() => T} make @returns {T} */
function cached(key, make) {
  if (!cache.has(key)) cache.set(key, make());
  return cache.get(key);
}

/** How far the server's clock is ahead of ours, ms. */
let ahead = 0;

/** The browser's clock may be wrong by hours; "5 s ago" goes by the server's. @param {number} ms */
export function setAhead(ms) {
  ahead = ms;
}

/** Now, as the server sees it, ms. */
export const serverNow = () => Date.now() + ahead;

const language = () => document.documentElement.lang || "ru";

/** @param {number} value @returns {string} `12 408` */
export const formatNumber = (value) => cached(`n${language()}`, () => new Intl.NumberFormat(language())).format(value);

/**
 * @param {string|number|Date|null|undefined} value an ISO time or ms
 * @param {"minute"|"time"|"date"|"full"} [style] `14:02`, `14:02:11`, `21 нояб. 2025 г., 14:02`, or the whole
 * @param {string} [lang] another language than the page's
 */
export function formatDate(value, style = "date", lang = language()) {
  const date = asDate(value);
  if (!date) return "";
  return cached(`d${style}${lang}`, () => new Intl.DateTimeFormat(lang, STYLES[style])).format(date);
}

/** @type {Record<string, Intl.DateTimeFormatOptions>} */
const STYLES = {
  minute: { hour: "2-digit", minute: "2-digit" },
  time: { hour: "2-digit", minute: "2-digit", second: "2-digit" },
  date: { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" },
  full: { dateStyle: "long", timeStyle: "medium" },
};

/** @type {[Intl.RelativeTimeFormatUnit, number, number][]} unit, its seconds, up to how many seconds it is used */
const UNITS = [["second", 1, 60], ["minute", 60, 3600], ["hour", 3600, 86_400], ["day", 86_400, 7 * 86_400]];

/** How long ago, up to a week; then the date. @param {string|number|null|undefined} value @param {number} [now] ms @param {string} [lang] */
export function formatAgo(value, now = serverNow(), lang = language()) {
  const date = asDate(value);
  if (!date) return "";
  const seconds = Math.max(0, Math.round((now - date.getTime()) / 1000));
  const unit = UNITS.find(([, , limit]) => seconds < limit);
  if (!unit) return formatDate(date, "date", lang);
  const format = cached(`a${lang}`, () => new Intl.RelativeTimeFormat(lang, { numeric: "auto", style: "short" }));
  return seconds < 10 ? format.format(0, "second") : format.format(-Math.floor(seconds / unit[1]), unit[0]);
}

/** @param {number} ms @param {string} [lang] @returns {string} `15 мин 23 с` */
export function formatDuration(ms, lang = language()) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  /** @type {[string, number][]} */
  const parts = [["day", Math.floor(seconds / 86_400)], ["hour", Math.floor(seconds / 3600) % 24], ["minute", Math.floor(seconds / 60) % 60], ["second", seconds % 60]];
  const first = parts.findIndex(([, count]) => count > 0);
  const shown = first < 0 ? parts.slice(-1) : parts.slice(first, first + 2).filter(([, count]) => count > 0);
  return shown.map(([unit, count]) => unitOf(unit, lang).format(count)).join(" ");
}

/** @param {string} unit @param {string} lang */
const unitOf = (unit, lang) => cached(`u${unit}${lang}`, () => new Intl.NumberFormat(lang, { style: "unit", unit, unitDisplay: "short" }));

/** @param {number|null|undefined} bytes @returns {string} `1,2 МБ` */
export function formatBytes(bytes) {
  if (bytes === null || bytes === undefined) return "";
  const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];
  const power = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log(bytes) / Math.log(1024)));
  const options = { style: /** @type {"unit"} */ ("unit"), unit: units[power], unitDisplay: /** @type {"short"} */ ("short"), maximumFractionDigits: power > 1 ? 1 : 0 };
  return cached(`b${power}${language()}`, () => new Intl.NumberFormat(language(), options)).format(bytes / 1024 ** power);
}

/** @param {string|number|Date|null|undefined} value @returns {Date|null} */
export function asDate(value) {
  if (value === null || value === undefined || value === "") return null;
  const date = value instanceof Date ? value : new Date(value);
  return Number.isNaN(date.getTime()) ? null : date;
}
