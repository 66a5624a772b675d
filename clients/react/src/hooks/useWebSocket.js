/** Notices and log lines as state of a component. All that use them share the connections of the page. */
import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { clock } from "../../../../static/js/core/clock.js";
import { LogView, NOTHING } from "../log-view.js";
import { useHeldNotices, useHost, useLatest } from "../provider.js";
import { isOf } from "../topics.js";

/** @type {import("../../types/model.js").Notification[]} */
const NONE = [];
const UNKNOWN = Object.freeze({ live: false, why: null, unread: null });
/** More than fit a page that draws each of them. */
const MAX_LOGS = 100;

/** @type {typeof import("../../types/hooks/useWebSocket.js").useNotifications} */
export function useNotifications(callback) {
  const host = useHost();
  const heard = useLatest(callback);
  const [topics, setTopics] = useState(/** @type {readonly string[]|null} */ (null));
  const wanted = useLatest(topics);
  const subscribe = useCallback((/** @type {() => void} */ changed) => host.notices.subscribe(changed), [host]);
  const { live, why, unread } = useSyncExternalStore(subscribe, () => host.notices.state, () => UNKNOWN);
  const all = useSyncExternalStore(subscribe, () => host.notices.list("all").items, () => NONE);
  useHeldNotices(host);
  useEffect(() => host.notices.onNotice((notice) => void (isOf(wanted.current, notice) && heard.current?.(notice))), [host, wanted, heard]);
  return {
    isConnected: live,
    status: useMemo(() => ({ state: live ? "live" : why ? "failed" : "connecting", why }), [live, why]),
    notifications: useMemo(() => (topics ? all.filter((notice) => isOf(topics, notice)) : all), [all, topics]),
    unread,
    clearNotifications: useCallback(() => host.notices.clear(), [host]),
    markRead: useCallback((/** @type {string} */ id) => host.notices.read(String(id)), [host]),
    subscribe: useCallback((/** @type {readonly string[]} */ names) => setTopics([...names]), []),
  };
}

/** @type {typeof import("../../types/hooks/useWebSocket.js").useLogStream} */
export function useLogStream(callback, { maxLogs = MAX_LOGS, filters } = {}) {
  const host = useHost();
  const heard = useLatest(callback);
  const [first] = useState({ maxLogs, filters });
  const view = useMemo(() => new LogView(host.streams.source(), { ...first, clock, frame: (draw) => requestAnimationFrame(draw) }), [host, first]);
  const state = useSyncExternalStore(view.subscribe, view.snapshot, () => NOTHING);
  useEffect(() => {
    view.onLine = (line) => heard.current?.(line);
    return view.start();
  }, [view, heard]);
  useEffect(() => view.keep(maxLogs), [view, maxLogs]);
  return { ...state, clearLogs: view.clear, setFilters: view.setFilters, pause: view.pause, resume: view.resume };
}
