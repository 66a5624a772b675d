/**
 * `<spark-line>`: how a number went, as one line without axes.
 *
 * `values` from the oldest to the newest, `label` the same in words: a picture this small is read by its shape, the words carry the
 * facts. It never moves by itself, so there is nothing for `prefers-reduced-motion` to stop.
 *
 * ```html
 * <spark-line .values=${[0, 3, 1]} label="4 changes within the hour"></spark-line>
 * ```
 */
import { LitElement, css, html, svg } from "lit";

/** The picture's own units; it stretches to whatever room it gets. */
const WIDTH = 100;
const HEIGHT = 24;
/** Half a line's width: the tips stay inside. */
const EDGE = 1.5;

export class SparkLine extends LitElement {
  /** @override */
  static properties = { values: { attribute: false }, label: {} };

  /** @override */
  static styles = css`
    :host { display: block; height: 1.5rem; color: var(--accent, Highlight); }
    svg { display: block; width: 100%; height: 100%; overflow: visible; }
    .line { fill: none; stroke: currentcolor; stroke-width: 1.5; stroke-linejoin: round; vector-effect: non-scaling-stroke; }
  `;

  constructor() {
    super();
    /** @type {number[]} */ this.values = [];
    this.label = "";
  }

  /** @override */
  render() {
    return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label=${this.label}>
      <title>${this.label}</title>${svg`<polyline class="line" points=${points(this.values)}></polyline>`}</svg>`;
  }
}

/** Zero is always the floor, so that one quiet event does not look like a storm beside nothing. @param {number[]} values @returns {string} */
export function points(values) {
  const top = Math.max(1, ...values);
  const step = WIDTH / Math.max(1, values.length - 1);
  const height = (/** @type {number} */ value) => HEIGHT - EDGE - (value / top) * (HEIGHT - 2 * EDGE);
  return values.map((value, n) => `${round(n * step)},${round(height(value))}`).join(" ");
}

/** @param {number} value */
const round = (value) => Math.round(value * 100) / 100;

customElements.define("spark-line", SparkLine);
