/** What the keyboard does on this page, as it is registered. */
import { html, render } from "lit";
import { shortcuts } from "../core/keys.js";
import { t, word } from "../core/words.js";
import "../pages/page.js"; // loaded after it, so the build need not cut what both use into pieces
import { icon } from "./icon.js";

/** Keys that people know by their sign. @type {Record<string, string>} */
const SIGNS = { ArrowUp: "↑", ArrowDown: "↓", ArrowLeft: "←", ArrowRight: "→", Escape: "Esc", " ": "Space" };

export function openHelp() {
  if (document.querySelector("dialog.help")) return;
  const opener = document.activeElement;
  const place = document.createElement("div");
  document.body.append(place);
  const close = () => /** @type {HTMLDialogElement} */ (place.querySelector("dialog")).close();
  render(template(close), place);
  const dialog = /** @type {HTMLDialogElement} */ (place.querySelector("dialog"));
  dialog.addEventListener("close", () => {
    place.remove();
    if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
  });
  dialog.showModal();
}

/** @param {() => void} close */
function template(close) {
  const all = shortcuts();
  const groups = [...new Set(all.map(groupOf))];
  return html`
    <dialog class="help" aria-labelledby="help-title">
      <div class="sheet">
        <div class="sheet-head"><h2 id="help-title">${t("help.title")}</h2>
          <button type="button" class="btn btn-sm btn-plain square" autofocus aria-label=${t("action.close")} @click=${close}>${icon("x-lg")}</button></div>
        <div class="sheet-body">${groups.map((group) => html`
          <section><h3>${words(group)}</h3><dl class="shortcuts">${once(all.filter((entry) => groupOf(entry) === group)).map((entry) => html`
            <div><dt>${words(entry.label)}</dt><dd>${keysOf(entry.key)}</dd></div>`)}</dl></section>`)}
        </div>
      </div>
    </dialog>`;
}

/** @typedef {import("../core/keys.js").Shortcut} Shortcut */

/** @param {Shortcut} entry */
const groupOf = ({ group }) => group ?? "key.page";

/** @param {string} key `key.…` */
const words = (key) => word("key", key.replace(/^key\./, ""));

/** Two entries that say the same are one line. @param {Shortcut[]} entries */
const once = (entries) => entries.filter((entry, n) => entries.findIndex(({ key, label }) => key === entry.key && label === entry.label) === n);

/** @param {string} key */
const keysOf = (key) => (key === "+" ? ["+"] : key.split("+")).map((part) => html`<kbd>${SIGNS[part] ?? (part.length === 1 ? part.toUpperCase() : part)}</kbd> `);
