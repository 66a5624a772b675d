/**
 * `<presence-bar>`: who is here, as initials in circles, and in words.
 *
 * `people` are the persons of one record (`SyncManager.presence`, `.roster`). With `compact` it is a row of circles; without, the first
 * editors are named beside it; `small` fits beside a label. `entity` gives the fields their names. Nothing of it can be clicked: whatever a circle means is in its
 * title, and in text for those who do not see it.
 *
 * ```html
 * <presence-bar entity="files" .people=${people} compact></presence-bar>
 * ```
 *
 * @typedef {import("../core/roster.js").Person} Person
 */
import { LitElement, css, html, nothing } from "lit";
import { i18n, label, t } from "../core/words.js";

/** Circles shown; who else is there is counted. */
const SHOWN_MAX = 4;
/** Editors named in the wide form. More would push the record's own name away. */
const NAMED_MAX = 2;

/** White on each of them reads well (4.5:1 and more), and each stands out from both themes' surfaces. */
const COLOURS = ["#2458c5", "#8a3fb0", "#0b6e66", "#b0332e", "#8a5200", "#3d6b1f", "#a82a74", "#4f5b75"];

/** The same user has the same colour everywhere. @param {string} id */
export const colourOf = (id) => COLOURS[[...String(id)].reduce((sum, sign) => (sum * 31 + (sign.codePointAt(0) ?? 0)) >>> 0, 7) % COLOURS.length];

/** One letter, or two of a name of several words. @param {string} name */
export const initialsOf = (name) => name.trim().split(/\s+/).slice(0, 2).map((word) => [...word][0] ?? "").join("").toUpperCase() || "?";

/** What a person does, as a sentence. @param {Person} person @param {string} [entity] whose fields are meant */
export function doing({ user, mode, field, own, tabs }, entity = "") {
  const what = mode === "view" ? "views" : field ? "edits_field" : "edits";
  const words = t(own ? `presence.own_${what}` : `presence.${what}`, { name: user.name, field: field && label(entity, field) });
  return tabs > 1 ? `${words} (${t("presence.tabs", { count: tabs })})` : words;
}

export class PresenceBar extends LitElement {
  /** @override */
  static properties = { people: { attribute: false }, compact: { type: Boolean }, entity: {} };

  /** @override */
  static styles = css`
    :host { display: inline-flex; align-items: center; gap: 0.25rem 0.625rem; flex-wrap: wrap; font-size: 0.8125rem; vertical-align: middle; color: var(--bs-body-color, CanvasText); }
    :host([hidden]) { display: none; }
    ul { display: inline-flex; margin: 0; padding: 0; list-style: none; }
    li { display: inline-flex; align-items: center; position: relative; }
    li + li { margin-inline-start: -0.25rem; }
    .circle { display: inline-grid; place-items: center; box-sizing: border-box; min-width: 1.625rem; height: 1.625rem; padding-inline: 0.1875rem; border-radius: 0.8125rem;
      border: 2px solid var(--surface, Canvas); color: #fff; font-size: 0.6875rem; font-weight: 650; line-height: 1; cursor: default; }
    :host([small]) .circle { min-width: 1.375rem; height: 1.375rem; font-size: 0.5625rem; }
    .edit .circle { box-shadow: 0 0 0 2px var(--accent, Highlight); }
    li.edit { margin-inline: 0.125rem; z-index: 1; }
    .more { background: var(--surface-2, Canvas); color: var(--bs-body-color, CanvasText); border-color: var(--field-border, currentColor); }
    .tabs { white-space: nowrap; margin-inline: 0.0625rem 0.25rem; color: var(--bs-secondary-color, GrayText); font-size: 0.6875rem; }
    .words { color: var(--bs-secondary-color, GrayText); }
    .hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
    @media (forced-colors: active) { .circle { forced-color-adjust: none; } }
  `;

  constructor() {
    super();
    /** @type {Person[]} */ this.people = [];
    this.compact = false;
    this.entity = "";
    this.off = () => {};
  }

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    this.off = i18n.onChange(() => this.requestUpdate());
  }

  /** @override */
  disconnectedCallback() {
    super.disconnectedCallback();
    this.off();
  }

  /** @override */
  render() {
    const people = this.people ?? [];
    if (people.length === 0) return nothing;
    const rest = people.slice(SHOWN_MAX);
    return html`
      <ul aria-label=${t("presence.here")}>
        ${people.slice(0, SHOWN_MAX).map((person) => this.circle(person))}
        ${rest.length > 0 ? this.more(rest) : nothing}
      </ul>
      ${this.compact ? nothing : this.named(people)}`;
  }

  /** @param {Person} person */
  circle(person) {
    const words = doing(person, this.entity);
    const { user, mode, tabs } = person;
    return html`<li class=${mode} data-user=${user.id} title=${words}>
      <span class="circle" aria-hidden="true" .style=${`background:${colourOf(user.id)}`}>${initialsOf(user.name)}</span>
      ${tabs > 1 ? html`<span class="tabs" aria-hidden="true">×${tabs}</span>` : nothing}<span class="hidden">${words}</span></li>`;
  }

  /** @param {Person[]} rest */
  more(rest) {
    const words = rest.map((person) => doing(person, this.entity)).join("; ");
    return html`<li title=${words}><span class="circle more" aria-hidden="true">+${rest.length}</span><span class="hidden">${words}</span></li>`;
  }

  /** Said twice it would be read twice. @param {Person[]} people */
  named(people) {
    const editors = people.filter(({ mode }) => mode === "edit").slice(0, NAMED_MAX);
    const named = editors.length > 0 ? editors : people.slice(0, 1);
    return html`<span class="words" aria-hidden="true">${named.map((person) => doing({ ...person, tabs: 1 }, this.entity)).join(", ")}</span>`;
  }
}

customElements.define("presence-bar", PresenceBar);
