/**
 * A custom element as a React component sets it: by properties and listeners of its own, whatever the version of React.
 *
 * React 18 writes attributes and knows no events of elements. React 19 could do it itself, though not what is known only in a browser.
 */
import { createElement, useEffect, useImperativeHandle, useLayoutEffect, useRef } from "react";
import { useLatest } from "./provider.js";

/** React 18 complains of layout effects where there is no layout. */
const useBrowserEffect = typeof window === "undefined" ? useEffect : useLayoutEffect;

/**
 * @param {string} name of the element
 * @param {{define: () => Promise<unknown>, properties: () => Record<string, any>, events: Record<string, ((event: any) => void)|undefined>,
 *   ref: import("react").ForwardedRef<any>, rest: Record<string, any>}} face  `events` always has the same names
 */
export function useElement(name, { define, properties, events, ref, rest: { className, ...rest } }) {
  const element = useRef(/** @type {any} */ (null));
  const set = useRef(/** @type {Record<string, any>} */ ({}));
  const handlers = useLatest(events);
  useImperativeHandle(ref, () => element.current, []);
  useBrowserEffect(() => {
    const values = properties();
    for (const [key, value] of Object.entries(values)) {
      if (!Object.is(set.current[key], value)) element.current[key] = value; // what the person has changed since stays
    }
    set.current = values;
  });
  useBrowserEffect(() => listenTo(element.current, handlers), [handlers]);
  useEffect(() => void (customElements.get(name) ?? define()), [name, define]);
  return createElement(name, { ref: element, class: className, ...rest });
}

/** @param {EventTarget} target @param {{current: Record<string, ((event: any) => void)|undefined>}} handlers */
function listenTo(target, handlers) {
  const end = new AbortController();
  for (const event of Object.keys(handlers.current)) target.addEventListener(event, (told) => handlers.current[event]?.(told), { signal: end.signal });
  return () => end.abort();
}
