/** All of it under one name, and where Lockstep is. */
export { NotificationCenter } from "./components/notifications.js";
export { default as LogStream } from "./components/dashboard/LogStream.js";
export { useLogStream, useNotifications } from "./hooks/useWebSocket.js";
export { WebSocketService } from "./lib/websocket.js";
export { configure, LockstepProvider } from "./provider.js";
