/**
 * The notices of whoever is signed in, over the page's shared connection: one store a page, and the bell in its frame.
 *
 * What it needs of the page is handed in: imported, it would tear the file that all pages share into many.
 *
 * @typedef {object} Ports
 * @property {import("../core/manager.js").SyncManager} sync
 * @property {import("../core/clock.js").Clock} clock
 * @property {import("./notification-center.js").Toaster} toaster
 */
import { NoticeStore } from "../core/notices.js";
import { sharedSource } from "../core/notices-shared.js";
import { NotificationCenter } from "./notification-center.js";

/** @type {NoticeStore|null} */ let store = null;

/** @param {{id: string}} user @param {Ports} ports */
export function ownNotices(user, { sync, clock }) {
  store ??= new NoticeStore(sharedSource(sync, user.id), clock);
  store.start();
  return store;
}

/** Makes the bell of the frame ring. @param {{id: string}} user @param {Ports} ports */
export function ringBell(user, ports) {
  const bell = document.querySelector(".shell notification-center");
  if (bell instanceof NotificationCenter) Object.assign(bell, { source: ownNotices(user, ports), toaster: ports.toaster });
}
