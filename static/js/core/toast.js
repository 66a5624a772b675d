/** The page's own short messages: `showToast`, and the person's wish that they stay. */
import { announce, moveRegions } from "./announce.js";
import { clock } from "./clock.js";
import { ToastLayer } from "./toast-layer.js";
import { Toasts } from "./toasts.js";
import { t } from "./words.js";

/** Where the browser remembers that its person wants messages to stay. */
const KEEP_KEY = "lockstep_keep_toasts";

const toasts = new Toasts({
  layer: (change) => new ToastLayer({ host: section(), label: () => t("toast.region"), change, moved: moveRegions }),
  words: { more: (count) => t("toast.more", { count }), close: () => t("action.close") },
  say: announce,
  keep: () => keepToasts(),
  clock,
});

/**
 * @param {string} message @param {import("./toasts.js").ToastStatus} [status] @param {import("./toasts.js").ToastOptions} [options]
 */
export const showToast = (message, status, options) => toasts.show(message, status, options);

/** Takes back the message under this key, if it is still there. @param {string} key */
export const dismissToast = (key) => toasts.dismiss(key);

/** Whether messages stay until they are closed: the person's own setting in this browser. */
export const keepToasts = () => storage()?.getItem(KEEP_KEY) === "1";

/** @param {boolean} keep */
export function setKeepToasts(keep) {
  if (keep) storage()?.setItem(KEEP_KEY, "1");
  else storage()?.removeItem(KEEP_KEY);
}

/** Storage may be forbidden by the browser's settings. */
function storage() {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

function section() {
  const made = document.createElement("section");
  made.className = "toast-layer";
  document.body.append(made);
  return made;
}
