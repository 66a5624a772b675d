/**
 * The reader of a log: stands on a line, opens its details, sees its neighbours, copies it and sends its address.
 *
 * @typedef {import("../../core/logs.js").LogLine} LogLine
 * @typedef {import("../log-stream.js").LogStream} Host
 */
import { LogContext } from "../../core/log-context.js";
import { t } from "../../core/words.js";
import { baseOf, getJson } from "./api.js";
import { rowHeight } from "./rows.js";

export class Reader {
  #host;

  /** @param {Host} host */
  constructor(host) {
    this.#host = host;
    this.context = new LogContext({ fetch: (path) => getJson(baseOf(host.url) + path), changed: () => host.requestUpdate() });
    /** The line whose details are open. @type {LogLine|null} */ this.chosen = null;
    /** The keyboard is to go back to the line. */ this.byKey = false;
    /** What the browser would not copy. @type {string|null} */ this.byHand = null;
  }

  /** What the rows are of. @returns {readonly import("../../core/logs.js").LogRow[]} */
  get shown() {
    const { context } = this;
    return context.isOpen ? context.lines.map((line, at) => ({ key: line.id, at, line })) : this.#host.logs.rows;
  }

  /** @param {LogLine} line @param {boolean} [byKey] */
  async open(line, byKey = false) {
    const { logs } = this.#host;
    [this.chosen, this.byHand, this.byKey] = [line, null, byKey];
    logs.hold("reading");
    this.#host.emit("line", { id: line.id });
    await this.#drawn();
    this.#row(line.id)?.scrollIntoView({ block: "nearest" }); // the details may have covered it
    if (byKey) this.#find(".details")?.focus();
  }

  close() {
    if (!this.chosen) return;
    const hadFocus = this.#find(".details")?.matches(":focus-within");
    const back = this.byKey ? this.#row(this.chosen.id)?.querySelector("button") : null;
    this.chosen = null;
    this.#host.emit("line", { id: null });
    this.#drawn().then(() => {
      if (hadFocus) (back ?? this.#host.following.rows)?.focus();
      this.#host.following.look();
    });
  }

  /** Where it stands, or among its neighbours. @param {string} id */
  async goTo(id) {
    const here = this.#host.logs.rows.find(({ key }) => key === id)?.line;
    if (!here) await this.context.open(id);
    const line = here ?? this.context.lines.find((other) => other.id === id);
    if (line) await this.open(line);
    this.#bring(id);
  }

  /** @param {string} id */
  async neighbours(id) {
    await this.context.open(id);
    await this.#drawn();
    this.#bring(id);
  }

  /** Back to the lines as they come. */
  leave() {
    if (this.context.isOpen) this.context.close();
    this.close();
    this.#host.following.toEnd();
  }

  /** @param {string} text */
  async copy(text) {
    this.byHand = null;
    try {
      await navigator.clipboard.writeText(text);
      this.#host.say(t("logs.copied"));
    } catch {
      this.byHand = text; // no clipboard without TLS
      await this.#drawn();
      /** @type {HTMLInputElement|null} */ (this.#find(".by-hand"))?.select();
    }
  }

  /** The line's address. @param {string} id */
  linkTo(id) {
    const { permalink, url } = this.#host;
    return new URL(permalink?.(id) ?? `${baseOf(url)}/logs?line=${encodeURIComponent(id)}`, location.href).href;
  }

  /** A row was pressed: by the pointer, or by Enter on its time. @param {MouseEvent} event */
  press(event) {
    const row = /** @type {HTMLElement|null} */ (/** @type {Element} */ (event.target).closest("[data-id]"));
    const line = row && this.shown.find(({ key }) => key === row.dataset.id)?.line;
    if (!line || this.#host.following.marked) return;
    if (line.id === this.chosen?.id) return this.close();
    this.open(line, event.detail === 0);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === " ") this.#host.paused = !this.#host.paused;
    else if (event.key === "ArrowDown") this.#step(1);
    else if (event.key === "ArrowUp") this.#step(-1);
    else if (event.key === "End") this.#host.following.toEnd();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {KeyboardEvent} event */
  escape(event) {
    if (event.key !== "Escape" || !this.chosen) return;
    event.stopPropagation();
    this.close();
  }

  /** @param {number} by */
  #step(by) {
    const buttons = /** @type {HTMLElement[]} */ ([...this.#host.renderRoot.querySelectorAll(".row > button")]);
    const at = buttons.findIndex((button) => button.matches(":focus"));
    (at < 0 ? buttons.at(-1) : buttons[at + by])?.focus();
    this.#host.following.look();
  }

  /** @param {string} id */
  #bring(id) {
    const row = this.#row(id);
    const { rows } = this.#host.following;
    const at = this.shown.findIndex(({ key }) => key === id);
    if (row) row.scrollIntoView({ block: "center" });
    else if (rows && at >= 0) rows.scrollTop = at * rowHeight() - rows.clientHeight / 2;
  }

  #drawn() {
    this.#host.requestUpdate();
    return this.#host.updateComplete;
  }

  /** @param {string} selector @returns {HTMLElement|null} */
  #find = (selector) => this.#host.renderRoot.querySelector(selector);

  /** @param {string} id */
  #row = (id) => this.#find(`.row[data-id="${CSS.escape(id)}"]`);
}
