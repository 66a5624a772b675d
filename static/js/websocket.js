/**
 * WebSocketService for pages: `import { WebSocketService } from "./websocket.js"`, or a plain
 * `<script src="/static/js/websocket.js">` and the global `window.WebSocketService`.
 *
 * What it does is in core/websocket.js; here it meets the browser.
 */
import { clock } from "./core/clock.js";
import { WebSocketService as Service } from "./core/websocket.js";

export class WebSocketService extends Service {
  /** @param {import("./core/websocket.js").ServiceOptions} options */
  constructor(options) {
    super(options, { clock, WebSocket, base: location.href, page: window });
  }
}

Object.assign(window, { WebSocketService });
