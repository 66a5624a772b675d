/**
 * When rows must stay where they are: while a pointer is over them, the focus or a selection of text is in them, or an input method is
 * composing. A finger is no pointer that rests: it holds nothing.
 */

const ROWS = "tbody[data-rows]";

/** @param {(held: boolean) => void} onChange  called when it begins and when it ends @param {Document} [page] */
export function watchHold(onChange, page = document) {
  /** @type {Element|null} */ let under = null;
  let composing = false;
  let held = false;

  const look = () => {
    const now = composing || Boolean(under?.isConnected) || Boolean(page.activeElement?.closest(ROWS)) || selects(page);
    if (now !== held) onChange((held = now));
  };
  const compose = (/** @type {boolean} */ on) => () => ((composing = on), look());

  page.addEventListener("pointerover", (event) => {
    under = event.pointerType !== "touch" && event.target instanceof Element ? event.target.closest(ROWS) : null;
    look();
  }, { passive: true });
  page.documentElement.addEventListener("pointerleave", () => ((under = null), look()));
  page.addEventListener("focusin", look);
  page.addEventListener("focusout", () => queueMicrotask(look));
  page.addEventListener("selectionchange", look);
  page.addEventListener("compositionstart", compose(true));
  page.addEventListener("compositionend", compose(false));
}

/** @param {Document} page */
function selects(page) {
  const selection = page.getSelection();
  return selection !== null && !selection.isCollapsed && selection.anchorNode?.parentElement?.closest(ROWS) != null;
}
