/** WebSocketService in a browser: its clock, its address, its life. Sets no global, and can be imported where there is no page. */
import { clock } from "./clock.js";
import { WebSocketService as Service } from "./websocket.js";

export class WebSocketService extends Service {
  /** @param {import("./websocket.js").ServiceOptions} options */
  constructor(options) {
    super(options, { clock, WebSocket, base: location.href, page: window });
  }
}
