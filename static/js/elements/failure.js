/** What went wrong, and a way to try again. */
import { html } from "lit";
import { explain, t } from "../core/words.js";
import { icon } from "./icon.js";

/** @param {any} error @param {() => void} again */
export const failure = (error, again) => html`
  <div class="banner banner-bad" role="alert">${icon("exclamation-triangle")}<span>${explain(error)}</span>
    <button class="btn btn-sm btn-plain" @click=${again}>${t("action.retry")}</button></div>`;
