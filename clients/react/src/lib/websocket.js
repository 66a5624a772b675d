/** The WebSocket beneath, for whatever the hooks do not cover. */
export { WebSocketService } from "../../../../static/js/core/page-socket.js";
