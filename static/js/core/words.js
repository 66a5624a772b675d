/**
 * The page's words: one catalogue for everything on it, in the language of `<html lang>`.
 *
 * Keys are typed by the catalogues themselves: `t("list.serach")` does not pass `npm run check`. A key with a hole, such as
 * `page.${entity}`, passes if some text fits it, and is exact where the hole's own type is (`word.${"on" | "off"}`); a plain `string`
 * does not pass, so a table that holds keys says so: `@property {Key} hint`.
 *
 * @typedef {Exclude<keyof typeof import("../i18n/ru.json") & keyof typeof import("../i18n/en.json"), "default">} Key  in both languages
 */
import { I18n } from "./i18n.js";

/**
 * @template {string} K
 * @typedef {K extends Key ? K : string extends K ? NoText : [Extract<Key, K>] extends [never] ? NoText : K} Asked  a key, or a pattern that fits one
 */

/** @typedef {"no such text in both ru.json and en.json"} NoText  what `tsc` prints for a misspelt key */

/** @typedef {Key extends `${infer F}.${string}` ? F : never} Family  what a key begins with */

const LOADERS = {
  ru: () => import("../i18n/ru.json"),
  en: () => import("../i18n/en.json"),
};

export const i18n = new I18n(async (language) => (await LOADERS[/** @type {"ru"|"en"} */ (language)]()).default);

/** @template {string} K @param {Asked<K>} key @param {Record<string, any>} [params] */
export const t = (key, params) => i18n.t(key, params);

/** A word of a family, such as `word("feed", event.reason)`; the name itself where the catalogues do not know it.
 * @param {Family} family @param {string} name @param {Record<string, any>} [params] */
export const word = (family, name, params) => (i18n.has(`${family}.${name}`) ? i18n.t(`${family}.${name}`, params) : name);

/** What a field is called, in its entity or in general. @param {string} entity @param {string} name */
export const label = (entity, name) => i18n.t(i18n.has(`col.${entity}.${name}`) ? `col.${entity}.${name}` : `col.${name}`);

/** A name among words, in the quotation marks of the language. @param {string} name */
export const quoted = (name) => t("text.quoted", { name });

/** Resolves when the words are there. */
export const ready = i18n.use(document.documentElement.lang);

/** Another language, now and for the next visits; the page is not reloaded. @param {string} language */
export async function speak(language) {
  document.cookie = `lockstep_lang=${language}; path=/; max-age=31536000; samesite=lax`;
  document.documentElement.lang = language;
  await i18n.use(language);
}

/** What a person reads of an error: our own words for its code, else the server's. @param {any} error */
export function explain(error) {
  const key = `error.${error?.code}`;
  return i18n.has(key) ? i18n.t(key, error.params) : error?.message ?? String(error);
}

/** The problem of one field, as the server names it: a code, a message, or both. @param {any} problem */
export function explainField(problem) {
  const code = typeof problem === "string" ? problem : problem?.code;
  for (const key of [code, `field.${code}`]) if (i18n.has(key)) return i18n.t(key, problem?.params ?? problem);
  return problem?.message ?? code ?? "";
}
