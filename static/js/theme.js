/**
 * Language and theme before the first paint. A plain blocking script: whatever comes later would flash.
 *
 * Cookies `lockstep_theme` (`light`, `dark`; absent: as the system) and `lockstep_lang`.
 */
import { chooseLanguage } from "./core/i18n.js";
import { applyTheme } from "./core/theme.js";

applyTheme();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", applyTheme);
document.documentElement.lang = chooseLanguage({ search: location.search, cookie: document.cookie, languages: navigator.languages });
