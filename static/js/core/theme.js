/** Light, dark, or as the system: the cookie `lockstep_theme`, absent for the system. */

export const THEMES = Object.freeze(["system", "light", "dark"]);

/** A year: who chose once is not asked again. */
const LASTS_S = 31_536_000;

/** @param {string} cookie @returns {"system"|"light"|"dark"} */
export const themeOf = (cookie) => /** @type {any} */ (/(?:^|;\s*)lockstep_theme=(light|dark)/.exec(cookie)?.[1] ?? "system");

/** What is in force now. */
export const chosenTheme = () => themeOf(document.cookie);

/** Puts what was chosen in force. */
export function applyTheme() {
  const chosen = chosenTheme();
  const dark = chosen === "system" ? matchMedia("(prefers-color-scheme: dark)").matches : chosen === "dark";
  document.documentElement.dataset.bsTheme = dark ? "dark" : "light";
}

/** Chooses, now and for the next visits. @param {string} theme */
export function chooseTheme(theme) {
  const kept = theme === "system" ? "lockstep_theme=; max-age=0" : `lockstep_theme=${theme}; max-age=${LASTS_S}`;
  document.cookie = `${kept}; path=/; samesite=lax`;
  applyTheme();
}
