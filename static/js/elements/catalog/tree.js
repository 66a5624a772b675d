/** The tree of groups: how many products each has, and which one the list shows. One walks through it by arrow keys. */
import { html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { formatNumber } from "../../core/format.js";
import { t } from "../../core/words.js";
import { icon } from "../icon.js";

/** Deeper branches are indented no further: the name must remain readable. */
const LEVEL_MAX = 7;

/**
 * @typedef {object} TreeModel
 * @property {import("../../core/catalog/tree.js").Line[]} lines
 * @property {string|null} chosen   the group that the list shows; null: all
 * @property {string} current       the line that the Tab key comes to
 * @property {number|null} total    products of all groups and of none
 * @property {(id: string|null) => void} choose
 * @property {(id: string) => void} toggle
 * @property {(event: KeyboardEvent) => void} key
 */

/** @param {TreeModel} tree */
export const groupTree = (tree) => html`
  <button type="button" class="group-all" aria-pressed=${String(tree.chosen === null)} data-group="" @click=${() => tree.choose(null)}>
    <span class="group-name">${t("catalog.all_groups")}</span>${count(tree.total)}</button>
  <ul role="tree" class="groups" aria-label=${t("catalog.groups")} @keydown=${tree.key}>
    ${repeat(tree.lines, ({ group }) => group.id, (line) => item(line, tree))}
  </ul>`;

/** @param {import("../../core/catalog/tree.js").Line} line @param {TreeModel} tree */
function item({ group, level, at, of, open }, { chosen, current, choose, toggle }) {
  const { id, name, products, deleted } = group;
  return html`
    <li role="treeitem" class="group level-${Math.min(level, LEVEL_MAX)} ${deleted ? "deleted" : ""}" data-group=${id} tabindex=${id === current ? 0 : -1}
      aria-level=${level} aria-posinset=${at} aria-setsize=${of} aria-expanded=${open ?? nothing} aria-selected=${String(id === chosen)}
      @click=${() => choose(id)}>
      <span class="twisty" aria-hidden="true" @click=${(/** @type {Event} */ event) => open !== null && (event.stopPropagation(), toggle(id))}>${open === null ? nothing : icon("chevron-right")}</span>
      <span class="group-name">${name}</span>${count(products)}
    </li>`;
}

/** @param {number|null} products */
const count = (products) => html`<span class="group-count">${products === null ? "" : formatNumber(products)}</span>`;
