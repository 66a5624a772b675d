/**
 * SyncManager for pages: `import { SyncManager } from "./sync.js"`, or a plain `<script src="/static/js/sync.js">` and the global
 * `window.SyncManager`.
 *
 * One per page. It connects with the first `joinRoom`.
 */
import { io } from "socket.io-client";
import { clock } from "./core/clock.js";
import { Debug, installSwitch } from "./core/debug.js";
import { Http } from "./core/http.js";
import { watchLife } from "./core/life.js";
import { SyncManager as Manager } from "./core/manager.js";
import { Skew } from "./core/skew.js";

/** A WebSocket that takes longer is behind a proxy that swallows it: polling is tried next. */
const CONNECT_MS = 8000;

/** @param {import("./core/manager.js").Settings} settings */
function open({ url = "", path = "/socket.io", ticket }) {
  return io(url, {
    path,
    autoConnect: false,
    reconnection: false, // the transport waits and counts by itself
    transports: ["websocket", "polling"],
    tryAllTransports: true,
    timeout: CONNECT_MS,
    withCredentials: true,
    auth: ticket ? (send) => Promise.resolve(ticket()).then((value) => send({ ticket: value }), () => send({})) : undefined,
  });
}

/** Signed out: back to sign-in, and from there to this page. */
function signIn() {
  const here = location.pathname + location.search;
  if (location.pathname !== "/login") location.assign(`/login?next=${encodeURIComponent(here)}`);
}

const skew = new Skew();
const http = new Http({
  fetch: (input, init) => fetch(input, init),
  clientId: `c${crypto.getRandomValues(new Uint32Array(3)).join("")}`,
  language: () => document.documentElement.lang || null,
  onUnauthorized: signIn,
  onTime: (serverTime, askedAt, heardAt) => skew.hear(serverTime, askedAt, heardAt),
});

const debug = new Debug(storage());
installSwitch(debug, window);

export const SyncManager = new Manager({
  clock,
  http,
  debug,
  skew,
  open: (settings) => /** @type {any} */ (open(settings)),
  life: { visible: () => document.visibilityState === "visible" },
});
watchLife(SyncManager.lifeline);

// A refused connection means a session that has ended: the request finds out, and leads to sign-in.
SyncManager.onStatus(({ state, why }) => {
  if (state === "failed" && why === "unauthorized" && !foreign()) http.me().catch(() => {});
});

/** @type {any} */ (window).SyncManager = SyncManager;

/** Storage may be forbidden by the browser's settings. */
function storage() {
  try {
    return window.sessionStorage;
  } catch {
    return null;
  }
}

/** Pages of other people's hosts handle their own sign-in. */
function foreign() {
  return !document.querySelector('meta[name="lockstep-build"]');
}
