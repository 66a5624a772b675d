/** Looking again by itself, and only while nothing is heard: a page that is connected is told. */

/** The users' own figure. */
export const POLL_MS = 5000;

/**
 * @param {(listener: (status: {connected?: boolean}) => void) => () => void} onStatus
 * @param {() => unknown} look
 * @param {Pick<import("./clock.js").Clock, "setTimeout"|"clearTimeout">} clock
 * @returns {() => void} stop
 */
export function pollWhileDown(onStatus, look, clock) {
  /** One life between two connections. @type {{timer: any}|null} */ let outage = null;
  const wait = (/** @type {{timer: any}} */ mine) => (mine.timer = clock.setTimeout(() => again(mine), POLL_MS));

  /** @param {{timer: any}} mine */
  async function again(mine) {
    await Promise.resolve(look()).catch(() => {}); // it is tried again anyway, and the badge says that there is no connection
    if (outage === mine) wait(mine);
  }

  function rest() {
    clock.clearTimeout(outage?.timer);
    outage = null;
  }

  const off = onStatus(({ connected }) => {
    if (connected) rest();
    else if (outage === null) wait((outage = { timer: null }));
  });
  return () => {
    off();
    rest();
  };
}
