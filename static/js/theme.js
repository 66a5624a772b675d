/**
 * Language and theme before the first paint. A plain blocking script: whatever comes later would flash.
 *
 * Cookies `lockstep_theme` (`light`, `dark`; absent: as the system) and `lockstep_lang`.
 */
import { chooseLanguage } from "./core/i18n.js";

const root = document.documentElement;
const dark = matchMedia("(prefers-color-scheme: dark)");

function applyTheme() {
  const chosen = /(?:^|;\s*)lockstep_theme=(light|dark)/.exec(document.cookie)?.[1];
  root.dataset.bsTheme = chosen ?? (dark.matches ? "dark" : "light");
}

applyTheme();
dark.addEventListener("change", applyTheme);
root.lang = chooseLanguage({ search: location.search, cookie: document.cookie, languages: navigator.languages });
