"""Parcels from the outbox to the server, by a thread."""

from __future__ import annotations

import time
from contextlib import suppress
from queue import Empty, SimpleQueue

from ._errors import LockstepError, LockstepUnavailable
from ._lane import NEVER, Parcel
from ._outbox import Outbox
from ._wire import Wire


class Bell:
    """Wakes the sender. Unlike an event of `threading` it may be rung by a signal handler that interrupted somebody who was ringing it."""

    def __init__(self) -> None:
        self._rings: SimpleQueue[None] = SimpleQueue()

    def ring(self) -> None:
        if self._rings.empty():
            self._rings.put(None)

    def wait(self, seconds: float) -> None:
        """Until it rings, or has rung since the last time."""
        with suppress(Empty):
            self._rings.get(timeout=seconds)


def post(outbox: Outbox, wire: Wire, parcel: Parcel, timeout: float) -> None:
    try:
        wire.post(parcel.path, parcel.body, timeout)
    except LockstepError as error:
        outbox.failed(parcel, error)
    except Exception as error:  # a defect, ours or of a library: the thread lives on, or nothing would ever be sent again
        outbox.failed(parcel, LockstepUnavailable(f"{type(error).__name__}: {error}", in_doubt=True))
    else:
        outbox.done(parcel)


def drain(outbox: Outbox, wire: Wire, timeout: float) -> None:
    """Sends in this thread what can be sent at once or within the time."""
    end = time.monotonic() + timeout
    while not outbox.empty() and time.monotonic() < end:
        step = outbox.next()
        if isinstance(step, Parcel):
            post(outbox, wire, step, max(0.05, end - time.monotonic()))
        elif step is None or step == NEVER:
            return
        else:
            time.sleep(min(step, max(0.0, end - time.monotonic())))
