"""One client for a whole program, so that functions can be called from anywhere."""

from __future__ import annotations

import asyncio
import logging
import ssl
import threading
from collections.abc import Mapping
from typing import Any

from ._client import Lockstep
from ._lines import LogType
from ._outbox import Stats
from ._requests import Reason
from ._settings import CALL_S, EXIT_S, QUEUE

logger = logging.getLogger("lockstep_client")

_lock = threading.Lock()
_client: Lockstep | None = None


def configure(
    url: str | None = None,
    key: str | None = None,
    *,
    source: str | None = None,
    environment: str | None = None,
    queue: int = QUEUE,
    timeout: float = CALL_S,
    exit_timeout: float = EXIT_S,
    verify: ssl.SSLContext | bool = True,
) -> Lockstep:
    """Makes the client that the functions of this module use; see `Lockstep`. One that was there before is closed.

    It need not be called: without it `LOCKSTEP_URL` and `LOCKSTEP_KEY` say where Lockstep is.
    """
    global _client
    new = Lockstep(
        url, key, source=source, environment=environment, queue=queue, timeout=timeout, exit_timeout=exit_timeout, verify=verify
    )  # fmt: skip
    with _lock:
        _client, old = new, _client
    if old:
        old.close()
    return new


def default_client() -> Lockstep:
    """The client of the functions of this module. Raises `ValueError` when `LOCKSTEP_URL` is no address."""
    global _client
    if _client is None:
        with _lock:
            _client = _client or Lockstep()
    return _client


def _writer() -> Lockstep | None:
    try:
        return default_client()
    except Exception as error:
        logger.warning("log lines cannot be sent: %s", error)
        return None


def log(
    message: object,
    logger_name: LogType | str | None = LogType.INFO,
    *,
    level: str | None = None,
    source: str | None = None,
    environment: str | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> None:
    """Writes a line, from any thread. Never blocks, never raises. See `Lockstep.log`."""
    if client := _writer():
        client.log(message, logger_name, level=level, source=source, environment=environment, metadata=metadata)


async def alog(
    message: object,
    logger_name: LogType | str | None = LogType.INFO,
    *,
    level: str | None = None,
    source: str | None = None,
    environment: str | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> None:
    """`log` for whoever prefers to await."""
    log(message, logger_name, level=level, source=source, environment=environment, metadata=metadata)


def send_log_stream(line: Mapping[str, Any]) -> None:
    """Writes a line that is a mapping. Never blocks, never raises. See `Lockstep.send_log_stream`."""
    if client := _writer():
        client.send_log_stream(line)


async def asend_log_stream(line: Mapping[str, Any]) -> None:
    """`send_log_stream` for whoever prefers to await."""
    send_log_stream(line)


def notify_log_ingested(line: Mapping[str, Any]) -> None:
    """The same as `send_log_stream`: Lockstep itself tells people of lines that are errors."""
    send_log_stream(line)


async def anotify_log_ingested(line: Mapping[str, Any]) -> None:
    """`notify_log_ingested` for whoever prefers to await."""
    send_log_stream(line)


def send_notification(
    payload: Mapping[str, Any],
    *,
    user: int | str | None = None,
    group: int | str | None = None,
    all: bool | None = None,
    key: str | None = None,
    timeout: float | None = None,
    background: bool = False,
) -> dict[str, Any]:
    """Tells a person, a group or all. See `Lockstep.send_notification`."""
    return default_client().send_notification(
        payload, user=user, group=group, all=all, key=key, timeout=timeout, background=background
    )  # fmt: skip


async def asend_notification(
    payload: Mapping[str, Any],
    *,
    user: int | str | None = None,
    group: int | str | None = None,
    all: bool | None = None,
    key: str | None = None,
    timeout: float | None = None,
    background: bool = False,
) -> dict[str, Any]:
    """The same for event loops. A thread asks, so it works in any loop, also in one that lives for a single call."""
    return await asyncio.to_thread(
        send_notification, payload, user=user, group=group, all=all, key=key, timeout=timeout, background=background
    )


def send_alert_notification(
    user_id: int | str, alert_data: Mapping[str, Any], *, timeout: float | None = None, background: bool = False
) -> dict[str, Any]:
    """Tells a person of an alert. See `Lockstep.send_alert_notification`."""
    return default_client().send_alert_notification(user_id, alert_data, timeout=timeout, background=background)


async def asend_alert_notification(
    user_id: int | str, alert_data: Mapping[str, Any], *, timeout: float | None = None, background: bool = False
) -> dict[str, Any]:
    """The same for event loops."""
    return await asyncio.to_thread(send_alert_notification, user_id, alert_data, timeout=timeout, background=background)


def emit_change(
    room_or_event: str,
    reason: Reason,
    id: int | str = "*",
    data: Any = None,
    key: str | None = None,
    *,
    room: str | None = None,
    timeout: float | None = None,
    background: bool = False,
) -> dict[str, Any]:
    """Tells every open page that something has changed. See `Lockstep.emit_change`."""
    return default_client().emit_change(
        room_or_event, reason, id, data, key, room=room, timeout=timeout, background=background
    )  # fmt: skip


async def aemit_change(
    room_or_event: str,
    reason: Reason,
    id: int | str = "*",
    data: Any = None,
    key: str | None = None,
    *,
    room: str | None = None,
    timeout: float | None = None,
    background: bool = False,
) -> dict[str, Any]:
    """The same for event loops."""
    return await asyncio.to_thread(emit_change, room_or_event, reason, id, data, key, room=room, timeout=timeout, background=background)


def flush(timeout: float = CALL_S) -> bool:
    """Waits until all that was logged so far is taken. See `Lockstep.flush`."""
    return default_client().flush(timeout)


def close(timeout: float | None = None) -> None:
    """Sends what waits and ends the client; the next call makes a new one from the environment."""
    global _client
    with _lock:
        old, _client = _client, None
    if old:
        old.close(timeout)


def stats() -> Stats:
    """What became of everything so far, in this process."""
    return default_client().stats()
