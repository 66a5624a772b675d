/**
 * When a page is put away, comes back, or wakes: for whatever can be taken off the page again. {@link import("./life.js").watchLife}
 * tells the same to what lives as long as the page.
 *
 * @param {Window} page
 * @param {{leave: () => void, enter: () => void, wake: () => void}} ports
 * @returns {() => void} off
 */
export function followPage(page, { leave, enter, wake }) {
  const end = new AbortController();
  const on = (/** @type {EventTarget} */ target, /** @type {string} */ name, /** @type {(event: any) => any} */ fn) => target.addEventListener(name, fn, { signal: end.signal });
  on(page, "pagehide", leave);
  on(page, "pageshow", ({ persisted }) => persisted && enter());
  on(page, "online", wake);
  on(page.document, "resume", wake);
  on(page.document, "visibilitychange", () => page.document.visibilityState === "visible" && wake());
  return () => end.abort();
}
