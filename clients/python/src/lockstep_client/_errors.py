"""Why something was not done, by what the caller can do about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class LockstepError(Exception):
    """Whatever this package raises by itself."""


class LockstepUnavailable(LockstepError):
    """Lockstep did not answer in time, or could not do it just now. The same may be asked again.

    `in_doubt` says that it may have been done all the same: the answer is what got lost.
    `retry_after` is what the server asked for, in seconds.
    """

    def __init__(self, message: str, *, in_doubt: bool = False, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.in_doubt = in_doubt
        self.retry_after = retry_after


class LockstepRefused(LockstepError):
    """Lockstep answered no; the same question gets the same answer.

    `code` is the stable name of the reason (`forbidden`, `invalid`, `bad_event`, …), `fields` what is wrong with each field, as
    `{"type": {"code": "field.format", "message": "…", "params": {}}}`, `status` the HTTP status.
    """

    def __init__(self, status: int, code: str, message: str, fields: Mapping[str, Any] | None = None) -> None:
        named = "".join(f"; {name}: {said(wrong)}" for name, wrong in (fields or {}).items())
        super().__init__(f"{message}{named} ({code})")
        self.status = status
        self.code = code
        self.message = message
        self.fields: dict[str, Any] = dict(fields or {})


def said(wrong: object) -> str:
    """The words of one wrong field."""
    if isinstance(wrong, Mapping):
        return str(wrong.get("message") or wrong.get("code"))
    return str(wrong)
