/**
 * One Lockstep as an app sees it: where it is, and the connections that all of the app's components and hooks share.
 *
 * Nothing is connected before somebody holds something, and nothing of it needs a browser before: an app may be rendered on a server.
 */
import { clock } from "../../../static/js/core/clock.js";
import { WebSocketService } from "../../../static/js/core/page-socket.js";
import { Linger } from "./linger.js";
import { Streams } from "./streams.js";
import { ownStore } from "../../../static/js/elements/center/own-store.js";

export class Host {
  /** @type {import("../../../static/js/core/notices.js").NoticeStore|null} */ #notices = null;
  #url;
  #ticket;
  #linger = new Linger({ begin: () => this.notices.start(), end: () => this.notices.stop(), timers: clock });
  streams = new Streams((ports) => new WebSocketService({ url: this.address("/ws/logs/stream/"), ticket: this.#ticket ?? undefined, ...ports }), clock);

  /** @param {import("../types/model.js").HostOptions} [options] */
  constructor({ url, ticket } = {}) {
    this.#url = url;
    this.#ticket = ticket ?? null;
  }

  /** @param {string} path @returns {string} of the page's own host, unless another one is named */
  address(path) {
    return this.#url ? new URL(path, this.#url).href : path;
  }

  /** The notices of the person. Only in a browser. */
  get notices() {
    this.#notices ??= ownStore(this.address("/ws/notifications/"), this.#ticket);
    return this.#notices;
  }

  /** Notices are listened to until all have let go. @returns {() => void} release */
  holdNotices() {
    return this.#linger.hold();
  }
}
