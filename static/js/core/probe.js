/**
 * A test event: sent by this page, heard by this page, timed between.
 *
 * It goes the whole road: over HTTP to a worker, into the ledger, over the bus, out of the worker that holds this page's socket.
 *
 * @typedef {object} Heard
 * @property {number} ms        from the click until it was heard
 * @property {number} written   the same until the server had answered that it is kept
 * @property {number} worker    process that wrote it
 */

/** An event that takes longer is lost, whatever comes later. */
export const PROBE_LIMIT_MS = 10_000;
export const PROBE_EVENT = "admin:test";

/** @typedef {"refused"|"silent"} Failure  the server did not take it; or it took it and this page did not hear it */

export class ProbeError extends Error {
  /** @param {Failure} failure @param {any} [cause] */
  constructor(failure, cause) {
    super(failure, { cause });
    this.failure = failure;
  }
}

/**
 * @param {object} ports
 * @param {import("./store.js").Request} ports.request
 * @param {(name: string, fn: (event: any) => void, options?: any) => () => void} ports.on
 * @param {import("./clock.js").Clock} ports.clock
 * @param {string} id  of this test, once
 * @returns {Promise<Heard>} rejects with a {@link ProbeError}
 */
export async function probe({ request, on, clock }, id) {
  const began = clock.now();
  /** @type {any} */ let timer;
  let off = () => {};
  const heard = new Promise((resolve, reject) => {
    off = on(PROBE_EVENT, (event) => event.id === id && resolve({ ms: clock.now() - began, worker: event.worker }), { debounce: 0 });
    timer = clock.setTimeout(() => reject(new ProbeError("silent")), PROBE_LIMIT_MS);
  });
  try {
    const sent = request("POST", "/api/publish", { event: PROBE_EVENT, reason: "updated", id, room: "admin" });
    const written = sent.then(() => clock.now() - began, (error) => Promise.reject(new ProbeError("refused", error)));
    const [{ ms, worker }, kept] = await Promise.all([heard, written]);
    return { ms, worker, written: kept };
  } finally {
    off();
    clock.clearTimeout(timer);
  }
}
