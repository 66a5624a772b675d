/** Light, dark, or as the system. */
import { html } from "lit";
import { tabs } from "../core/tabs.js";
import { THEMES, chooseTheme, chosenTheme } from "../core/theme.js";
import { t } from "../core/words.js";
import { icon } from "./icon.js";
import { menu } from "./menu.js";

const SIGNS = { system: icon("circle-half"), light: icon("sun"), dark: icon("moon-stars") };

/** @param {() => void} draw after a choice */
export const themeMenu = (draw) => menu({
  id: "theme-menu",
  label: t("shell.theme"),
  look: "square",
  face: sign(chosenTheme()),
  panel: html`<div role="group" aria-label=${t("shell.theme")}>${THEMES.map((theme) => html`
    <button type="button" class="menu-item" data-theme-choice=${theme} aria-pressed=${String(theme === chosenTheme())} @click=${() => choose(theme, draw)}>
      ${sign(theme)}<span>${t(`theme.${theme}`)}</span>${theme === chosenTheme() ? icon("check-lg") : ""}</button>`)}</div>`,
});

/** @param {string} theme */
const sign = (theme) => SIGNS[/** @type {keyof typeof SIGNS} */ (theme)];

/** In this tab and all others. @param {string} theme @param {() => void} draw */
export function choose(theme, draw) {
  chooseTheme(theme);
  tabs.say("theme");
  draw();
}
