/** The bell, its list and its short messages. */
import { forwardRef } from "react";
import { useElement } from "../element.js";
import { useHeldNotices, useHost } from "../provider.js";

const define = () => import("../elements/notification-center.js");

/** @type {typeof import("../../types/components/notifications.js").NotificationCenter} */
export const NotificationCenter = forwardRef(function NotificationCenter(props, ref) {
  const { position = "top-right", maxToasts = 3, autoHideDuration = 5000, hideBell = false, muted = false, locale = null, page = null,
    onNotification, onNotificationClick, onUnreadChange, ...rest } = props;
  const host = useHost();
  useHeldNotices(host);
  return useElement("notification-center", {
    define, ref, rest,
    properties: () => ({ position, maxToasts, autoHideDuration, hideBell, muted, locale, page, url: host.address("/ws/notifications/"), source: host.notices }),
    events: { notification: onNotification, "notification-click": onNotificationClick, "unread-change": onUnreadChange },
  });
});
