/**
 * The idle guard: a fresh look after a time without events, in case that something was missed all the same.
 *
 * Fires only when nothing is going on: the tab visible, no input for two seconds, no refresh under way. Deadlines go by the clock,
 * not by counted ticks, since hidden tabs count wrong.
 *
 * @typedef {import("./clock.js").Clock} Clock
 */

/** Whoever typed or clicked within this time is busy: the guard waits. */
export const INPUT_QUIET_MS = 2000;
/** A beat this young proves that nothing is missing. */
export const PROVEN_MS = 15_000;
/** Pages that were opened together should not ask together. */
const JITTER = 0.1;

/**
 * @param {object} ports
 * @param {() => any} ports.run               the fresh look; may return a promise
 * @param {() => number} ports.seconds        how long without events
 * @param {() => number} ports.lastActivity   when the last event came or the last refresh ended
 * @param {() => number} ports.lastInput      when the person last typed, clicked or scrolled
 * @param {() => boolean} ports.visible
 * @param {() => boolean} ports.busy          a refresh is under way
 * @param {() => (boolean|Promise<boolean>)} [ports.proven] true if the position is proved: then there is nothing to look for
 * @param {(error: unknown) => void} [ports.onError]
 * @param {Clock} clock
 * @returns {() => void} stop
 */
export function idleGuard(ports, clock) {
  /** @type {any} */ let timer = null;
  let ranAt = clock.now();
  let stopped = false;
  let spread = jitter(clock);

  const deadline = () => {
    const idleFrom = Math.max(ranAt, ports.lastActivity());
    return Math.max(idleFrom + ports.seconds() * 1000 * spread, ports.lastInput() + INPUT_QUIET_MS);
  };
  const arm = (/** @type {number} */ ms) => {
    timer = clock.setTimeout(check, Math.max(ms, 50));
  };

  async function check() {
    const wait = deadline() - clock.now();
    if (wait > 0) return arm(wait);
    if (!ports.visible() || ports.busy()) return arm(INPUT_QUIET_MS);
    try {
      if (!(await ports.proven?.())) await ports.run();
    } catch (error) {
      ports.onError?.(error);
    }
    ranAt = clock.now();
    spread = jitter(clock);
    if (!stopped) arm(deadline() - clock.now());
  }

  arm(deadline() - clock.now());
  return () => {
    stopped = true;
    clock.clearTimeout(timer);
  };
}

/** @param {Clock} clock */
const jitter = (clock) => 1 - JITTER + 2 * JITTER * clock.random();
