/** The address of a list: what it says when the page opens, what it says after each step, and the steps back. */
import * as address from "../../core/address.js";

export class Route {
  #usual;
  #fixed;

  /** @param {address.Usual} usual @param {Record<string, string>} [fixed] words that the address always has */
  constructor(usual, fixed = {}) {
    this.#usual = usual;
    this.#fixed = fixed;
  }

  /** What the address asks for. */
  get wanted() {
    const { open, manual, ...query } = address.parse(location.search, this.#usual);
    return { open, manual, query };
  }

  /**
   * Says what is shown. `push`: as a step that the person can go back.
   * @param {address.Query} query @param {{open: string|null, manual: boolean}} state @param {"push"|"replace"} how
   */
  write(query, state, how) {
    const words = new URLSearchParams([...Object.entries(this.#fixed), ...new URLSearchParams(address.write(query, state, this.#usual))]).toString();
    const url = location.pathname + (words && `?${words}`);
    if (url === location.pathname + location.search) return;
    if (how === "push") history.pushState(null, "", url);
    else history.replaceState(null, "", url);
  }

  /** @param {() => void} back the person went back, or forth */
  onBack(back) {
    addEventListener("popstate", back);
  }
}
