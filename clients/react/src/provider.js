/** Which Lockstep a component speaks with: that of the provider above it, else the configured one, else the page's own host. */
import { createContext, createElement, useContext, useEffect, useInsertionEffect, useMemo, useRef, useSyncExternalStore } from "react";
import { Host } from "./host.js";

/** @type {Set<() => void>} */
const listeners = new Set();
let common = new Host();
const Context = createContext(/** @type {Host|null} */ (null));

/** @type {typeof import("../types/index.js").configure} */
export function configure(options) {
  common = new Host(options);
  for (const listener of listeners) listener();
}

/** @param {() => void} listener */
function listen(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** @type {typeof import("../types/index.js").LockstepProvider} */
export function LockstepProvider({ url, ticket, children }) {
  const latest = useLatest(ticket);
  const ticketed = ticket !== undefined;
  const host = useMemo(() => new Host({ url, ticket: ticketed ? () => /** @type {NonNullable<typeof ticket>} */ (latest.current)() : undefined }), [url, ticketed, latest]);
  return createElement(Context.Provider, { value: host }, children);
}

/** @returns {Host} */
export function useHost() {
  const shared = useSyncExternalStore(listen, () => common, () => common);
  return useContext(Context) ?? shared;
}

/** What the last render was given, for what happens later. @template T @param {T} value */
export function useLatest(value) {
  const ref = useRef(value);
  useInsertionEffect(() => void (ref.current = value));
  return ref;
}

/** Listens to the notices while the component is there. @param {Host} host */
export function useHeldNotices(host) {
  useEffect(() => host.holdNotices(), [host]);
}
