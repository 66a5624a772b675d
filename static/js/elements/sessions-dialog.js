/** A person's own sessions: where he is signed in, and the way to sign out elsewhere. */
import { html, nothing, render } from "lit";
import { Sessions } from "../core/sessions.js";
import { explain, i18n, t } from "../core/words.js";
import { SyncManager } from "../sync.js";
import { showToast } from "../utils.js";
import { failure } from "./failure.js";
import "../pages/page.js"; // loaded after it, so the build need not cut what both use into pieces
import { icon } from "./icon.js";
import { agent, sessionsTable } from "./sessions-table.js";

/** @param {import("../core/rights.js").User} user */
export function mySessions(user) {
  if (document.querySelector("dialog.sessions")) return;
  const opener = document.activeElement;
  const place = document.createElement("div");
  document.body.append(place);
  /** @type {any} */ let error = null;
  const draw = () => render(template(sessions, user, error, { learn, close, end }), place);
  const sessions = new Sessions((method, url) => SyncManager.request(method, url), draw);
  const learn = async () => {
    error = await sessions.learn().then(() => null, (reason) => reason);
    draw();
  };
  const end = (/** @type {import("../core/sessions.js").Session} */ session) =>
    sessions.end(session).then(() => showToast(t("session.ended", { agent: agent(session.agent) }), "success"), (reason) => showToast(explain(reason), "error"));
  const close = () => dialog.close();
  draw();
  const dialog = /** @type {HTMLDialogElement} */ (place.querySelector("dialog"));
  const off = i18n.onChange(draw);
  dialog.addEventListener("close", () => {
    off();
    place.remove();
    if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
  });
  dialog.showModal();
  learn();
}

/** @param {Sessions} sessions @param {import("../core/rights.js").User} user @param {any} error
 * @param {{learn: () => void, close: () => void, end: (session: import("../core/sessions.js").Session) => void}} actions */
function template(sessions, user, error, { learn, close, end }) {
  const own = sessions.list(user.id);
  const others = own.filter(({ current }) => !current);
  return html`
    <dialog class="sessions" aria-labelledby="sessions-title">
      <div class="sheet">
        <div class="sheet-head"><h2 id="sessions-title">${t("shell.sessions")}</h2>
          <button type="button" class="btn btn-sm btn-plain square" autofocus aria-label=${t("action.close")} @click=${close}>${icon("x-lg")}</button></div>
        <div class="sheet-body">
          <p class="by">${t("session.own_hint")}</p>
          ${error ? failure(error, learn) : sessions.loaded ? sessionsTable(own, { end }) : nothing}
          ${others.length > 1 ? html`<div class="sheet-buttons"><button type="button" class="btn btn-plain" data-end-others @click=${() => others.forEach(end)}>${t("session.end_others", { count: others.length })}</button></div>` : nothing}
        </div>
      </div>
    </dialog>`;
}
