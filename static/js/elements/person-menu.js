/** Who is signed in, what is his, and the way out. */
import { html, nothing } from "lit";
import { keepToasts, setKeepToasts } from "../core/keep.js";
import { t } from "../core/words.js";
import { signOut } from "./sign-out.js";
import { icon } from "./icon.js";
import { languages } from "./languages.js";
import { closeMenu, menu } from "./menu.js";

/** @param {import("../core/rights.js").User} user @param {() => void} draw */
export const personMenu = (user, draw) => menu({
  id: "person-menu",
  label: t("shell.person", { name: user.name }),
  look: "person",
  face: html`${icon("person-circle")}<span class="person-name">${user.name}</span>${icon("chevron-down")}`,
  panel: html`
    <div class="menu-head"><b>${user.name}</b><span class="by">${user.login}${groupOf(user) ? html` · ${groupOf(user)}` : nothing}</span></div>
    <div class="menu-narrow">${languages()}</div>
    <button type="button" class="menu-item" data-sessions @click=${(/** @type {Event} */ event) => (closeMenu(event), openSessions(user))}>${icon("laptop")}<span>${t("shell.sessions")}</span></button>
    <label class="menu-item"><input type="checkbox" class="form-check-input" .checked=${keepToasts()}
      @change=${(/** @type {any} */ event) => (setKeepToasts(event.target.checked), draw())}><span>${t("shell.keep_toasts")}</span></label>
    <button type="button" class="menu-item" data-sign-out @click=${signOut}>${icon("box-arrow-right")}<span>${t("shell.sign_out")}</span></button>`,
});

/** @param {import("../core/rights.js").User} user */
const groupOf = ({ group }) => (typeof group === "string" ? group : group?.name ?? "");

/** @param {import("../core/rights.js").User} user */
export async function openSessions(user) {
  const { mySessions } = await import("./sessions-dialog.js");
  mySessions(user);
}
