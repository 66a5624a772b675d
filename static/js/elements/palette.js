/**
 * The command palette: pages, records and actions by a few letters, all by keyboard.
 *
 * A combobox with a list (ARIA authoring practices): the focus stays in the line, `aria-activedescendant` walks. Records are searched on
 * the server, in all entities that the person may see; a slow answer to an older question counts for nothing.
 *
 * @typedef {import("../core/commands.js").Command} Command
 * @typedef {{user: import("../core/rights.js").User, places: {page: string, href: string, right?: string, icon: string}[], draw: () => void, help: () => void}} Surroundings
 */
import { html, nothing, render } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { matching, step } from "../core/commands.js";
import { visible } from "../core/rights.js";
import { t } from "../core/words.js";
import { SyncManager } from "../sync.js";
import "../pages/page.js"; // loaded after it, so the build need not cut what both use into pieces
import { icon } from "./icon.js";
import { commandsOf } from "./palette-commands.js";

/** Letters that are typed within this time are one question, ms. */
const PAUSE_MS = 150;
/** Records of one entity; who wants more opens its list. */
const RECORDS_MAX = 5;
/** A single letter finds everything. */
const SEARCH_MIN = 2;

/** @param {Surroundings} surroundings */
export function openPalette(surroundings) {
  if (!document.querySelector("dialog.palette")) new Palette(surroundings).open();
}

class Palette {
  #user;
  #commands;
  #place = document.createElement("div");
  #question = "";
  /** @type {Command[]} */ #records = [];
  #at = 0;
  #searching = false;
  /** @type {any} */ #failed = null;
  #abort = new AbortController();
  /** @type {any} */ #timer = null;

  /** @param {Surroundings} surroundings */
  constructor(surroundings) {
    this.#user = surroundings.user;
    this.#commands = commandsOf(surroundings);
  }

  open() {
    const opener = document.activeElement;
    document.body.append(this.#place);
    this.#draw();
    const dialog = this.#dialog;
    dialog.addEventListener("close", () => {
      this.#abort.abort();
      clearTimeout(this.#timer);
      this.#place.remove();
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
    });
    dialog.showModal();
  }

  get #dialog() {
    return /** @type {HTMLDialogElement} */ (this.#place.querySelector("dialog"));
  }

  /** In the order in which they are drawn: by group. */
  get #found() {
    const commands = matching(this.#commands, this.#question);
    const all = [...this.#records, ...commands];
    const groups = [...new Set(all.map(({ group }) => group))];
    return groups.flatMap((group) => all.filter((command) => command.group === group));
  }

  #draw() {
    render(this.#template(), this.#place);
    this.#place.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }

  #template() {
    const found = this.#found;
    const active = found[this.#at];
    return html`
      <dialog class="palette" aria-label=${t("palette.title")} @click=${(/** @type {Event} */ event) => event.target === this.#dialog && this.#dialog.close()}>
        <div class="sheet">
          <div class="palette-line">${icon("search")}
            <input type="text" role="combobox" autocomplete="off" spellcheck="false" autofocus aria-expanded="true" aria-autocomplete="list" aria-controls="palette-list"
              aria-label=${t("palette.title")} placeholder=${t("palette.placeholder")} aria-activedescendant=${active ? idOf(active) : nothing}
              @input=${(/** @type {any} */ event) => this.#ask(event.target.value)} @keydown=${(/** @type {KeyboardEvent} */ event) => this.#key(event)}>
          </div>
          <div class="palette-list" id="palette-list" role="listbox" aria-label=${t("palette.found")} aria-busy=${String(this.#searching)}>
            ${[...new Set(found.map(({ group }) => group))].map((group) => this.#group(group, found, active))}
          </div>
          <div class="palette-foot" role="status">${this.#words(found)}</div>
        </div>
      </dialog>`;
  }

  /** @param {string} group @param {Command[]} found @param {Command|undefined} active */
  #group(group, found, active) {
    return html`<div role="group" aria-labelledby="group-${group}"><div class="palette-group" id="group-${group}">${groupWord(group)}</div>
      ${repeat(found.filter((command) => command.group === group), ({ key }) => key, (command) => html`
        <div role="option" id=${idOf(command)} class="palette-option" data-command=${command.key} aria-selected=${String(command === active)} @click=${() => this.#run(command)}>
          ${command.icon ?? nothing}<span>${command.label}</span>${command.hint ? html`<span class="by">${command.hint}</span>` : nothing}</div>`)}
    </div>`;
  }

  /** @param {Command[]} found */
  #words(found) {
    if (this.#failed) return t("palette.failed");
    if (this.#searching) return t("palette.searching");
    return found.length === 0 ? t("palette.nothing") : t("palette.count", { count: found.length });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const found = this.#found;
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by) this.#go(step(this.#at, by, found.length));
    else if (event.key === "Enter" && found[this.#at] && !event.isComposing) this.#run(found[this.#at]);
    else return;
    event.preventDefault();
  }

  /** @param {number} at */
  #go(at) {
    this.#at = at;
    this.#draw();
  }

  /** @param {string} question */
  #ask(question) {
    this.#question = question.trim();
    this.#at = 0;
    this.#failed = null;
    this.#abort.abort();
    clearTimeout(this.#timer);
    this.#searching = this.#question.length >= SEARCH_MIN;
    if (this.#searching) this.#timer = setTimeout(() => this.#search(), PAUSE_MS);
    else this.#records = [];
    this.#draw();
  }

  async #search() {
    const abort = new AbortController();
    this.#abort = abort;
    try {
      const found = await Promise.all(visible(this.#user).map((entity) => this.#searchIn(entity, abort.signal)));
      if (!abort.signal.aborted) this.#records = found.flat();
    } catch (error) {
      if (!abort.signal.aborted) this.#failed = error;
    }
    if (abort.signal.aborted) return;
    this.#searching = false;
    this.#draw();
  }

  /** @param {string} entity @param {AbortSignal} signal @returns {Promise<Command[]>} */
  async #searchIn(entity, signal) {
    const url = `/api/${entity}?q=${encodeURIComponent(this.#question)}&per_page=${RECORDS_MAX}`;
    const { data } = await SyncManager.request("GET", url, undefined, { signal });
    return data.items.map((/** @type {any} */ row) => ({
      key: `${entity}-${row.id}`, group: entity, label: row.name || row.login, hint: row.category_name ?? row.group_name ?? row.login ?? "", href: `/${entity}?open=${row.id}`,
    }));
  }

  /** @param {Command} command */
  #run(command) {
    this.#dialog.close();
    if (command.href) location.assign(command.href);
    else command.run?.();
  }
}

/** @param {Command} command */
const idOf = ({ key }) => `option-${key}`;

/** @param {string} group */
const groupWord = (group) => (group === "pages" ? t("palette.pages") : group === "actions" ? t("palette.actions") : t(`page.${group}`));
