"""What a client is told when it is made, and how long a call is tried."""

from __future__ import annotations

import os
import random
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass

from ._errors import LockstepUnavailable
from ._wire import Access, Address

# Where a server on this machine listens unless it was told otherwise.
URL = "http://127.0.0.1:8080"

# Lines that may wait while Lockstep is away: some megabytes, and ten minutes of a program that says much.
QUEUE = 10_000

# How long a call may take, all its tries together; and one request in the background. Seconds.
CALL_S = 5.0
REQUEST_S = 10.0

# How long the end of a program may wait for its last lines. Seconds.
EXIT_S = 2.0

# Pauses between the tries of a call: the first, and the longest. Seconds.
PAUSES_S = (0.1, 1.0)


@dataclass(frozen=True)
class Settings:
    access: Access
    source: str | None
    environment: str | None
    queue: int
    timeout: float
    exit_timeout: float

    @classmethod
    def read(
        cls,
        url: str | None,
        key: str | None,
        source: str | None,
        environment: str | None,
        queue: int,
        timeout: float,
        exit_timeout: float,
        verify: ssl.SSLContext | bool,
    ) -> Settings:
        """What is not given is in the environment, or has a default. Raises `ValueError`."""
        address = Address.parse(url or os.environ.get("LOCKSTEP_URL") or URL)
        access = Access(address, key or os.environ.get("LOCKSTEP_KEY") or None, verify)
        if queue < 1 or timeout <= 0:
            raise ValueError("queue is a number of lines, at least 1, and timeout a number of seconds above 0")
        return cls(access, source, environment, queue, timeout, exit_timeout)


class Tries:
    """How often something is asked: until its time is over."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._end = clock() + seconds
        self._pause = PAUSES_S[0]

    def left(self) -> float:
        """Seconds that the next request may take."""
        return max(0.05, self._end - self._clock())

    def pause(self, error: LockstepUnavailable) -> float:
        """Seconds to wait before the next try. Raises the error where there is no time for one."""
        pause = self._pause * random.uniform(0.5, 1.0) if error.retry_after is None else error.retry_after
        self._pause = min(self._pause * 2, PAUSES_S[1])
        if self._clock() + pause >= self._end:
            raise error
        return pause
