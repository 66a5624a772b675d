/**
 * Notices over the page's shared connection: the person's own room, with a chain like any other.
 *
 * @typedef {import("./notices.js").Source} Source
 * @typedef {import("./notices.js").Listener} Listener
 */

/** @param {import("./manager.js").SyncManager} sync @param {string} userId @returns {Source} */
export function sharedSource(sync, userId) {
  const room = `user:${userId}`;
  const request = async (/** @type {string} */ method, /** @type {string} */ url) => sync.request(method, url);
  // Whoever presses a notice goes where it leads, and what he has read thereby must not be lost on the way.
  const doing = async (/** @type {string} */ url) => (await sync.request("POST", url, undefined, { keepalive: true })).data?.unread ?? null;

  /** @param {Listener} listener */
  function start(listener) {
    let wanted = true;
    const view = (/** @type {any} */ events) => {
      for (const event of events) if (!event.synthetic) listener.hear(event.event, event);
      return events.some((/** @type {any} */ event) => event.synthetic) ? listener.reload() : undefined;
    };
    const tell = () => listener.live(sync.status.connected === true && sync.rooms.find(({ name }) => name === room)?.state === "live", sync.status.why);
    const offs = ["notification", "notification:read"].map((name) => sync.on(name, view, { batch: true, rooms: [room] }));
    offs.push(sync.onStatus(tell));
    // Without a position the room asks for the list once it is joined, and again until it comes.
    listener.reload().catch(() => null).then((position) => void (wanted && sync.joinRoom(room, { position })));
    return () => {
      wanted = false;
      for (const off of offs) off();
      sync.leaveRoom(room);
    };
  }

  return {
    start,
    async page(query) {
      const { data, position } = await request("GET", `/api/notifications?${new URLSearchParams(query)}`);
      return { ...data, position };
    },
    read: (id) => doing(id === "*" ? "/api/notifications/read-all" : `/api/notifications/${encodeURIComponent(id)}/read`),
    archive: (id) => doing(`/api/notifications/${encodeURIComponent(id)}/archive`),
  };
}
