import type { ReactElement, ReactNode } from "react";
import type { HostOptions } from "./model.js";

export { NotificationCenter, type NotificationCenterProps, type NotificationCenterElement } from "./components/notifications.js";
export { default as LogStream, type LogStreamProps, type LogStreamElement } from "./components/dashboard/LogStream.js";
export { useLogStream, useNotifications, type LogStreamState, type NotificationsState } from "./hooks/useWebSocket.js";
export { WebSocketService, type ServiceOptions, type ServiceStatus } from "./lib/websocket.js";
export type { ConnectionStatus, HostOptions, LogEntry, LogFilters, Notification } from "./model.js";

/** Where Lockstep is, for all that has no provider above it. Called once, before the first render. */
export function configure(options?: HostOptions): void;

/** Where Lockstep is, for all beneath. `ticket` may be another function at each render. */
export function LockstepProvider(props: HostOptions & { children?: ReactNode }): ReactElement;
