/** The page's words: one catalogue for everything on it, in the language of `<html lang>`. */
import { I18n } from "./i18n.js";

const LOADERS = {
  ru: () => import("../i18n/ru.json"),
  en: () => import("../i18n/en.json"),
};

export const i18n = new I18n(async (language) => (await LOADERS[/** @type {"ru"|"en"} */ (language)]()).default);

/** @param {string} key @param {Record<string, any>} [params] */
export const t = (key, params) => i18n.t(key, params);

/** What a field is called, in its entity or in general. @param {string} entity @param {string} name */
export const label = (entity, name) => i18n.t(i18n.has(`col.${entity}.${name}`) ? `col.${entity}.${name}` : `col.${name}`);

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
