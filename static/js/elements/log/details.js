/** One line in full: all its fields, and what can be done with it. */
import { html, nothing } from "lit";
import { metadataOf, momentOf, plain } from "../../core/log-text.js";
import { t } from "../../core/words.js";
import { PICTURES } from "./pictures.js";

/**
 * @typedef {object} Doing
 * @property {() => void} copy
 * @property {() => void} link
 * @property {() => void} context
 * @property {() => void} close
 * @property {string|null} byHand   what the browser would not copy: it is shown, to be copied by hand
 */

/** @param {import("../../core/logs.js").LogLine} line @param {boolean} utc @param {boolean} inContext @param {Doing} doing */
export const details = (line, utc, inContext, doing) => html`
  <section class="details" aria-label=${t("logs.details")} tabindex="-1">
    <div class="details-head">
      <strong>${t("logs.details")}</strong>
      ${inContext ? nothing : button("context", t("logs.context"), doing.context)}
      ${button("copy", t("logs.copy"), doing.copy)}
      ${button("link", t("logs.link"), doing.link)}
      ${button("close", t("action.close"), doing.close)}
    </div>
    ${doing.byHand === null ? nothing : html`<input class="field by-hand" readonly aria-label=${t("logs.by_hand")} title=${t("logs.by_hand")} .value=${doing.byHand}>`}
    <pre class="message" data-theirs>${plain(line.message)}</pre>
    <dl data-theirs>
      ${entry(t("logs.time"), html`<time datetime=${line.timestamp}>${momentOf(line.timestamp, utc)}</time>`)}
      ${entry(t("logs.level"), line.level)}
      ${entry(t("logs.type"), line.type)}
      ${entry(t("logs.source"), plain(line.source))}
      ${entry(t("logs.environment"), plain(line.environment))}
      ${entry(t("logs.worker"), `${line.worker} № ${line.n}`)}
      ${entry("id", html`<code>${line.id}</code>`)}
    </dl>
    ${line.metadata === undefined || line.metadata === null ? nothing : html`<div class="metadata"><span>${t("logs.metadata")}</span><pre data-theirs>${metadataOf(line.metadata)}</pre></div>`}
  </section>`;

/** @param {keyof typeof PICTURES} name @param {string} words @param {() => void} run */
const button = (name, words, run) => html`<button type="button" class="tool" data-do=${name} @click=${run}>${PICTURES[name]}<span>${words}</span></button>`;

/** @param {string} name @param {unknown} value */
const entry = (name, value) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
