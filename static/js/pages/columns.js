/** Columns and filters that several lists have. */
import { html, nothing } from "lit";
import { SINCE } from "../core/list/since.js";
import { t } from "../core/words.js";
import { changed } from "../elements/list-view.js";
import "../elements/presence-bar.js";

/** @typedef {import("../elements/list-view.js").Column} Column */
/** @typedef {import("../elements/list-view.js").Filter} Filter */

/** When and by whom a row was changed. @type {Column} */
export const changedColumn = { name: "updated_at", cell: changed, shows: ["updated_by"] };

/** Who looks at the record or edits it just now. @param {string} entity @returns {Column} */
export const nowColumn = (entity) => ({
  name: "now",
  sort: false,
  cell: (row, people) => (people.at(row.id).length > 0 ? html`<presence-bar entity=${entity} .people=${people.at(row.id)} compact></presence-bar>` : nothing),
});

/** @type {Filter} */
export const sinceFilter = { name: "updated_since", words: [...SINCE], text: (word) => t(`since.${/** @type {"today"|"24h"|"7d"|"30d"} */ (word)}`) };

/** @type {Filter} */
export const enabledFilter = { name: "enabled", words: ["true", "false"], text: (word) => t(word === "true" ? "word.on" : "word.off") };
