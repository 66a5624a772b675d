/** Signing out, and hearing from another tab that somebody did. */
import { SyncManager } from "../sync.js";
import { tabs } from "../core/tabs.js";

/** Ends the session, in all tabs of this browser. */
export async function signOut() {
  await SyncManager.request("POST", "/api/logout", undefined, { quiet401: true }).catch(() => {});
  tabs.say("signed_out");
  location.assign("/login");
}

/** To sign-in, and from there back to this page. */
export function toSignIn() {
  if (location.pathname !== "/login") location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
}
