/** An icon of the sprite that the build makes of the names found in the source: `icon("bell")`. */
import { html } from "lit";

/** Its name is a literal everywhere, or the build does not find it. @param {string} name */
export const icon = (name) => html`<svg class="icon" aria-hidden="true"><use href="${__ICONS__}#${name}"></use></svg>`;
