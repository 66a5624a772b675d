/**
 * Words, in the reader's language.
 *
 * Catalogues are flat: key → text with `{name}` holes, or plural forms `{one, few, many, other}` chosen by the parameter
 * `count`, else by the first number among the parameters, as the server does. A missing key shows itself rather than nothing.
 */

export const LANGUAGES = Object.freeze(["ru", "en"]);

/** What the project's people read unless they say otherwise. */
export const FALLBACK = "ru";

/**
 * @typedef {Record<string, string|Record<string, string>>} Catalogue
 */

export class I18n {
  /** @type {Catalogue} */ #catalogue = {};
  /** @type {Set<() => void>} */ #listeners = new Set();
  #load;
  #plurals = new Intl.PluralRules(FALLBACK);

  /** @param {(language: string) => Promise<Catalogue>} load */
  constructor(load) {
    this.#load = load;
    this.language = FALLBACK;
  }

  /** Loads a language and tells whoever listens. @param {string} language */
  async use(language) {
    const known = LANGUAGES.includes(language) ? language : FALLBACK;
    this.#catalogue = await this.#load(known);
    this.language = known;
    this.#plurals = new Intl.PluralRules(known);
    for (const listener of this.#listeners) listener();
  }

  /** @param {() => void} listener @returns {() => void} off */
  onChange(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @param {string} key */
  has(key) {
    return key in this.#catalogue;
  }

  /** @param {string} key @param {Record<string, any>} [params] @returns {string} */
  t(key, params = {}) {
    const entry = this.#catalogue[key];
    if (entry === undefined) return key;
    const text = typeof entry === "string" ? entry : entry[this.#plurals.select(counted(params))] ?? entry.other;
    return text.replace(/\{(\w+)\}/g, (hole, name) => (name in params ? this.#shown(params[name]) : hole));
  }

  /** @param {any} value */
  #shown(value) {
    return typeof value === "number" ? new Intl.NumberFormat(this.language).format(value) : String(value);
  }
}

/** @param {Record<string, any>} params @returns {number} */
const counted = (params) => Number(params.count ?? Object.values(params).find((value) => typeof value === "number"));

/** The language to start with: the address, the cookie, the browser, then the default.
 * @param {{search: string, cookie: string, languages: readonly string[]}} from @returns {string} */
export function chooseLanguage({ search, cookie, languages }) {
  const wanted = [
    new URLSearchParams(search).get("lang"),
    /(?:^|;\s*)lockstep_lang=(\w+)/.exec(cookie)?.[1],
    ...languages.map((language) => language.slice(0, 2)),
  ];
  return wanted.find((language) => language && LANGUAGES.includes(language)) ?? FALLBACK;
}
