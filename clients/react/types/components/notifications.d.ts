import type { CSSProperties, ForwardRefExoticComponent, RefAttributes } from "react";
import type { Notification } from "../model.js";

export interface NotificationCenterElement extends HTMLElement {
  markRead(id: string): Promise<void> | undefined;
  markAllRead(): Promise<void> | undefined;
  archive(id: string): Promise<void> | undefined;
  /** Empties the list of this page. */
  clear(): void;
  /** Shows the list. */
  open(): void;
  /** A notice of the page's own. */
  push(notice: Partial<Notification>): Notification | undefined;
}

export interface NotificationCenterProps {
  position?: "top-right" | "top-left" | "bottom-right" | "bottom-left";
  /** Short messages at a time: 3. */
  maxToasts?: number;
  /** ms: 5000; 0: never. */
  autoHideDuration?: number;
  hideBell?: boolean;
  /** No short messages. */
  muted?: boolean;
  /** `ru` or `en`, else the page's language. */
  locale?: string | null;
  /** Address of a page that has all of them. */
  page?: string | null;
  /** `preventDefault()`: no short message. */
  onNotification?: (event: CustomEvent<Notification>) => void;
  /** `preventDefault()`: it leads nowhere. */
  onNotificationClick?: (event: CustomEvent<Notification>) => void;
  onUnreadChange?: (event: CustomEvent<{ unread: number | null }>) => void;
  className?: string;
  id?: string;
  style?: CSSProperties;
}

/** The bell, its list and its short messages. */
export const NotificationCenter: ForwardRefExoticComponent<NotificationCenterProps & RefAttributes<NotificationCenterElement>>;
