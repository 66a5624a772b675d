"""Python's own logging, shown on the page of logs."""

from __future__ import annotations

import logging
from typing import Any

from . import _default
from ._lines import LogType
from ._wire import busy
from ._writing import Writer

# What every record has; the rest was given as `extra`.
USUAL = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

_plain = logging.Formatter()


class LockstepHandler(logging.Handler):
    """Sends records as log lines: the logger's name is the source; exception, stack and whatever was given as `extra` are metadata.

    Without a client the module's own is used, as it is configured when a record comes. What this package and its HTTP library say while
    they send is left out, or each request would make the next one. Never blocks and never raises.
    """

    def __init__(
        self,
        client: Writer | None = None,
        level: int | str = logging.NOTSET,
        *,
        type: LogType | str | None = None,
        environment: str | None = None,
    ) -> None:
        super().__init__(level)
        self._client, self._type, self._environment = client, type, environment

    def emit(self, record: logging.LogRecord) -> None:
        if busy() or str(record.name).split(".")[0] == "lockstep_client":
            return
        try:
            # A formatter that somebody chose writes the message; without one the exception does not stand in it a second time.
            message = self.format(record) if self.formatter else record.getMessage()
            client = self._client or _default.default_client()
            client.log(
                message, self._type, level=level(record.levelno), source=record.name,
                environment=self._environment, metadata=metadata(record),
            )  # fmt: skip
        except Exception:
            self.handleError(record)


def level(number: int) -> str:
    """The level at or below the number: people make levels of their own between the usual ones."""
    known = ((50, "critical"), (40, "error"), (30, "warning"), (20, "info"))
    return next((name for floor, name in known if number >= floor), "debug")


def metadata(record: logging.LogRecord) -> dict[str, Any]:
    told: dict[str, Any] = {"at": f"{record.filename}:{record.lineno}", "function": record.funcName}
    if record.exc_info and record.exc_info[0]:
        told["exception"] = record.exc_text or _plain.formatException(record.exc_info)
    if record.stack_info:
        told["stack"] = record.stack_info
    told.update({name: value for name, value in vars(record).items() if name not in USUAL and not name.startswith("_")})
    return told
