/** The first page: how much there is of everything, what is happening now, who is at work, and whether all is well. */
import { html } from "lit";
import { t } from "../core/words.js";
import { TileBoard } from "../elements/board.js";
import { FeedPanel } from "../elements/feed-panel.js";
import { SyncManager } from "../sync.js";
import { complain, startPage } from "./page.js";

startPage("index", ({ user, draw }) => {
  const feed = new FeedPanel(user, (method, url) => SyncManager.request(method, url), draw);
  /** @type {import("../elements/side.js").Side|null} */ let side = null;
  const board = new TileBoard(user, {
    draw,
    hear(entity, events) {
      feed.take(events);
      side?.hear(entity, events);
    },
    anew: () => feed.learn(),
  });

  const template = () => html`
    <div class="page-head"><h1>${t("index.hello", { name: user.name })}</h1></div>
    ${board.template({ users: side?.online() })}
    <div class="board">
      ${feed.template()}
      <div class="board-side">${side?.template()}</div>
    </div>`;

  const follow = () => board.follow((entity) => side?.follow(entity));
  const look = () => Promise.all([board.look(), feed.learn()]);

  async function openSide() {
    const { Side } = await import("../elements/side.js");
    side = new Side(user, { draw, complain });
    for (const entity of board.entities) side.follow(entity);
    side.start();
    draw();
  }

  /** The feed is asked for after the counts, so it is at least as new as the position that the page joins with. */
  async function start() {
    SyncManager.on("index:changed", look);
    SyncManager.startIdleGuard(look);
    const position = await follow();
    openSide().catch(complain);
    await Promise.all([feed.learn().catch(complain), board.learnActivity().catch(complain)]);
    SyncManager.joinRoom("index", { position });
  }

  return { template, start, rights: follow };
});
