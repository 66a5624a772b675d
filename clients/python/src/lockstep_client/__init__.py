"""Log lines, notifications and changes from a Python backend to a Lockstep server.

    from lockstep_client import LogType, configure, emit_change, log, send_notification

    configure("http://127.0.0.1:8080", key="…")
    log("Reading the catalogue", LogType.SCAN)
    emit_change("files", "updated", 7)
    send_notification({"type": "scan_complete", "message": "Done", "status": "success"}, user="anna")

Lines are queued and never waited for. Notifications and changes return what Lockstep answered, or raise an error that names the cure.
`Lockstep` and `AsyncLockstep` are the same as objects, `LockstepHandler` is for Python's logging.
"""

from ._async import AsyncLockstep
from ._client import Lockstep
from ._default import (
    aemit_change,
    alog,
    anotify_log_ingested,
    asend_alert_notification,
    asend_log_stream,
    asend_notification,
    close,
    configure,
    default_client,
    emit_change,
    flush,
    log,
    notify_log_ingested,
    send_alert_notification,
    send_log_stream,
    send_notification,
    stats,
)
from ._errors import LockstepError, LockstepRefused, LockstepUnavailable
from ._handler import LockstepHandler
from ._lane import Counts
from ._lines import LogType
from ._outbox import Stats
from ._requests import Reason

__all__ = [
    "AsyncLockstep",
    "Counts",
    "Lockstep",
    "LockstepError",
    "LockstepHandler",
    "LockstepRefused",
    "LockstepUnavailable",
    "LogType",
    "Reason",
    "Stats",
    "aemit_change",
    "alog",
    "anotify_log_ingested",
    "asend_alert_notification",
    "asend_log_stream",
    "asend_notification",
    "close",
    "configure",
    "default_client",
    "emit_change",
    "flush",
    "log",
    "notify_log_ingested",
    "send_alert_notification",
    "send_log_stream",
    "send_notification",
    "stats",
]
