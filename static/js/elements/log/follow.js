/**
 * Following: the newest line is in sight until the reader scrolls up, marks text or stands on a line; then what comes waits, and nothing
 * moves under the eyes.
 */

/** Nearer to the end than this is at the end: a row is higher. */
const SLACK_PX = 16;

export class Follow {
  #host;
  #logs;

  /**
   * @param {import("lit").ReactiveControllerHost & HTMLElement} host
   * @param {import("../../core/logs.js").Logs} logs
   */
  constructor(host, logs) {
    this.#host = host;
    this.#logs = logs;
    host.addController(this);
  }

  hostConnected() {
    document.addEventListener("selectionchange", this.look);
  }

  hostDisconnected() {
    document.removeEventListener("selectionchange", this.look);
  }

  /** After every drawing. */
  hostUpdated() {
    const { rows } = this;
    if (rows && this.#logs.following) rows.scrollTop = rows.scrollHeight;
  }

  get rows() {
    return /** @type {HTMLElement|null} */ (this.#host.shadowRoot?.querySelector(".rows") ?? null);
  }

  /** Where the reader is now. */
  look = () => {
    const { rows } = this;
    if (!rows || rows.dataset.shows === "context") return;
    if (this.#atEnd(rows) && !this.#reads(rows)) this.#logs.release("reading");
    else this.#logs.hold("reading");
  };

  /** To the newest line, and on with it. */
  toEnd() {
    const root = this.#host.shadowRoot;
    if (this.rows?.contains(root?.activeElement ?? null)) this.rows.focus();
    if (this.marked) document.getSelection()?.removeAllRanges();
    this.#logs.release("reading");
  }

  /** @param {HTMLElement} rows */
  #atEnd = (rows) => rows.scrollHeight - rows.scrollTop - rows.clientHeight < SLACK_PX;

  /** @param {HTMLElement} rows */
  #reads(rows) {
    const active = this.#host.shadowRoot?.activeElement ?? null;
    return this.marked || (active !== rows && rows.contains(active));
  }

  /** Whether text of the log is marked. The browsers disagree on who knows. */
  get marked() {
    const root = /** @type {any} */ (this.#host.shadowRoot);
    const selection = root?.getSelection?.() ?? document.getSelection();
    if (!selection || selection.isCollapsed || selection.type !== "Range") return false;
    const within = (/** @type {Node|null} */ node) => node !== null && (this.rows?.contains(node) ?? false);
    return within(selection.anchorNode) || within(selection.focusNode);
  }
}
