/** The panel of one product: opened over the list, kept current while it is open, closed by Esc. */
import { html, nothing, render } from "lit";
import { i18n, t } from "../../core/words.js";
import { failure } from "../failure.js";
import { icon } from "../icon.js";
import { productFace } from "./product.js";

/** @typedef {import("./product.js").Product} Product */

export class ProductPanel {
  /** The product that is open. @type {string|null} */ id = null;
  /** @type {Product|null} */ #product = null;
  /** @type {string|null} */ #etag = null;
  /** @type {any} */ #error = null;
  /** @type {Element|null} */ #opener = null;
  #place = document.createElement("div");
  #ports;

  /**
   * @param {object} ports
   * @param {import("../../core/store.js").Request} ports.request
   * @param {() => import("./product.js").Around} ports.around
   * @param {(id: string|null) => void} ports.opened  which one is open now
   */
  constructor(ports) {
    this.#ports = ports;
    document.body.append(this.#place);
    i18n.onChange(() => this.draw());
  }

  /** @param {string} id */
  async open(id) {
    if (this.id === id) return;
    if (this.id === null) this.#opener = document.activeElement;
    this.id = id;
    this.#product = this.#etag = this.#error = null;
    this.draw();
    if (!this.#dialog.open) this.#dialog.showModal();
    this.#ports.opened(id);
    await this.learn();
  }

  close() {
    if (this.id !== null) this.#dialog.close();
  }

  /** Looks at it again; what is unchanged costs no answer. */
  async learn() {
    const { id } = this;
    if (id === null) return;
    const answer = await this.#ports.request("GET", `/api/catalog/products/${encodeURIComponent(id)}`, undefined, { ifNoneMatch: this.#etag })
      .catch((error) => ({ error }));
    if (id !== this.id) return; // another one was opened meanwhile
    this.#error = "error" in answer ? answer.error : null;
    if (!("error" in answer) && !answer.unchanged) [this.#product, this.#etag] = [answer.data, answer.etag];
    this.draw();
  }

  get #dialog() {
    return /** @type {HTMLDialogElement} */ (this.#place.querySelector("dialog"));
  }

  #closed = () => {
    this.id = this.#product = null;
    this.draw();
    this.#ports.opened(null);
    if (this.#opener instanceof HTMLElement && this.#opener.isConnected) this.#opener.focus();
  };

  /** What it shows, or the names of what it refers to, may be another now. */
  draw() {
    render(this.id === null ? nothing : this.#template(), this.#place);
  }

  #template() {
    return html`
      <dialog class="product" aria-labelledby="product-title" @close=${this.#closed}>
        <div class="sheet">
          <div class="sheet-head"><h2 id="product-title">${this.#product?.name ?? t("list.loading")}</h2>
            <button type="button" class="btn btn-sm btn-plain square" autofocus aria-label=${t("action.close")} @click=${() => this.close()}>${icon("x-lg")}</button></div>
          <div class="sheet-body" tabindex="0" role="group" aria-labelledby="product-title">
            ${this.#error ? failure(this.#error, () => this.learn()) : nothing}
            ${this.#product ? productFace(this.#product, this.#ports.around()) : nothing}
          </div>
        </div>
      </dialog>`;
  }
}
