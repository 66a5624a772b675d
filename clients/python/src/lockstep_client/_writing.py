"""What both clients have in common: log lines, which are never waited for."""

from __future__ import annotations

import atexit
import logging
import os
import time
from collections.abc import Mapping
from typing import Any

from . import _lines
from ._lines import Ids, LogType
from ._outbox import Outbox, Stats
from ._settings import Settings

logger = logging.getLogger("lockstep_client")

# Whoever was not closed. Kept here, so that one that was forgotten still sends what it was given.
_open: set[Writer] = set()


class Writer:
    """Takes log lines. None of its methods blocks or raises, whatever is given to it and however Lockstep is."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._renew()
        _open.add(self)

    def _renew(self) -> None:
        """Starts from nothing, as in a new process. Takes no lock: in the child of a fork a thread that is not there may hold it."""
        self._ids = Ids()
        self._outbox = Outbox(self._settings.queue, self._ids, time.monotonic)

    def _sending(self) -> bool:
        """Sees to it that somebody sends; whether there is anybody."""
        raise NotImplementedError

    def _at_exit(self) -> None:
        """Sends what waits; there is neither a thread nor an event loop that could be counted on."""
        raise NotImplementedError

    def _end(self) -> None:
        self._outbox.end()
        _open.discard(self)

    def log(
        self,
        message: object,
        logger_name: LogType | str | None = LogType.INFO,
        *,
        level: str | None = None,
        source: str | None = None,
        environment: str | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        """Writes a line, from any thread. It is on the pages within a fraction of a second.

        `logger_name` is `scan`, `debug`, `error` or `info`; another name says where the line comes from, as `source` does.
        """
        try:
            kind, own = _lines.kind_of(logger_name)
            line = _lines.line(
                message,
                kind=kind,
                level=level,
                source=source or own or self._settings.source,
                environment=environment or self._settings.environment,
                id=self._ids.next(),
                metadata=metadata,
            )
            self._put(line)
        except Exception as error:
            self._malformed(error)

    def send_log_stream(self, line: Mapping[str, Any]) -> None:
        """Writes a line that is a mapping: `message`, and whichever of `level`, `type`, `source`, `environment`, `timestamp`, `id` and
        `metadata` there are. Other fields go to its metadata."""
        try:
            settings = self._settings
            self._put(_lines.of_mapping(line, source=settings.source, environment=settings.environment, id=self._ids.next()))
        except Exception as error:
            self._malformed(error)

    def notify_log_ingested(self, line: Mapping[str, Any]) -> None:
        """The same by another name: Lockstep itself tells people of lines that are errors."""
        self.send_log_stream(line)

    def _put(self, line: Mapping[str, Any]) -> None:
        self._outbox.line(_lines.encoded(line))
        self._sending()

    def _malformed(self, error: Exception) -> None:
        self._outbox.malformed()
        logger.warning("a log line could not be written: %s", error)

    def stats(self) -> Stats:
        """What became of everything so far, in this process."""
        return self._outbox.stats()


def _after_fork() -> None:
    for writer in list(_open):
        writer._renew()


def _at_exit() -> None:
    for writer in list(_open):
        writer._at_exit()


atexit.register(_at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
