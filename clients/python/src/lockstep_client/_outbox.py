"""What waits to be sent, and when it goes. No network here: a thread or a task does the sending.

Two lanes, so that one that is held up does not hold up the other: log lines, many to a request, and calls, one to a request. Where lines
are missing, a line says how many.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from . import _lines
from ._errors import LockstepError, LockstepRefused, LockstepUnavailable
from ._lane import Counts, Item, Lane, Parcel

logger = logging.getLogger("lockstep_client")

# Calls that may wait. They are rare, and each is a request of its own.
MOST_CALLS = 1_000

# The pause after an answer that only a person can change: a key without the scope, a wrong address.
REFUSED_S = 30.0

# Such answers, beside those that send us elsewhere.
NOT_NOW = frozenset({401, 403, 404, 405})


@dataclass(frozen=True)
class Stats:
    """What became of log lines and of what was sent in the background; why the last request failed, None after
    one that did not."""

    lines: Counts
    background: Counts
    last_error: str | None


class Outbox:
    """Both lanes. Every method may be called by any thread and returns at once."""

    def __init__(self, limit: int, ids: _lines.Ids, clock: Callable[[], float]) -> None:
        def note(number: int) -> bytes:
            said = f"{number} log lines are missing here: more than {limit} had to wait for Lockstep"
            return _lines.encoded(_lines.line(said, level="warning", source="lockstep_client", id=ids.next(), metadata={"lost": number}))

        # A thread that is interrupted in here by its own signal handler or finalizer may come again.
        self._lock = threading.RLock()
        self._clock = clock
        self._lines = Lane(limit=limit, several=True, note=note)
        self._calls = Lane(limit=MOST_CALLS, several=False)
        self._flushes: list[tuple[tuple[int, int], Callable[[], None]]] = []
        self._ended = False
        # Told when the sender has to look again. Set by whoever sends.
        self.wake: Callable[[], None] = lambda: None

    def line(self, body: bytes) -> None:
        self._add(self._lines, Item(body))

    def call(self, path: str, body: bytes) -> None:
        self._add(self._calls, Item(body, path))

    def _add(self, lane: Lane, item: Item) -> None:
        with self._lock:
            if self._ended:
                lane.lost += 1
                return
            news = lane.add(item, self._clock())
        if news:
            self.wake()

    def malformed(self) -> None:
        """A line that could not even be written down."""
        with self._lock:
            self._lines.refused += 1

    def next(self) -> Parcel | float | None:
        """What to send now, or the seconds until there may be something, or None at the end."""
        with self._lock:
            if self._ended:
                return None
            now = self._clock()
            waits = {lane: lane.wait(now) for lane in (self._calls, self._lines)}
            ready = next((lane for lane, wait in waits.items() if wait <= 0), None)
            return ready.take(now) if ready else min(waits.values())

    def done(self, parcel: Parcel) -> None:
        """It was taken."""
        with self._lock:
            parcel.lane.done(parcel)
            recovered, parcel.lane.error = parcel.lane.error, None
        if recovered:
            logger.info("Lockstep takes what waited for it")
        self._settle()

    def failed(self, parcel: Parcel, error: LockstepError) -> None:
        """It was not, or nobody knows."""
        with self._lock:
            news = parcel.lane.error != str(error)
            parcel.lane.error = str(error)
            given_up = self._judge(parcel, error)
        if given_up:
            logger.warning("%d given up: %s", given_up, error)
        elif news:
            logger.warning("trying again: %s", error)
        self._settle()

    def _judge(self, parcel: Parcel, error: LockstepError) -> int:
        """What to do with it; how many items are given up."""
        lane, before = parcel.lane, parcel.lane.refused
        if isinstance(error, LockstepUnavailable):
            lane.later(parcel, self._clock(), error.retry_after)
        elif isinstance(error, LockstepRefused) and lane.several:
            self._refused(parcel, error)
        else:
            lane.drop(parcel, set(range(len(parcel.items))))
        return lane.refused - before

    def _refused(self, parcel: Parcel, error: LockstepRefused) -> None:
        """Lines wait for a better key. Those that are named are given up; where none is, the halves are tried."""
        lane = parcel.lane
        named = {int(field.partition(".")[0]) for field in error.fields if field.partition(".")[0].isdecimal()}
        if error.status in NOT_NOW or error.status < 400:
            lane.later(parcel, self._clock(), REFUSED_S)
        elif named or len(parcel.items) == 1:
            lane.drop(parcel, named or {0})
        else:
            lane.split(parcel)

    def flush(self, done: Callable[[], None]) -> None:
        """Sends what is here without waiting for more; `done` is called once all of it was taken or given up."""
        with self._lock:
            self._flushes.append(((self._lines.hurry(), self._calls.hurry()), done))
        self._settle()
        self.wake()

    def _settle(self) -> None:
        with self._lock:
            reached = (self._lines.first_open(), self._calls.first_open())
            over = [flush for flush in self._flushes if all(map(int.__ge__, reached, flush[0]))]
            self._flushes = [flush for flush in self._flushes if flush not in over]
        for _, done in over:
            done()

    def recall(self) -> None:
        """Whoever was sending is gone: what he had on its way goes again."""
        with self._lock:
            for lane in (self._lines, self._calls):
                lane.recall()

    def end(self) -> None:
        """Whatever still waits is lost, and whatever comes."""
        with self._lock:
            self._ended = True
            lost = self._lines.clear() + self._calls.clear()
        if lost:
            logger.warning("%d lost: there was no time to send them", lost)
        self._settle()
        self.wake()

    def empty(self) -> bool:
        with self._lock:
            return not (self._lines.counts().waiting or self._calls.counts().waiting)

    def stats(self) -> Stats:
        with self._lock:
            return Stats(self._lines.counts(), self._calls.counts(), self._lines.error or self._calls.error)
