/** The first page: how many there are of everything, and what is happening now. */
import { html } from "lit";
import { visible } from "../core/rights.js";
import { t } from "../core/words.js";
import { Counters } from "../elements/counters.js";
import { feedView, merge } from "../elements/feed.js";
import { SyncManager } from "../sync.js";
import { complain, startPage } from "./page.js";

startPage("index", ({ user, draw }) => {
  const entities = visible(user);
  const counters = new Counters(entities, (method, url) => SyncManager.request(method, url));
  /** @type {import("../core/wire.js").SyncEvent[]} */ let feed = [];

  const template = () => html`
    <div class="page-head"><h1>${t("index.hello", { name: user.name })}</h1></div>
    ${counters.template()}
    <section class="panel" aria-labelledby="feed-title">
      <h2 id="feed-title">${t("index.feed")}</h2>
      ${feedView(feed)}
    </section>`;

  async function learnChanges() {
    const { data } = await SyncManager.request("GET", "/api/changes?limit=50");
    feed = merge(feed, data.items);
    draw();
  }

  /** One room: its count, and the changes as they come. @param {string} entity */
  async function follow(entity) {
    SyncManager.on(`${entity}:changed`, async (_event, { events }) => {
      feed = merge(feed, events.filter((event) => !event.synthetic));
      draw();
      const position = await counters.learn(entity);
      if (events.some((event) => event.synthetic)) await learnChanges();
      draw();
      return position;
    });
    SyncManager.joinRoom(entity, { position: await counters.learn(entity).catch(() => null) });
    draw();
  }

  async function look() {
    await Promise.all([learnChanges(), ...entities.map((entity) => counters.learn(entity))]);
    draw();
  }

  async function start() {
    SyncManager.joinRoom("index");
    SyncManager.on("index:changed", look);
    SyncManager.startIdleGuard(look);
    await Promise.all([learnChanges().catch(complain), ...entities.map(follow)]);
  }

  return { template, start };
});
