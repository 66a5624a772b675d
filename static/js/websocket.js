/**
 * WebSocketService for pages: `import { WebSocketService } from "./websocket.js"`, or a plain
 * `<script src="/static/js/websocket.js">` and the global `window.WebSocketService`.
 *
 * What it does is in core/websocket.js; core/page-socket.js is where it meets the browser.
 */
import { WebSocketService } from "./core/page-socket.js";

export { WebSocketService };

Object.assign(window, { WebSocketService });
