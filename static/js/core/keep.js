/** The person's wish that short messages stay until closed, as this browser remembers it. */

const KEEP_KEY = "lockstep_keep_toasts";

/** Whether messages stay until they are closed. */
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
