/** The page's own short messages: `showToast`. */
import { announce, moveRegions } from "./announce.js";
import { clock } from "./clock.js";
import { keepToasts } from "./keep.js";
import { ToastLayer } from "./toast-layer.js";
import { Toasts } from "./toasts.js";
import { t } from "./words.js";

const toasts = new Toasts({
  layer: (change) => new ToastLayer({ host: section(), label: () => t("toast.region"), change, moved: moveRegions }),
  words: { more: (count) => t("toast.more", { count }), close: () => t("action.close") },
  say: announce,
  keep: keepToasts,
  clock,
});

/**
 * @param {string} message @param {import("./toasts.js").ToastStatus} [status] @param {import("./toasts.js").ToastOptions} [options]
 */
export const showToast = (message, status, options) => toasts.show(message, status, options);

/** Takes back the message under this key, if it is still there. @param {string} key */
export const dismissToast = (key) => toasts.dismiss(key);

function section() {
  const made = document.createElement("section");
  made.className = "toast-layer";
  document.body.append(made);
  return made;
}
