import type { CSSProperties, ForwardRefExoticComponent, RefAttributes } from "react";
import type { LogEntry, LogFilters } from "../../model.js";

export interface LogStreamElement extends HTMLElement {
  clear(): void;
  pause(): void;
  resume(): void;
  /** What it leaves out stays. */
  setFilters(filters: LogFilters): void;
  download(): void;
  /** Shows a line: where it stands, or among its neighbours. */
  goTo(id: string): Promise<void> | void;
}

/** Filters are those to begin with, and set anew when they change; what the person chooses meanwhile stays. */
export interface LogStreamProps {
  /** 100. */
  maxLogs?: number;
  showFilters?: boolean;
  type?: string;
  level?: string;
  source?: string;
  environment?: string;
  text?: string;
  regex?: boolean;
  paused?: boolean;
  wrap?: boolean;
  timezone?: "local" | "utc";
  /** The address of a line, where it is not Lockstep's own page of logs. */
  permalink?: ((id: string) => string) | null;
  onLog?: (event: CustomEvent<LogEntry>) => void;
  onFiltersChange?: (event: CustomEvent<LogFilters>) => void;
  onDropped?: (event: CustomEvent<{ count: number; reason: string | null }>) => void;
  onEnded?: (event: CustomEvent<{ reason: string }>) => void;
  className?: string;
  id?: string;
  style?: CSSProperties;
}

/** The live log with its filters. */
declare const LogStream: ForwardRefExoticComponent<LogStreamProps & RefAttributes<LogStreamElement>>;
export default LogStream;
