/**
 * Prices and rests as people read them. They come as decimals in text and stay so: a float would lose what the books have.
 */

/** @type {Map<string, Intl.NumberFormat>} */ const cache = new Map();

/** @param {string} key @param {Intl.NumberFormatOptions} options */
function formatter(key, options) {
  const language = document.documentElement.lang || "ru";
  const name = `${language} ${key}`;
  const known = cache.get(name) ?? new Intl.NumberFormat(language, options);
  cache.set(name, known);
  return known;
}

/** Digits behind the point that are shown at most, those that the server sends. */
const DIGITS = 20;

/** A currency as ISO 4217 has it; 1C also sends `руб`. */
const ISO = /^[A-Z]{3}$/;

/** @param {{amount: string, currency: string|null}|null|undefined} price @returns {string} `1 234,50 ₽` */
export function formatPrice(price) {
  if (!price) return "—";
  const { amount, currency } = price;
  const digits = { minimumFractionDigits: 2, maximumFractionDigits: DIGITS };
  if (currency && ISO.test(currency)) return exact(formatter(currency, { ...digits, style: "currency", currency, currencyDisplay: "narrowSymbol" }), amount);
  const number = exact(formatter("price", digits), amount);
  return currency ? `${number}\u00a0${currency}` : number;
}

/** @param {string|null|undefined} quantity @returns {string} `12,5` */
export const formatQuantity = (quantity) => (quantity === null || quantity === undefined ? "—" : exact(formatter("quantity", { maximumFractionDigits: DIGITS }), quantity));

/** The formatter takes decimals as text, and keeps all their digits. @param {Intl.NumberFormat} format @param {string} text */
const exact = (format, text) => format.format(/** @type {any} */ (text));
