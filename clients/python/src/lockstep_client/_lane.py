"""Items in their order, on their way to one door of the server. Knows no network, and the clock only as a number.

A lane that is full gives up its oldest items and counts them. It has one parcel on its way at a time, and that one is sent again until it
was taken or refused.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

LINES = "/api/logs"

# Lines of one request, and their bytes: half of what the server takes by default.
MOST_LINES = 256
MOST_BYTES = 512 * 1024

# How long a line waits for company, in seconds: less than anybody notices.
LINGER_S = 0.1

# The first pause after a request that failed, and the longest, in seconds.
PAUSES_S = (0.25, 15.0)

# The longest pause that a server may ask for, in seconds.
LONGEST_S = 60.0

NEVER = float("inf")


@dataclass(frozen=True)
class Counts:
    """What became of the items of one lane. `lost`: the queue was full, or there was no time at the end. `refused`: by the server."""

    waiting: int
    sent: int
    lost: int
    refused: int


@dataclass(frozen=True)
class Item:
    """Something to send; or, where `lost` is not 0, the line that tells of so many lost ones and counts for none itself."""

    body: bytes
    path: str = LINES
    lost: int = 0


@dataclass(frozen=True)
class Parcel:
    """What one request holds."""

    lane: Lane
    items: list[Item]

    @property
    def path(self) -> str:
        return self.items[0].path

    @property
    def body(self) -> bytes:
        bodies = [item.body for item in self.items]
        return b"[" + b",".join(bodies) + b"]" if self.lane.several else bodies[0]

    @property
    def counts(self) -> int:
        return sum(not item.lost for item in self.items)


class Lane:
    """Items in their order. Whoever calls holds the outbox's lock."""

    def __init__(self, *, limit: int, several: bool, note: Callable[[int], bytes] | None = None) -> None:
        self.limit, self.several, self._note = limit, several, note
        self.waiting: deque[Item] = deque()
        self.added = self.sent = self.lost = self.refused = 0
        # Why the last parcel was not taken; None after one that was.
        self.error: str | None = None
        self._unsaid = 0
        self._most = MOST_LINES if several else 1
        self._due = NEVER
        self._held_until = 0.0
        self._pause = PAUSES_S[0]
        self._hurry_to = 0
        # What is on its way, what of it has to go again, and the number of its first item.
        self._out: Parcel | None = None
        self._again: Parcel | None = None
        self._open_from = 0

    def add(self, item: Item, now: float) -> bool:
        """Takes it, whatever it costs the oldest. Whether the sender has to know."""
        self.added += 1
        self.waiting.append(item)
        if len(self.waiting) > self.limit:
            self.give_up(1)
        if len(self.waiting) == 1:
            self._due = now + (LINGER_S if self.several else 0.0)
        return len(self.waiting) in (1, self._most)

    def give_up(self, number: int) -> None:
        for _ in range(number):
            self.waiting.popleft()
        self.lost += number
        self._unsaid += number

    def wait(self, now: float) -> float:
        """Seconds until there is something to take; 0 when there is, endless when nothing waits."""
        if self._out or not (self._again or self.waiting):
            return NEVER
        hurried = self._again or len(self.waiting) >= self._most or self.first_waiting() < self._hurry_to
        return max(0.0, self._held_until - now, 0.0 if hurried else self._due - now)

    def take(self, now: float) -> Parcel:
        """The next items, as many as fit into one request; what was not taken the last time first."""
        parcel, self._again = self._again, None
        if parcel is None:
            self._open_from, self._due = self.first_waiting(), now + (LINGER_S if self.several else 0.0)
            parcel = Parcel(self, self._gather())
        self._out = parcel
        return parcel

    def _gather(self) -> list[Item]:
        items, size = [], 0
        if self._unsaid and self._note:
            items.append(Item(self._note(self._unsaid), lost=self._unsaid))
        self._unsaid = 0
        while self.waiting and len(items) < self._most and (size := size + len(self.waiting[0].body)) <= MOST_BYTES:
            items.append(self.waiting.popleft())
        return items or [self.waiting.popleft()]

    def first_waiting(self) -> int:
        """The number of the oldest item that no parcel has."""
        return self.added - len(self.waiting)

    def first_open(self) -> int:
        """The number of the oldest item about which nothing is known yet."""
        return min(self._open_from, self.first_waiting()) if self._out or self._again else self.first_waiting()

    def hurry(self) -> int:
        """All that is here goes now, and pauses are over; the number at which that is done."""
        self._hurry_to, self._held_until = self.added, 0.0
        return self.added

    def done(self, parcel: Parcel) -> None:
        self._out = None
        self.sent += parcel.counts
        self._pause = PAUSES_S[0]
        self._most = min(self._most * 2, MOST_LINES) if self.several else 1

    def later(self, parcel: Parcel, now: float, pause: float | None) -> None:
        """The same again after a pause, by itself a growing one. By chance a little shorter, so that not all clients come at once."""
        self._out, self._again = None, parcel
        if pause is None:
            pause = self._pause * random.uniform(0.5, 1.0)
            self._pause = min(self._pause * 2, PAUSES_S[1])
        self._held_until = now + min(pause, LONGEST_S)

    def drop(self, parcel: Parcel, numbers: set[int]) -> None:
        """Those items are given up, the others go again at once."""
        self._out = None
        left = [item for number, item in enumerate(parcel.items) if number not in numbers]
        rest = Parcel(self, left)
        self.refused += parcel.counts - rest.counts
        self._again = rest if left else None

    def split(self, parcel: Parcel) -> None:
        """What is wrong with a parcel is looked for in its halves."""
        self._out = None
        self._most = max(1, len(parcel.items) // 2)
        self._unsaid += sum(item.lost for item in parcel.items)
        self.waiting.extendleft(item for item in reversed(parcel.items) if not item.lost)

    def recall(self) -> None:
        self._again, self._out = self._out or self._again, None

    def clear(self) -> int:
        """What has not gone is lost; how much that is. A parcel that is on its way may still arrive."""
        before, again = self.lost, self._again
        self._again = None
        self.lost += again.counts if again else 0
        self.give_up(len(self.waiting))
        return self.lost - before

    def counts(self) -> Counts:
        under_way = sum(parcel.counts for parcel in (self._out, self._again) if parcel)
        return Counts(len(self.waiting) + under_way, self.sent, self.lost, self.refused)
