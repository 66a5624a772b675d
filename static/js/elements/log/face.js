/** What is seen of `<log-stream>`: the bar, the rows or why there are none, the details, the foot. */
import { html, nothing } from "lit";
import { conditions, NO_FILTER, toParams } from "../../core/log-filter.js";
import { asText } from "../../core/log-text.js";
import { explain, t } from "../../core/words.js";
import { baseOf } from "./api.js";
import { details } from "./details.js";
import { endWords, filterWords, foot } from "./foot.js";
import { REAL_MAX, allRows, rowHeight, someRows } from "./rows.js";
import { toolbar } from "./toolbar.js";

/** @typedef {import("../log-stream.js").LogStream} Host */

/** @param {Host} host */
export const face = (host) => html`
  ${bar(host)}
  ${host.reader.context.isOpen ? contextBar(host) : nothing}
  <div class="stage" @keydown=${(/** @type {KeyboardEvent} */ event) => host.reader.escape(event)}>
    <div class="sight"><div class="rows" role="log" aria-live=${host.aloud ? "polite" : "off"} aria-label=${t("logs.label")} tabindex="0" data-theirs data-shows=${host.reader.context.isOpen ? "context" : "live"}
      @scroll=${() => scrolled(host)} @click=${(/** @type {MouseEvent} */ event) => host.reader.press(event)} @keydown=${(/** @type {KeyboardEvent} */ event) => host.reader.key(event)}>${lines(host)}</div>${news(host)}</div>
    ${opened(host)}
  </div>
  ${foot(host.logs, { wrap: host.wrap, utc: host.utc, aloud: host.aloud }, (change) => host.look(change))}
  <div role="status" class="hidden">${host.said}</div>`;

/** @param {Host} host */
const bar = (host) => toolbar({
  wanted: host.wanted,
  facets: host.facets,
  refusal: host.logs.refusal,
  paused: host.paused,
  filters: host.showFilters,
  download: `${baseOf(host.url)}/api/logs.txt?${toParams(host.logs.filter)}`,
  narrow: (change) => Object.assign(host, change),
  facetsWanted: () => host.learn(),
  pause: () => (host.paused = !host.paused),
  clear: () => host.clear(),
});

/** @param {Host} host */
function contextBar({ reader }) {
  const { context } = reader;
  const more = (/** @type {string} */ name, /** @type {string} */ words, /** @type {() => any} */ run) => html`<button type="button" class="tool" data-do=${name} ?disabled=${context.busy} @click=${run}>${words}</button>`;
  return html`
    <div class="banner" data-context=${context.id ?? ""}><strong>${context.gone ? t("logs.gone") : t("logs.context_title")}</strong>
      ${context.before ? more("earlier", t("logs.earlier"), () => context.earlier()) : nothing}
      ${context.after ? more("later", t("logs.later"), () => context.later()) : nothing}
      <button type="button" class="tool" data-do="back" @click=${() => reader.leave()}>${t("logs.back")}</button></div>`;
}

/** @param {Host} host */
function scrolled(host) {
  host.following.look();
  if (windowed(host)) host.requestUpdate();
}

/** @param {Host} host */
const windowed = ({ maxLogs, reader }) => maxLogs > REAL_MAX || reader.shown.length > REAL_MAX;

/** @param {Host} host */
function lines(host) {
  const { reader, logs, following } = host;
  if (reader.shown.length === 0) return empty(host);
  const sight = { rows: reader.shown, utc: host.utc, chosen: reader.chosen?.id ?? null, target: reader.context.id };
  if (!windowed(host)) return allRows(sight, host.wrap);
  const height = following.rows?.clientHeight ?? 0;
  const end = logs.following && !reader.context.isOpen;
  return someRows(sight, { top: end ? sight.rows.length * rowHeight() - height : following.rows?.scrollTop ?? 0, height });
}

/** Why there is nothing, and what to do. @param {Host} host */
function empty(host) {
  const { logs, reader: { context } } = host;
  if (context.isOpen) return message(context.busy ? t("logs.state_connecting") : context.error ? explain(context.error) : t("logs.gone"));
  if (logs.state.state === "ended") return message(endWords(logs.state.reason), host.canTryAgain ? button("again", t("logs.again"), () => host.again()) : nothing);
  if (!logs.filled) return message(t("logs.state_connecting"));
  if (conditions(logs.filter).length === 0) return message(t("logs.empty"));
  return message(t("logs.empty_filtered", { filter: filterWords(logs.filter) }), button("reset", t("logs.reset"), () => host.setFilters(NO_FILTER)));
}

/** @param {string} words @param {unknown} [what] */
const message = (words, what = nothing) => html`<div class="empty"><p>${words}</p>${what}</div>`;

/** @param {string} name @param {string} words @param {() => void} run */
const button = (name, words, run) => html`<button type="button" class="tool" data-do=${name} @click=${run}>${words}</button>`;

/** @param {Host} host */
function news(host) {
  const { logs, reader, paused, following } = host;
  if (logs.waiting === 0 || reader.context.isOpen) return nothing;
  const show = () => (paused && host.resume(), following.toEnd());
  return html`<button type="button" class="news" data-news=${logs.waiting} @click=${show}>▼ ${t("logs.new", { count: logs.waiting })}</button>`;
}

/** @param {Host} host */
function opened({ reader, utc }) {
  const { chosen, context, byHand } = reader;
  if (!chosen) return nothing;
  return details(chosen, utc, context.isOpen, {
    copy: () => reader.copy(asText(chosen)),
    link: () => reader.copy(reader.linkTo(chosen.id)),
    context: () => reader.neighbours(chosen.id),
    close: () => reader.close(),
    byHand,
  });
}
