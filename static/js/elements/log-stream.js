/**
 * `<log-stream>`: the log as it is written, filtered by the server. Of our pages and of others:
 *
 * ```html
 * <script src="/static/js/log-stream.js"></script>
 * <log-stream source="import-42" max-logs="500"></log-stream>
 * ```
 *
 * Without `feed` it has a socket of its own at `url`. Attributes: `max-logs` (100) `show-filters` (true) `type` `level` `source`
 * `environment` `text` `regex` `paused` `follow` (true) `wrap` `timezone` (`local`, `utc`). Events: `log` {line} · `filters-change`
 * {filters in force} · `dropped` {count, reason} · `ended` {reason} · `line` {id} of the line whose details are open.
 *
 * @typedef {import("../core/log-filter.js").LogFilter} LogFilter
 * @typedef {import("../core/log-source.js").LogSource} LogSource
 */
import { LitElement } from "lit";
import { clock } from "../core/clock.js";
import { logFilter, NO_FILTER, sameFilter } from "../core/log-filter.js";
import { BACKFILL_MAX, streamSource } from "../core/log-source.js";
import { Logs } from "../core/logs.js";
import { WebSocketService } from "../core/page-socket.js";
import { i18n, t } from "../core/words.js";
import { baseOf, getJson } from "./log/api.js";
import { face } from "./log/face.js";
import { Follow } from "./log/follow.js";
import { Reader } from "./log/reader.js";
import { styles } from "./log/styles.js";

/** The server is asked when the typing pauses. */
const TYPING_MS = 300;
/** The rate falls by itself. */
const TICK_MS = 1000;
const FILTERS = /** @type {const} */ (["type", "level", "source", "environment", "text", "regex"]);
/** On unless it says `false`. */
const ON = { converter: { fromAttribute: (/** @type {string|null} */ value) => value !== "false" } };

export class LogStream extends LitElement {
  /** @override */
  static properties = {
    maxLogs: { type: Number, attribute: "max-logs" }, showFilters: { ...ON, attribute: "show-filters" },
    type: {}, level: {}, source: {}, environment: {}, text: {}, regex: { type: Boolean },
    paused: { type: Boolean, reflect: true }, follow: ON, wrap: { type: Boolean, reflect: true }, timezone: {}, url: {},
    feed: { attribute: false }, ticket: { attribute: false }, permalink: { attribute: false },
    facets: { state: true }, aloud: { state: true }, said: { state: true },
  };

  /** @override */
  static styles = styles;

  constructor() {
    super();
    this.maxLogs = 100;
    this.showFilters = true;
    Object.assign(this, NO_FILTER);
    this.paused = false;
    /** The newest line is kept in sight; false while somebody reads further up. */ this.follow = true;
    this.wrap = false;
    /** `utc`, or the reader's own. */ this.timezone = "local";
    this.url = "/ws/logs/stream/";
    /** Where the lines come from, in place of a socket of its own. @type {LogSource|null} */ this.feed = null;
    /** A one-use ticket, for pages that have no cookie of ours. @type {(() => string|Promise<string>)|undefined} */ this.ticket = undefined;
    /** The address of a line, where it is not our page of logs. @type {((id: string) => string)|null} */ this.permalink = null;
    /** Names to choose from. @type {{sources: string[], environments: string[]}} */ this.facets = { sources: [], environments: [] };
    /** New lines are read out. */ this.aloud = false;
    /** Read out now. */ this.said = "";
    this.logs = new Logs({ max: this.maxLogs, clock, frame: (draw) => requestAnimationFrame(draw) });
    this.reader = new Reader(this);
    this.following = new Follow(this, this.logs);
    /** @type {LogSource|null} */ this.running = null;
    /** @type {(() => void)[]} */ this.offs = [];
    /** @type {any} */ this.asking = null;
    /** What the page has been told. */ this.told = { dropped: 0, filter: { ...NO_FILTER } };
  }

  // What a page calls.

  clear() {
    this.reader.close();
    this.logs.clear();
  }

  pause() {
    this.paused = true;
  }

  resume() {
    this.paused = false;
  }

  /** What it leaves out stays. @param {Partial<LogFilter>} filters */
  setFilters(filters) {
    Object.assign(this, logFilter(filters, this.wanted));
  }

  /** The lines of the filter in force, from the server. */
  download() {
    /** @type {HTMLElement|null} */ (this.renderRoot.querySelector('[data-do="download"]'))?.click();
  }

  /** Shows a line: where it stands, or among its neighbours. @param {string} id */
  goTo(id) {
    return this.reader.goTo(id);
  }

  // Life.

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    const tick = setInterval(() => this.logs.rate > 0 && this.requestUpdate(), TICK_MS);
    this.offs = [this.logs.onChange(() => this.changed()), i18n.onChange(() => this.requestUpdate()), () => clearInterval(tick)];
    this.begin();
  }

  /** @override */
  disconnectedCallback() {
    super.disconnectedCallback();
    for (const off of this.offs.splice(0)) off();
    clearTimeout(this.asking);
    this.end();
  }

  /** Once the attributes and properties of this turn are there. */
  async begin() {
    await this.updateComplete;
    if (!this.isConnected || this.running) return;
    this.running = this.feed ?? streamSource((ports) => new WebSocketService({ url: this.url, ticket: this.ticket, ...ports }));
    this.running.start({
      logs: this.logs,
      lines: (lines) => this.logs.take(lines).forEach((line) => this.emit("log", line)),
      gap: (gap) => this.logs.gap(gap),
      ended: (reason) => this.ended(reason),
    }, logFilter(this.wanted), this.backfill);
  }

  end() {
    this.running?.stop();
    this.running = null;
  }

  get canTryAgain() {
    return this.running?.again !== undefined;
  }

  again() {
    this.running?.again?.();
  }

  /** @param {Map<string, unknown>} changed @override */
  willUpdate(changed) {
    if (changed.has("maxLogs")) this.logs.max = this.maxLogs;
    if (changed.has("paused")) this.holdOrGo();
    if (changed.has("follow") && this.follow) this.logs.release("reading");
    if (changed.has("follow") && !this.follow) this.logs.hold("reading");
    if (this.hasUpdated && (changed.has("url") || changed.has("feed"))) (this.end(), this.begin());
    if (this.running && FILTERS.some((name) => changed.has(name))) this.askSoon(changed.has("text") ? TYPING_MS : 0);
  }

  /** @override */
  render() {
    return face(this);
  }

  holdOrGo() {
    if (this.paused) return this.logs.hold("paused");
    if (!this.logs.paused) return;
    const came = this.logs.waiting;
    this.logs.release("paused");
    this.say(t("logs.came", { count: came }));
  }

  /** The log changed, and it is time to draw. */
  changed() {
    const { dropped, filter } = this.logs;
    this.follow = !this.logs.reading;
    if (dropped > this.told.dropped) this.emit("dropped", { count: dropped - this.told.dropped, reason: this.logs.lost });
    if (!sameFilter(filter, this.told.filter)) this.emit("filters-change", { ...filter });
    this.told = { dropped, filter };
    this.requestUpdate();
  }

  /** @param {string} reason */
  ended(reason) {
    this.logs.is({ state: "ended", reason });
    this.emit("ended", { reason });
  }

  /** What the person wants. @returns {LogFilter} */
  get wanted() {
    const self = /** @type {any} */ (this);
    return /** @type {LogFilter} */ (Object.fromEntries(FILTERS.map((name) => [name, self[name] === "all" ? "" : self[name] ?? NO_FILTER[name]])));
  }

  /** @param {number} ms */
  askSoon(ms) {
    clearTimeout(this.asking);
    this.asking = setTimeout(() => this.ask(), ms);
  }

  ask() {
    const wanted = logFilter(this.wanted);
    const { filter, pending, refusal } = this.logs;
    if (sameFilter(wanted, filter) && !pending && !refusal) return;
    this.renew(wanted);
  }

  /** @param {LogFilter} wanted @param {boolean} [anew] */
  renew(wanted, anew = false) {
    this.reader.leave();
    this.logs.asks(anew);
    this.running?.filter(wanted, this.backfill);
  }

  get backfill() {
    return Math.min(this.maxLogs, BACKFILL_MAX);
  }

  get utc() {
    return this.timezone === "utc";
  }

  /** Sources and environments that there are, asked for when somebody is about to need them. */
  async learn() {
    const { sources = [], environments = [] } = await getJson(`${baseOf(this.url)}/api/logs/facets`).catch(() => ({}));
    this.facets = { sources, environments };
  }

  /** @param {Partial<{wrap: boolean, utc: boolean, aloud: boolean, max: number}>} change */
  look({ wrap = this.wrap, utc = this.utc, aloud = this.aloud, max = this.maxLogs }) {
    const older = max > this.maxLogs && this.logs.more;
    Object.assign(this, { wrap, timezone: utc ? "utc" : "local", aloud, maxLogs: max });
    if (older) this.renew(logFilter(this.wanted), true);
    this.emit("looks-change", { wrap, utc, max });
  }

  /** @param {string} words */
  say(words) {
    this.said = words === this.said ? `${words}\u00a0` : words; // a region that does not change says nothing
  }

  /** @param {string} name @param {any} detail */
  emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }
}

customElements.define("log-stream", LogStream);
