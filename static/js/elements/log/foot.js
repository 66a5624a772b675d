/** What is true of the log just now, and how it is looked at. */
import { html, nothing } from "lit";
import { live } from "lit/directives/live.js";
import { conditions } from "../../core/log-filter.js";
import { t, word } from "../../core/words.js";

/** @typedef {import("../../core/logs.js").Logs} Logs */

/** How many lines there may be; what the page asked for is among them. */
const SIZES = [100, 500, 2000, 10_000];

/**
 * @param {Logs} logs
 * @param {{wrap: boolean, utc: boolean, aloud: boolean}} looks
 * @param {(change: Partial<{wrap: boolean, utc: boolean, aloud: boolean, max: number}>) => void} look
 */
export const foot = (logs, looks, look) => html`
  <div class="foot">
    <span class="state ${logs.state.state}" data-state=${logs.state.state}><span class="dot" aria-hidden="true"></span>${t(`logs.state_${logs.state.state}`)}</span>
    <span data-held=${logs.held}>${t("logs.held", { held: logs.held, max: logs.max })}</span>
    <span data-rate>${t("logs.rate", { rate: Math.round(logs.rate * 10) / 10 })}</span>
    ${logs.dropped > 0 ? html`<span data-dropped>${t("logs.dropped", { count: logs.dropped })}</span>` : nothing}
    ${inForce(logs)}
    <span class="looks">
      <select aria-label=${t("logs.size")} data-field="max" @change=${(/** @type {any} */ event) => look({ max: Number(event.target.value) })}>
        ${[...new Set([...SIZES, logs.max])].sort((a, b) => a - b).map((size) => html`<option value=${size} .selected=${live(size === logs.max)}>${t("logs.rows", { count: size })}</option>`)}
      </select>
      ${toggle("wrap", t("logs.wrap"), looks.wrap, look)}
      ${toggle("utc", t("logs.utc"), looks.utc, look)}
      ${toggle("aloud", t("logs.aloud"), looks.aloud, look)}
    </span>
  </div>`;

/** @param {"wrap"|"utc"|"aloud"} name @param {string} words @param {boolean} on @param {(change: any) => void} look */
const toggle = (name, words, on, look) => html`
  <label class="toggle"><input type="checkbox" data-look=${name} .checked=${live(on)} @change=${(/** @type {any} */ event) => look({ [name]: event.target.checked })}><span>${words}</span></label>`;

/** @param {Logs} logs */
function inForce({ filter, pending }) {
  if (pending) return html`<span data-filter="pending">${t("logs.filtering")}</span>`;
  return conditions(filter).length > 0 ? html`<span data-filter="set" title=${filterWords(filter)}>${t("logs.filtered")}</span>` : nothing;
}

/** What is asked for, as words: `type: scan; text: акт`. @param {import("../../core/log-filter.js").LogFilter} filter */
export const filterWords = (filter) => conditions(filter).map(([name, value]) => `${t(`logs.${name}`)}: ${value.replaceAll(",", ", ")}`).join("; ");

/** Why it is over. @param {string} reason */
export const endWords = (reason) => word("ended", reason);
