/** A store over a WebSocket of its own, for a page that has no shared connection. */
import { clock } from "../../core/clock.js";
import { setAhead } from "../../core/format.js";
import { Http } from "../../core/http.js";
import { NoticeStore } from "../../core/notices.js";
import { SocketSource } from "../../core/notices-socket.js";
import { WebSocketService } from "../../core/page-socket.js";

/**
 * @param {string} url of the WebSocket
 * @param {(() => string|Promise<string>)|null} ticket   a page with tickets has no cookie: then older notices stay unknown
 */
export function ownStore(url, ticket) {
  return new NoticeStore(new SocketSource({
    open: (handlers) => new WebSocketService({ url, ...handlers, ticket: ticket ?? undefined }),
    request: ticket ? null : requests(new URL(url, location.href)),
    clock,
    onTime: setClock,
  }), clock);
}

/** "5 min ago" goes by the server's clock. @param {any} serverTime ms, or ISO 8601 */
function setClock(serverTime) {
  const at = typeof serverTime === "number" ? serverTime : Date.parse(serverTime);
  if (Number.isFinite(at)) setAhead(at - Date.now());
}

/** @param {URL} url where the server is @returns {import("../../core/notices-socket.js").Request} */
function requests(url) {
  const http = new Http({ fetch: (input, init) => fetch(input, init), clientId: `c${crypto.getRandomValues(new Uint32Array(3)).join("")}`, language: () => document.documentElement.lang || null });
  if (url.host !== location.host) http.base = `${url.protocol.replace("ws", "http")}//${url.host}`;
  return (method, path) => http.request(method, path);
}
