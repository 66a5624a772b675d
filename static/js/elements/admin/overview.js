/** Overview: how much there is of everything, who is at work, what changed last. */
import { html } from "lit";
import { t } from "../../core/words.js";
import { SyncManager } from "../../sync.js";
import { Feed, TileBoard, feedView } from "../board.js";
import { Working } from "../side.js";

/** Lines at the end of the audit; the rest is a tab away. */
const TAIL = 15;

/** @param {import("../../pages/page.js").Page} page @returns {import("../../pages/admin.js").Tab} */
export function make({ user, draw }) {
  const feed = new Feed();
  const working = new Working(draw);
  const board = new TileBoard(user, {
    draw,
    hear: (entity, events) => (feed.take(events), working.hear(entity, events), draw()),
    anew: learn,
  });
  let begun = false;

  async function learn() {
    const { data } = await SyncManager.request("GET", `/api/audit?limit=${TAIL}`);
    feed.takeAudit(data.items);
    draw();
  }

  const look = () => Promise.all([board.look(), learn()]);

  async function shown() {
    if (begun) return look();
    begun = true;
    SyncManager.on("admin:changed", look);
    SyncManager.startIdleGuard(look);
    await Promise.all([learn(), board.learnActivity(), board.follow((entity) => working.follow(entity))]);
  }

  const template = () => html`
    ${board.template()}
    <div class="board">
      <section class="panel" aria-labelledby="tail-title">
        <div class="panel-head"><h2 id="tail-title">${t("admin.changes")}</h2><a href="?tab=audit">${t("admin.all_changes")}</a></div>
        ${feedView(feed.shown().slice(0, TAIL), { details: true })}
      </section>
      <div class="board-side">${working.template()}</div>
    </div>`;

  return { template, shown };
}
