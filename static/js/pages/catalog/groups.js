/** The tree of groups beside the list: what is open in it, which line has the focus, what is asked of the server. */
import { above, inSight, walk } from "../../core/catalog/tree.js";
import { formatNumber } from "../../core/format.js";
import { t } from "../../core/words.js";
import { groupTree } from "../../elements/catalog/tree.js";
import { html, nothing } from "lit";

/** Where the tree has room beside the list. */
const WIDE = "(min-width: 62rem)";

export class Groups {
  /** @type {import("../../core/catalog/tree.js").Group[]} */ #groups = [];
  /** @type {Set<string>} */ #open = new Set();
  /** @type {string|null} */ #current = null;
  /** @type {string|null} */ #etag = null;
  /** Whether it is unfolded where it has no room beside the list: at first, then the person's. */ #unfolded = matchMedia(WIDE).matches;
  #request;
  #draw;
  #choose;

  /**
   * @param {import("../../core/store.js").Request} request
   * @param {{draw: () => void, choose: (id: string|null) => void}} ports
   */
  constructor(request, { draw, choose }) {
    this.#request = request;
    this.#draw = draw;
    this.#choose = choose;
  }

  /** Whether it is known that there are none; until then their place is kept. */
  get none() {
    return this.#etag !== null && this.#groups.length === 0;
  }

  /** Asks for them; what is unchanged costs no answer. @param {string|null} chosen  is brought in sight the first time */
  async learn(chosen) {
    const first = this.#groups.length === 0;
    const { data, etag, unchanged } = await this.#request("GET", "/api/catalog/groups", undefined, { ifNoneMatch: this.#etag });
    if (unchanged) return;
    this.#groups = data;
    this.#etag = etag;
    if (first && chosen) this.reveal(chosen);
    this.#draw();
  }

  /** Opens what stands above a group. @param {string} id */
  reveal(id) {
    for (const group of above(this.#groups, id)) this.#open.add(group);
  }

  /** @param {string|null} chosen @param {number|null} total */
  template(chosen, total) {
    if (this.#groups.length === 0) return nothing;
    const lines = inSight(this.#groups, this.#open);
    const inTree = (/** @type {string|null} */ id) => lines.some(({ group }) => group.id === id);
    const current = [this.#current, chosen].find(inTree) ?? lines[0].group.id;
    const name = this.#groups.find(({ id }) => id === chosen)?.name;
    return html`
      <details class="group-panel" ?open=${this.#unfolded}>
        <summary><h2>${t("catalog.groups")}</h2><span class="by">${name ?? formatNumber(this.#groups.length)}</span></summary>
        ${groupTree({ lines, chosen, current, total, choose: (id) => this.#take(id), toggle: (id) => this.#toggle(id), key: (event) => this.#key(event, lines) })}
      </details>`;
  }

  /** @param {string|null} id */
  #take(id) {
    this.#current = id;
    this.#choose(id);
  }

  /** @param {string} id */
  #toggle(id) {
    if (!this.#open.delete(id)) this.#open.add(id);
    this.#draw();
  }

  /** @param {KeyboardEvent} event @param {import("../../core/catalog/tree.js").Line[]} lines */
  #key(event, lines) {
    const line = /** @type {HTMLElement|null} */ (/** @type {Element} */ (event.target).closest("[role=treeitem]"));
    const id = line?.dataset.group;
    if (!line || !id || event.ctrlKey || event.altKey || event.metaKey) return;
    const step = event.key === "Enter" || event.key === " " ? { choose: id } : walk(lines, id, event.key);
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    if ("choose" in step) this.#take(id);
    else if ("toggle" in step) this.#toggle(step.toggle);
    else this.#focus(line, step.to);
  }

  /** @param {HTMLElement} line @param {string} id */
  #focus(line, id) {
    this.#current = id;
    this.#draw();
    /** @type {HTMLElement|null|undefined} */ (line.parentElement?.querySelector(`[data-group="${CSS.escape(id)}"]`))?.focus();
  }
}
