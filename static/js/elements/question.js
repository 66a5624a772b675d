/** A question before something that cannot be undone. */
import { html, render } from "lit";
import { t } from "../core/words.js";

/**
 * @param {{title: string, text: string, yes: string, no?: string, danger?: boolean}} question
 * @returns {Promise<boolean>} true only for a yes; Esc is a no
 */
export function ask({ title, text, yes, no = t("action.cancel"), danger = false }) {
  const place = document.createElement("div");
  document.body.append(place);
  render(html`
    <dialog class="question" aria-labelledby="question-title" aria-describedby="question-text">
      <form method="dialog" class="sheet">
        <h2 id="question-title">${title}</h2>
        <p id="question-text">${text}</p>
        <div class="sheet-buttons">
          <button class="btn btn-plain" value="no" autofocus>${no}</button>
          <button class="btn ${danger ? "btn-danger" : "btn-primary"}" value="yes">${yes}</button>
        </div>
      </form>
    </dialog>`, place);
  const dialog = /** @type {HTMLDialogElement} */ (place.querySelector("dialog"));
  const opener = document.activeElement;
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      place.remove();
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
      resolve(dialog.returnValue === "yes");
    });
    dialog.showModal();
  });
}
