/**
 * Where the open form's draft is put away while the person types: a moment after each input, and at once when the page goes.
 *
 * Where it cannot be put away, the browser asks before it leaves the page.
 *
 * @typedef {{mine: Record<string, any>, ancestor: Record<string, any>, values: Record<string, any>}} Unsaved
 */
import { Drafts } from "../core/drafts.js";
import { debounce } from "../utils.js";

/** Typing on does not write at every key. */
const WRITE_MS = 300;

export class Shelf {
  /** All that was typed is put away. */ kept = false;
  /** @type {string|null} */ #id = null;
  #drafts;
  #entity;
  #ports;
  #soon = debounce(() => this.#write(), WRITE_MS);

  /**
   * @param {string} user @param {string} entity @param {import("./fields.js").FieldSpec[]} fields
   * @param {{draft: () => Unsaved|null, onChange: () => void}} ports `draft`: what there is to put away
   */
  constructor(user, entity, fields, ports) {
    const secrets = fields.filter(({ kind }) => kind === "password").map(({ name }) => name);
    this.#drafts = new Drafts(storage(), { user, secrets });
    this.#entity = entity;
    this.#ports = ports;
  }

  /** A form begins; what was put away of it earlier. @param {string} id */
  begin(id) {
    this.#id = id;
    this.kept = false;
    addEventListener("pagehide", this.#write);
    addEventListener("beforeunload", this.#guard);
    return this.#drafts.find(this.#entity, id);
  }

  /** What was put away of a form, without beginning it. @param {string} id */
  find(id) {
    return this.#drafts.find(this.#entity, id);
  }

  /** Something was typed, or what it lies over has changed. */
  touch() {
    this.#soon();
  }

  /** It is saved, or not wanted. */
  drop() {
    if (this.#id !== null) this.#drafts.drop(this.#entity, this.#id);
    this.#keeps(false);
  }

  /** The form ends. */
  end() {
    this.#write();
    this.#id = null;
    this.kept = false;
    removeEventListener("pagehide", this.#write);
    removeEventListener("beforeunload", this.#guard);
  }

  #write = () => {
    const draft = this.#id === null ? null : this.#ports.draft();
    if (draft && this.#id !== null) this.#keeps(this.#drafts.keep(this.#entity, this.#id, draft));
    else if (this.#id !== null) this.drop();
  };

  /** @param {boolean} kept */
  #keeps(kept) {
    if (kept === this.kept) return;
    this.kept = kept;
    this.#ports.onChange();
  }

  #guard = (/** @type {BeforeUnloadEvent} */ event) => {
    this.#write();
    if (this.#ports.draft() && !this.kept) event.preventDefault();
  };
}

/** Storage may be forbidden by the browser's settings. */
function storage() {
  try {
    return window.sessionStorage;
  } catch {
    return null;
  }
}
