export interface ServiceOptions {
  /** `/ws/notifications/`, or `wss://…` of another host. */
  url: string;
  /** What came, parsed; text that is no JSON as it is. */
  onMessage?: (message: any) => void;
  onConnect?: () => void;
  /** `retryMs` null: it is not tried again. */
  onDisconnect?: (end: { code: number; reason: string; retryMs: number | null }) => void;
  onStatus?: (status: ServiceStatus) => void;
  /** Before the first try again, ms: 3000. */
  reconnectDelay?: number;
  /** 10. */
  maxReconnectAttempts?: number;
  /** The delay grows to so many times itself: 5. */
  backoffCap?: number;
  /** A share of the delay, more or less: 0.2. */
  jitter?: number;
  /** A one-use ticket, asked for before every try. */
  ticket?: () => string | Promise<string>;
  /** Silence before the server is asked whether it is there, ms: 30000; 0: never. */
  heartbeat?: number;
}

export interface ServiceStatus {
  state: "closed" | "connecting" | "live" | "failed";
  attempt: number;
  why: string | null;
  reason: string;
  retryMs: number | null;
}

/** One WebSocket, kept up for as long as it is wanted. */
export class WebSocketService {
  constructor(options: ServiceOptions);
  readonly status: ServiceStatus;
  get isConnected(): boolean;
  connect(): void;
  disconnect(): void;
  /** Sent as JSON. False where there is no connection: it is not sent later. */
  send(message: any): boolean;
}
