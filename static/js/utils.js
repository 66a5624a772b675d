/**
 * What every page needs: toasts, checking a form, words for numbers and times.
 *
 * `import { showToast } from "./utils.js"`, or a plain `<script src="/static/js/utils.js">` and the globals `window.showToast` and
 * `window.validateForm`.
 */
import { announce, announceChanges } from "./core/announce.js";
import { showToast } from "./core/toast.js";
import { validateForm } from "./core/form.js";

export { announce, announceChanges, showToast, validateForm };
export { formatAgo, formatBytes, formatDate, formatDuration, formatNumber } from "./core/format.js";

/**
 * Runs `fn` once, so long after the last call. @template {any[]} A
 * @param {(...args: A) => void} fn @param {number} ms @returns {(...args: A) => void}
 */
export function debounce(fn, ms) {
  /** @type {any} */ let timer;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => fn(...args), ms);
  };
}

/** Text that is safe inside HTML. Our own pages never build HTML from text; others may have to. @param {string} text */
export const escapeHtml = (text) => String(text).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

Object.assign(window, { showToast, validateForm });
