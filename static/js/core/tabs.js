/**
 * What the tabs of one browser tell each other: language, theme, signing in and out. Only what the eye sees; data goes by the server.
 *
 * ```js
 * const off = tabs.on("theme", applyTheme);
 * tabs.say("theme", "dark");
 * ```
 */

/** @typedef {{postMessage: (message: any) => void, addEventListener: (name: "message", fn: (event: {data: any}) => void) => void}} Channel */

const NAME = "lockstep";

export class Tabs {
  #channel;
  /** @type {Map<string, Set<(value: any) => void>>} */ #listeners = new Map();

  /** @param {Channel|null} channel null: a browser without channels, each tab for itself */
  constructor(channel) {
    this.#channel = channel;
    channel?.addEventListener("message", ({ data }) => this.#hear(data));
  }

  /** To the other tabs, not to this one. @param {string} kind @param {any} [value] */
  say(kind, value = null) {
    this.#channel?.postMessage({ kind, value });
  }

  /** @param {string} kind @param {(value: any) => void} listener @returns {() => void} off */
  on(kind, listener) {
    const listeners = this.#listeners.get(kind) ?? new Set();
    this.#listeners.set(kind, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  /** @param {any} message */
  #hear(message) {
    for (const listener of this.#listeners.get(message?.kind) ?? []) listener(message.value);
  }
}

/** The page's own. Without a document there are no tabs to tell. */
export const tabs = new Tabs(typeof document === "undefined" || typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(NAME));
