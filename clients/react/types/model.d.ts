/** What is told, and how. */

export interface Notification {
  id: string;
  /** `alert`, `log_event`, `system`, `upload_status`, `scan_complete`, `import_complete`, or any other. */
  type: string;
  /** Whatever the sender put there. */
  data: any;
  /** ISO 8601. */
  timestamp: string;
  read: boolean;
  archived: boolean;
  /** How often it happened, where it is more than once. */
  count?: number;
  message?: string;
  status?: "success" | "info" | "warning" | "error";
}

export interface LogEntry {
  id: string;
  /** Counts up by one a worker. */
  n: number;
  /** ISO 8601. */
  timestamp: string;
  level: "debug" | "info" | "warning" | "error" | "critical";
  type: "scan" | "debug" | "error" | "info";
  message: string;
  source: string;
  environment: string;
  /** Process id of the worker. */
  worker: number;
  metadata?: any;
}

/** A name, a comma list or an array: any of them. What is left out, `""` and `all` are no condition. */
export interface LogFilters {
  type?: string | readonly string[] | null;
  level?: string | readonly string[] | null;
  /** A `*` at the end stands for whatever follows. */
  source?: string | readonly string[] | null;
  environment?: string | readonly string[] | null;
  /** Part of the message or of the source. */
  text?: string | null;
  /** `text` is a regular expression. */
  regex?: boolean;
}

/** `connecting` also between two tries; `failed`: it is not tried again by itself. `why` is a code, such as `unauthorized` or `forbidden`. */
export interface ConnectionStatus {
  state: "connecting" | "live" | "failed";
  why: string | null;
}

export interface HostOptions {
  /** Where Lockstep is: `https://lockstep.example`, or `wss://…`; else the page's own host. */
  url?: string;
  /** A one-use ticket, asked for before every connection, for pages that have no cookie of Lockstep's. */
  ticket?: () => string | Promise<string>;
}
