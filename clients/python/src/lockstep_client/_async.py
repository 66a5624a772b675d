"""The client for event loops."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any

from . import _requests
from ._errors import LockstepError, LockstepUnavailable
from ._lane import NEVER, Parcel
from ._lines import LogType
from ._outbox import Outbox
from ._requests import Call, Reason
from ._sending import drain
from ._settings import CALL_S, EXIT_S, QUEUE, REQUEST_S, Settings, Tries
from ._wire import AsyncWire, Wire
from ._writing import Writer


class AsyncLockstep(Writer):
    """The same as `Lockstep` for asyncio: a task of the loop sends instead of a thread.

    `log` and its like may be called from any thread, too; what they are given is sent as soon as the client is used in a loop. Use it as
    an asynchronous context manager, or await `close()`. What nobody closed is sent at the end of the program.
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
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._wire: AsyncWire | None = None
        self._closed = False

    async def __aenter__(self) -> AsyncLockstep:
        self._sending()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()

    async def alog(
        self,
        message: object,
        logger_name: LogType | str | None = LogType.INFO,
        *,
        level: str | None = None,
        source: str | None = None,
        environment: str | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        """`log` for whoever prefers to await. It does not wait for Lockstep."""
        self.log(message, logger_name, level=level, source=source, environment=environment, metadata=metadata)

    async def send_notification(
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
        """As `Lockstep.send_notification`."""
        return await self._ask(_requests.notification(payload, user, group, all, key), timeout, background)

    async def send_alert_notification(
        self, user_id: int | str, alert_data: Mapping[str, Any], *, timeout: float | None = None, background: bool = False
    ) -> dict[str, Any]:
        """As `Lockstep.send_alert_notification`."""
        payload = {"type": "alert", "data": dict(alert_data)}
        return await self.send_notification(payload, user=user_id, timeout=timeout, background=background)

    async def emit_change(
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
        """As `Lockstep.emit_change`."""
        return await self._ask(_requests.change(room_or_event, reason, id, data, key, room), timeout, background)

    asend_notification = send_notification
    asend_alert_notification = send_alert_notification
    aemit_change = emit_change

    async def flush(self, timeout: float = CALL_S) -> bool:
        """As `Lockstep.flush`."""
        self._sending()
        loop = asyncio.get_running_loop()
        over = asyncio.Event()
        self._outbox.flush(lambda: _tell(loop, over))
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(over.wait(), timeout)
        return over.is_set()

    async def close(self, timeout: float | None = None) -> None:
        """As `Lockstep.close`."""
        if self._closed:
            return
        if not self._outbox.empty():
            await self.flush(self._settings.exit_timeout if timeout is None else timeout)
        self._closed = True
        self._end()
        task, self._task, self._wire = self._task, None, None
        if task and self._loop is asyncio.get_running_loop():
            task.cancel()
            await asyncio.wait([task])

    async def _ask(self, call: Call, timeout: float | None, background: bool) -> dict[str, Any]:
        if self._closed:
            raise LockstepError("this client is closed: make a new one")
        self._sending()
        if background:
            self._outbox.call(call.path, call.body)
            return {}
        tries = Tries(self._settings.timeout if timeout is None else timeout)
        while True:
            try:
                answer: dict[str, Any] = await self._connection().post(call.path, call.body, tries.left())
                return answer
            except LockstepUnavailable as error:
                await asyncio.sleep(tries.pause(error))

    def _connection(self) -> AsyncWire:
        if self._wire is None:
            raise LockstepError("this client is closed: make a new one")
        return self._wire

    def _sending(self) -> bool:
        """Sees to it that the running loop has a task that sends. Without a running loop what is there waits for one."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return False
        if self._closed or (loop is self._loop and self._task and not self._task.done()):
            return True
        if self._loop and loop is not self._loop and not self._loop.is_closed():
            # Somebody logs from another loop of this process; the first one sends.
            return True
        self._start(loop)
        return True

    def _start(self, loop: asyncio.AbstractEventLoop) -> None:
        woken = asyncio.Event()
        self._loop, self._wire = loop, AsyncWire(self._settings.access)
        self._outbox.recall()
        self._outbox.wake = lambda: _tell(loop, woken)
        self._task = loop.create_task(_send(self._outbox, self._wire, woken), name="lockstep-client")

    def _at_exit(self) -> None:
        self._outbox.recall()
        if not self._outbox.empty():
            wire = Wire(self._settings.access)
            self._outbox.flush(lambda: None)
            drain(self._outbox, wire, self._settings.exit_timeout)
            wire.close()
        self._end()


def _tell(loop: asyncio.AbstractEventLoop, event: asyncio.Event) -> None:
    # A loop that is closed has nobody who waits.
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(event.set)


async def _send(outbox: Outbox, wire: AsyncWire, woken: asyncio.Event) -> None:
    """Sends until the end, or until the loop ends and cancels what it has; the connection goes with it."""
    try:
        while (step := outbox.next()) is not None:
            if isinstance(step, Parcel):
                await _post(outbox, wire, step)
                continue
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(woken.wait(), None if step == NEVER else step)
            woken.clear()
    finally:
        await wire.close()


async def _post(outbox: Outbox, wire: AsyncWire, parcel: Parcel) -> None:
    try:
        await wire.post(parcel.path, parcel.body, REQUEST_S)
    except LockstepError as error:
        outbox.failed(parcel, error)
    except Exception as error:  # a defect, ours or of a library: the task lives on, or nothing would ever be sent again
        outbox.failed(parcel, LockstepUnavailable(f"{type(error).__name__}: {error}", in_doubt=True))
    else:
        outbox.done(parcel)
