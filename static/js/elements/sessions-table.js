/** Sessions as a table: whose, from where, with what, when, and the way to end them. */
import { html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { agentOf } from "../core/agent.js";
import { formatAgo, formatDate } from "../core/format.js";
import { t } from "../core/words.js";
import { icon } from "./icon.js";

/** @typedef {import("../core/sessions.js").Session} Session */

/** @param {Session[]} sessions @param {{end: (session: Session) => void, persons?: boolean}} options `persons`: of all, not only one's own */
export const sessionsTable = (sessions, { end, persons = false }) => html`
  <div class="table-frame">
    <table class="table list" data-sessions-table>
      <caption class="visually-hidden">${t("tab.sessions")}</caption>
      <thead><tr>${persons ? html`<th scope="col">${t("session.user")}</th>` : nothing}
        ${/** @type {const} */ (["agent", "address", "created", "seen", "expires"]).map((name) => html`<th scope="col">${t(`session.${name}`)}</th>`)}
        <th class="tight"><span class="visually-hidden">${t("list.actions")}</span></th></tr></thead>
      <tbody>${repeat(sessions, ({ id }) => id, (session) => row(session, end, persons))}</tbody>
    </table>
  </div>`;

/** @param {Session} session @param {(session: Session) => void} end @param {boolean} persons */
function row(session, end, persons) {
  const { user, address, created_at: created, seen_at: seen, expires_at: expires, current } = session;
  const whose = html`<a href="/users?open=${user.id}">${user.name}</a> <span class="by">${user.login}</span>`;
  const what = html`${agent(session.agent)}${current ? html` <span class="chip" data-current>${t("session.current")}</span>` : nothing}`;
  return html`<tr data-session=${session.id} data-login=${user.login}>
    ${persons ? html`<td data-label=${t("session.user")}><div class="cell">${whose}</div></td>` : nothing}
    <td data-label=${t("session.agent")}><div class="cell" title=${session.agent}>${what}</div></td>
    <td data-label=${t("session.address")}><div class="cell"><code>${address}</code></div></td>
    ${time("session.created", created)}${time("session.seen", seen)}
    <td data-label=${t("session.expires")}><div class="cell">${formatDate(expires)}</div></td>
    <td class="tight">${current ? nothing : html`<button type="button" class="btn btn-sm btn-plain" data-end aria-label=${t("session.end_of", { name: user.name, agent: agent(session.agent) })} @click=${() => end(session)}>
      ${icon("box-arrow-right")}<span class="label">${t("session.end")}</span></button>`}</td>
  </tr>`;
}

/** @param {"session.created"|"session.seen"} label @param {any} at */
const time = (label, at) => html`<td data-label=${t(label)}><div class="cell"><time datetime=${at ? new Date(at).toISOString() : ""} title=${formatDate(at, "full")}>${at ? formatAgo(at) : t("word.never")}</time></div></td>`;

/** `Chrome 142, Windows`. @param {string} text */
export function agent(text) {
  const { browser, version, system } = agentOf(text);
  const words = [browser && [browser, version].filter(Boolean).join(" "), system].filter(Boolean);
  return words.length > 0 ? words.join(", ") : t("session.unknown");
}
