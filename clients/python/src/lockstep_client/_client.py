"""The client for threads."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from . import _requests
from ._errors import LockstepError, LockstepUnavailable
from ._lane import Parcel
from ._outbox import Outbox
from ._requests import Call, Reason
from ._sending import Bell, drain, post
from ._settings import CALL_S, EXIT_S, QUEUE, REQUEST_S, Settings, Tries
from ._wire import Wire
from ._writing import Writer

# How often a sender without work looks up, in seconds. A bell wakes it; this is only for what nobody thought of.
LOOK_S = 5.0


class Lockstep(Writer):
    """A connection to a Lockstep server, for any number of threads.

    Log lines are queued and sent by a thread of its own, many at a time. What has an answer (notifications, changes) is sent at once
    and tried again until `timeout` seconds are over; with `background=True` it is queued, too, and the answer is empty.

    - `url`: `http://host:port`, `https://…` or `unix:/path/server.sock`; else `LOCKSTEP_URL`, else port 8080 of this machine
    - `key`: an API key with the scopes `log`, `notify`, `publish`, whichever are used; else `LOCKSTEP_KEY`
    - `source`, `environment`: of lines that name none
    - `queue`: lines that may wait while Lockstep is away; of more the oldest are lost and counted
    - `timeout`: seconds for a call; `exit_timeout`: seconds that the end of the program waits for its last lines

    Use it as a context manager, or `close()` it; what is forgotten is closed at the end of the program. A fork has its own queue and
    thread; lines that waited in the parent are the parent's.
    """

    def __init__(
        self,
        url: str | None = None,
        key: str | None = None,
        *,
        source: str | None = None,
        environment: str | None = None,
        queue: int = QUEUE,
        timeout: float = CALL_S,
        exit_timeout: float = EXIT_S,
        verify: ssl.SSLContext | bool = True,
    ) -> None:
        super().__init__(Settings.read(url, key, source, environment, queue, timeout, exit_timeout, verify))

    def _renew(self) -> None:
        super()._renew()
        self._wire = Wire(self._settings.access)
        self._bell = Bell()
        self._outbox.wake = self._bell.ring
        self._thread: threading.Thread | None = None
        self._starting = threading.RLock()
        self._closed = False

    def __enter__(self) -> Lockstep:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def send_notification(
        self,
        payload: Mapping[str, Any],
        *,
        user: int | str | None = None,
        group: int | str | None = None,
        all: bool | None = None,
        key: str | None = None,
        timeout: float | None = None,
        background: bool = False,
    ) -> dict[str, Any]:
        """Tells a person (id or login), a group (id or name) or all: `{"id", "recipients"}`.

        `payload` is `{"type": "scan_complete", "message": …, "status": "success", "data": {…}}`; fields with other names go to `data`.
        Without `user`, `group` and `all` it may say itself whom it is for (`to`, `user`, `user_id`, `group`); else all are told.
        `key` keeps a storm to one notice: who has not read the last one under it is told in its place.

        Raises `LockstepUnavailable`, `LockstepRefused`.
        """
        return self._ask(_requests.notification(payload, user, group, all, key), timeout, background)

    def send_alert_notification(
        self, user_id: int | str, alert_data: Mapping[str, Any], *, timeout: float | None = None, background: bool = False
    ) -> dict[str, Any]:
        """Tells a person of an alert: `{"id", "recipients"}`. Raises as `send_notification` does."""
        return self.send_notification({"type": "alert", "data": dict(alert_data)}, user=user_id, timeout=timeout, background=background)

    def emit_change(
        self,
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
        """Tells every open page that something has changed: `{"seq", "epoch", "duplicate"}`.

        `room_or_event` is a room (`files`: the event is `files:changed`) or the name of an event. `key` names this change, so that it is
        published once however often it is tried; without one it gets its own.

        Raises `LockstepUnavailable` (after which the same with the same key does no harm), `LockstepRefused`.
        """
        return self._ask(_requests.change(room_or_event, reason, id, data, key, room), timeout, background)

    def flush(self, timeout: float = CALL_S) -> bool:
        """Waits until all that was logged so far, or given to the background, is taken or given up. False when there was no time for it."""
        over = threading.Event()
        self._outbox.flush(over.set)
        if self._sending():
            return over.wait(timeout)
        drain(self._outbox, self._wire, timeout)
        return over.is_set()

    def close(self, timeout: float | None = None) -> None:
        """Sends what waits, for so many seconds at most, and ends. Lines that come later are lost and counted."""
        if self._closed:
            return
        if not self._outbox.empty():
            self.flush(self._settings.exit_timeout if timeout is None else timeout)
        self._closed = True
        self._end()
        if self._thread and self._thread is not threading.current_thread():
            # A request that is still under way ends with the process.
            self._thread.join(0.5)
        self._wire.close()

    def _ask(self, call: Call, timeout: float | None, background: bool) -> dict[str, Any]:
        if self._closed:
            raise LockstepError("this client is closed: make a new one")
        if background:
            self._outbox.call(call.path, call.body)
            self._sending()
            return {}
        tries = Tries(self._settings.timeout if timeout is None else timeout)
        while True:
            try:
                answer: dict[str, Any] = self._wire.post(call.path, call.body, tries.left())
                return answer
            except LockstepUnavailable as error:
                time.sleep(tries.pause(error))

    def _at_exit(self) -> None:
        self.close()

    def _sending(self) -> bool:
        """Sees to it that there is a thread. There can be none any more while the interpreter ends."""
        if self._thread and self._thread.is_alive():
            return True
        with self._starting:
            if self._thread and self._thread.is_alive():
                return True
            arguments = (self._outbox, self._wire, self._bell)
            thread = threading.Thread(target=_send, args=arguments, name="lockstep-client", daemon=True)
            try:
                thread.start()
            except RuntimeError:
                return False
            self._thread = thread
        return True


def _send(outbox: Outbox, wire: Wire, bell: Bell) -> None:
    """Sends until the end."""
    while (step := outbox.next()) is not None:
        if isinstance(step, Parcel):
            post(outbox, wire, step, REQUEST_S)
        else:
            bell.wait(min(step, LOOK_S))
