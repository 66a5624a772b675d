/** The tab of customers: a list, and nothing more. They are nobody's accounts. */
import { html } from "lit";
import { listView } from "../../elements/list-view.js";
import { SyncManager } from "../../sync.js";
import { customersSpec } from "./lists.js";
import { ReadingList } from "./reading.js";

export class Customers {
  /** @param {() => void} draw */
  constructor(draw) {
    this.list = new ReadingList(customersSpec, { request: SyncManager.request.bind(SyncManager), draw, open() {} });
  }

  /** @param {unknown} tabs @param {unknown} above */
  template(tabs, above) {
    return html`${tabs}${listView({ ...this.list.model, extra: { ...this.list.model.extra, above: () => above } })}`;
  }

  async start() {
    await this.list.store.refresh().catch(() => {}); // the list shows its own failure
    this.list.write("replace");
  }

  /** There is nothing around it. */
  async learn() {}

  /** @param {import("../../core/wire.js").SyncEvent[]} events */
  take(events) {
    return this.list.store.take(events);
  }

  back() {
    return this.list.back();
  }
}
