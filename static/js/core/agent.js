/**
 * What browser and what system a `User-Agent` speaks of, as far as people care.
 *
 * Browsers name each other in theirs for historical reasons, so the most special one is looked for first.
 */

/** @type {[string, RegExp][]} */
const BROWSERS = [
  ["Edge", /\bEdgA?\/(\d+)/], ["Opera", /\bOPR\/(\d+)/], ["Yandex", /\bYaBrowser\/(\d+)/], ["Vivaldi", /\bVivaldi\/(\d+)/], ["Samsung Internet", /\bSamsungBrowser\/(\d+)/],
  ["Firefox", /\b(?:Firefox|FxiOS)\/(\d+)/], ["Chrome", /\b(?:HeadlessChrome|Chrome|CriOS|Chromium)\/(\d+)/], ["Safari", /\bVersion\/(\d+)[\d.]* .*Safari\//], ["curl", /^curl\/(\d+)/],
];

/** @type {[string, RegExp][]} */
const SYSTEMS = [
  ["Android", /\bAndroid\b/], ["iOS", /\b(?:iPhone|iPod)\b/], ["iPadOS", /\biPad\b/], ["Windows", /\bWindows\b/], ["ChromeOS", /\bCrOS\b/], ["macOS", /\bMac OS X\b|\bMacintosh\b/], ["Linux", /\bLinux\b|\bX11\b/],
];

/** @param {string|null|undefined} agent @returns {{browser: string|null, version: string|null, system: string|null}} null where it does not say */
export function agentOf(agent) {
  const text = agent ?? "";
  const [browser, found] = first(BROWSERS, text);
  return { browser, version: found?.[1] ?? null, system: first(SYSTEMS, text)[0] };
}

/** @param {[string, RegExp][]} table @param {string} text @returns {[string|null, RegExpExecArray|null]} */
function first(table, text) {
  for (const [name, pattern] of table) {
    const found = pattern.exec(text);
    if (found) return [name, found];
  }
  return [null, null];
}
