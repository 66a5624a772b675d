/** A field's value in words, as a person reads it. */
import { ENTITIES } from "../core/rights.js";
import { t } from "../core/words.js";

/** @param {import("./fields.js").FieldSpec|undefined} field @param {any} value @param {(entity: string, id: string) => string} nameOf what a record is called */
export function shown(field, value, nameOf) {
  if (field?.kind === "switch") return t(value ? "word.yes" : "word.no");
  if (value === null || value === undefined || value === "" || value.length === 0) return t("form.none");
  if (field?.kind === "words") return t(`word.${value}`);
  if (field?.kind === "rights") return value.map(right).join(", ");
  if (field?.kind === "select") return nameOf(field.choices ?? "", value);
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** A right in words. @param {string} name `files.view` */
function right(name) {
  const [entity, verb] = name.split(".");
  return ENTITIES.includes(entity) ? `${t(`page.${entity}`)}: ${t(`right.${verb}`)}` : t(`right.${name}`);
}
