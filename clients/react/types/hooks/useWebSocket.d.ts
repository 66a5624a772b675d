import type { ConnectionStatus, LogEntry, LogFilters, Notification } from "../model.js";

export type { LogEntry, LogFilters, Notification } from "../model.js";

export interface NotificationsState {
  isConnected: boolean;
  status: ConnectionStatus;
  /** The newest first. With a ticket instead of a cookie: what came since the page was opened. */
  notifications: readonly Notification[];
  /** The server's own count; null until it has told it. */
  unread: number | null;
  /** Empties the list of this page; the server forgets nothing. */
  clearNotifications: () => void;
  /** `"*"`: all. Rejects when the server refuses. */
  markRead: (id: string) => Promise<void>;
  /** This hook's list and callback are of these types only: `alerts`, `logs`, `system`, `uploads`, `scans`, `imports`, a type, or `*`. */
  subscribe: (topics: readonly string[]) => void;
}

/** The notices of the person. `callback` is called with each new one, and may be another function at each render. */
export function useNotifications(callback?: (notification: Notification) => void): NotificationsState;

export interface LogStreamState {
  isConnected: boolean;
  status: ConnectionStatus;
  /** The oldest first. */
  logs: readonly LogEntry[];
  /** Lines that never came, as far as they were counted. */
  dropped: number;
  paused: boolean;
  /** What the server did not take of the last filters; those before are in force. */
  refusal: { field: string; message: string } | null;
  /** Shows nothing of what came until now. */
  clearLogs: () => void;
  /** The server filters by these, in place of those before. */
  setFilters: (filters: LogFilters) => void;
  /** What comes from now on waits. */
  pause: () => void;
  resume: () => void;
}

/** The live log. `callback` is called with each new line; `filters` are those to begin with. */
export function useLogStream(callback?: (log: LogEntry) => void, options?: { maxLogs?: number; filters?: LogFilters }): LogStreamState;
