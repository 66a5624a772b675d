/** Sessions of all people, narrowed by a word, each with its end. */
import { html } from "lit";
import { fold } from "../../core/commands.js";
import { Sessions } from "../../core/sessions.js";
import { explain, t } from "../../core/words.js";
import { SyncManager } from "../../sync.js";
import { showToast } from "../../utils.js";
import { icon } from "../icon.js";
import { agent, sessionsTable } from "../sessions-table.js";
import "../board.js"; // one shared file, see there
import { followRooms } from "./follow.js";

/** @param {import("../../pages/page.js").Page} page @returns {import("../../pages/admin.js").Tab} */
export function make({ draw }) {
  const sessions = new Sessions((method, url) => SyncManager.request(method, url), draw);
  let question = "";
  let begun = false;
  let leave = () => {};

  const learn = () => sessions.learn();

  function shown() {
    leave = followRooms(["users"], learn); // a person who is switched off or deleted has no sessions any more
    if (!begun) SyncManager.startIdleGuard(learn);
    begun = true;
    return learn();
  }

  /** @param {import("../../core/sessions.js").Session} session */
  async function end(session) {
    try {
      await sessions.end(session);
      showToast(t("session.ended_of", { name: session.user.name, agent: agent(session.agent) }), "success");
    } catch (error) {
      showToast(explain(error), "error");
    }
  }

  const fits = (/** @type {import("../../core/sessions.js").Session} */ { user, address, agent: text }) =>
    fold(`${user.name} ${user.login} ${address} ${agent(text)}`).includes(fold(question));

  const template = () => html`
    <div class="toolbar"><div class="search">${icon("search")}
      <input class="form-control" type="search" data-find-session aria-label=${t("session.find")} placeholder=${t("session.find")}
        @input=${(/** @type {any} */ event) => ((question = event.target.value.trim()), draw())}></div></div>
    ${sessions.loaded ? sessionsTable(sessions.list().filter(fits), { end, persons: true }) : ""}`;

  return { template, shown, hidden: () => leave() };
}
