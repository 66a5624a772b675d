/**
 * The rows of a log, up to two thousand of them real, so that the browser finds, selects and reads them; of more only those in sight.
 *
 * @typedef {import("../../core/logs.js").LogRow} LogRow
 * @typedef {{rows: readonly LogRow[], utc: boolean, chosen: string|null, target: string|null}} Sight
 */
import { html } from "lit";
import { guard } from "lit/directives/guard.js";
import { repeat } from "lit/directives/repeat.js";
import { blocksOf } from "../../core/log-blocks.js";
import { plain, timeOf } from "../../core/log-text.js";
import { t } from "../../core/words.js";

/** More than these are drawn through a window of rows that are all of one height. */
export const REAL_MAX = 2000;
/** Drawn beyond what is in sight, above and below. */
const MARGIN = 20;
/** A row's height in the window, as in the style sheet. */
const ROW_REM = 1.625;

/** @param {Sight} sight @param {boolean} wrap */
export const allRows = (sight, wrap) => repeat(blocksOf(sight.rows), ({ number }) => number, (block) => drawnBlock(block, sight, wrap));

/** Rows are of one height unless they are wrapped: so is what a block of them takes while it is left out. @param {import("../../core/log-blocks.js").Block} block @param {Sight} sight @param {boolean} wrap */
function drawnBlock({ rows }, sight, wrap) {
  const here = (/** @type {string|null} */ key) => (key !== null && rows.some((row) => row.key === key) ? key : null);
  const [chosen, target] = [here(sight.chosen), here(sight.target)];
  const size = `contain-intrinsic-size:${wrap ? "auto" : ""} ${rows.length * ROW_REM}rem`;
  return guard([rows[0], rows.at(-1), rows.length, sight.utc, chosen, target, wrap, document.documentElement.lang], () => html`
    <div class="block" .style=${size}>${eachRow({ ...sight, rows, chosen, target })}</div>`);
}

/** @param {Sight} sight */
const eachRow = (sight) => repeat(sight.rows, ({ key }) => key, (row) => drawn(row, sight));

/** @param {Sight} sight @param {{top: number, height: number}} view  in pixels */
export function someRows(sight, { top, height }) {
  const each = rowHeight();
  const from = Math.max(0, Math.min(sight.rows.length, Math.floor(top / each)) - MARGIN);
  const rows = sight.rows.slice(from, Math.ceil((top + height) / each) + MARGIN);
  return html`<div class="whole" .style=${`height:${sight.rows.length * each}px`}><div class="window" .style=${`transform:translateY(${from * each}px)`}>
    ${eachRow({ ...sight, rows })}</div></div>`;
}

export const rowHeight = () => Number.parseFloat(getComputedStyle(document.documentElement).fontSize) * ROW_REM;

/** @param {LogRow} row @param {Sight} sight */
function drawn(row, { utc, chosen, target }) {
  const [isChosen, isTarget] = [row.key === chosen, row.key === target];
  return guard([row, utc, isChosen, isTarget, document.documentElement.lang], () => (row.line ? lineRow(row.line, utc, isChosen, isTarget) : gapRow(row)));
}

/** @param {import("../../core/logs.js").LogLine} line @param {boolean} utc @param {boolean} chosen @param {boolean} target */
const lineRow = (line, utc, chosen, target) => html`
  <div class="row ${line.level}" data-id=${line.id} ?data-chosen=${chosen} ?data-target=${target}><button
    type="button" class="time" tabindex="-1" aria-expanded=${chosen ? "true" : "false"}><time datetime=${line.timestamp}>${timeOf(line.timestamp, utc)}</time></button> <span
    class="level">${line.level.toUpperCase()}</span> <span class="type">${line.type}</span> <span class="source">${plain(line.source)}</span> <span class="message">${plain(line.message)}</span></div>`;

/** @param {LogRow} row */
const gapRow = ({ gap }) => html`<div class="row gap" data-gap=${gap?.why ?? ""}><span>⚠ ${gapWords(/** @type {import("../../core/logs.js").Gap} */ (gap))}</span></div>`;

/** @param {import("../../core/logs.js").Gap} gap */
export const gapWords = ({ dropped, why }) => (dropped === null || why === "lost" ? t("logs.gap_lost") : t(`logs.gap_${why}`, { count: dropped }));
