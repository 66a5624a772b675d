/**
 * The audit in words: fields, values, rights. The catalogue is passed in.
 *
 * @typedef {import("./i18n.js").I18n} I18n
 * @typedef {{from: any, to: any, from_name?: string|null, to_name?: string|null}} Change  names: of the rows that ids point to
 */
import { EDITED } from "./changes.js";
import { formatBytes } from "./format.js";
import { ENTITIES } from "./rights.js";

/** A value longer than this is cut: the record itself shows the whole. */
const SHOWN_MAX = 80;

/** The fields of an audit's `changes`, those that people know first. @param {Record<string, {from: any, to: any}>} changes @returns {string[]} */
export const fieldsOf = (changes) => Object.keys(changes).sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));

/** What a list gained and lost. @param {any} from @param {any} to @returns {{gained: string[], lost: string[]}} */
export function listDifference(from, to) {
  const [before, after] = [from, to].map((value) => (Array.isArray(value) ? value : []));
  return { gained: after.filter((item) => !before.includes(item)), lost: before.filter((item) => !after.includes(item)) };
}

/** @param {I18n} i18n @param {string} field @param {any} value @param {string|null} [name] of the row that an id points to */
export function valueWords(i18n, field, value, name) {
  if (value === null || value === undefined || value === "") return i18n.t("form.none");
  if (typeof value === "boolean") return i18n.t(value ? "word.on" : "word.off");
  if (field === "size") return formatBytes(value);
  if (Array.isArray(value)) return cut(value.map((item) => (field === "permissions" ? rightWords(i18n, item) : String(item))).join(", ")) || i18n.t("form.none");
  if (field === "status" && i18n.has(`word.${value}`)) return i18n.t(`word.${value}`);
  if (field.endsWith("_id")) return name || `#${value}`;
  return cut(typeof value === "object" ? JSON.stringify(value) : String(value));
}

/** A change of a field: `from → to`; of a list of rights what was gained (`+`) and lost (`−`).
 * @param {I18n} i18n @param {string} field @param {Change} change */
export function changeWords(i18n, field, { from, to, from_name: fromName, to_name: toName }) {
  if (!Array.isArray(from) || !Array.isArray(to)) return `${valueWords(i18n, field, from, fromName)} → ${valueWords(i18n, field, to, toName)}`;
  const { gained, lost } = listDifference(from, to);
  const words = (/** @type {string} */ item) => (field === "permissions" ? rightWords(i18n, item) : item);
  return [...gained.map((item) => `+ ${words(item)}`), ...lost.map((item) => `− ${words(item)}`)].join(", ") || i18n.t("form.none");
}

/** `Файлы: правка`. @param {I18n} i18n @param {string} right */
export function rightWords(i18n, right) {
  const [entity, verb] = right.split(".");
  if (ENTITIES.includes(entity)) return `${i18n.t(`page.${entity}`)}: ${i18n.t(`right.${verb}`)}`;
  return i18n.has(`right.${right}`) ? i18n.t(`right.${right}`) : right;
}

/** @param {string} text */
const cut = (text) => (text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text);

/** @param {string} name */
const rank = (name) => (EDITED.includes(name) ? EDITED.indexOf(name) : EDITED.length);
