"""Log lines as the server takes them. Whatever is given becomes a line that is not refused: too long is cut, odd is put into words."""

from __future__ import annotations

import itertools
import json
import re
import secrets
import time
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from enum import Enum
from typing import Any

# What the server takes, in bytes.
MAX_MESSAGE = 8 * 1024
MAX_METADATA = 4 * 1024
MAX_NAME = 128

# How deep metadata are kept as a structure; below that they become text.
MAX_DEPTH = 8

# The server takes no line from more than a day ahead.
AHEAD_S = 23 * 3600

# Numbers above this are milliseconds: as seconds they would be the year 5138.
MILLISECONDS = 1e11

LEVELS = {
    "debug": "debug", "trace": "debug", "info": "info", "notice": "info", "warning": "warning", "warn": "warning",
    "error": "error", "err": "error", "critical": "critical", "fatal": "critical",
}  # fmt: skip

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class LogType(str, Enum):
    """What a line is about: the choice people have above the list of lines."""

    SCAN = "scan"
    DEBUG = "debug"
    ERROR = "error"
    INFO = "info"

    __str__ = str.__str__


class Ids:
    """Names for lines: one that comes twice, since the first answer got lost, is known by it."""

    def __init__(self) -> None:
        self._numbers: Iterator[int] = itertools.count(1)
        self._process = secrets.token_hex(8)

    def next(self) -> str:
        return f"{self._process}-{next(self._numbers)}"


def encoded(line: Mapping[str, Any]) -> bytes:
    return json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def line(
    message: object,
    *,
    kind: str | None = None,
    level: object = None,
    source: str | None = None,
    environment: str | None = None,
    id: str,
    timestamp: object = None,
    metadata: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """A line of these fields; those that are None are left to the server. What cannot be a level or time is kept in the metadata."""
    odd: dict[str, Any] = dict(metadata or {})
    fields = {
        "message": cut(text(message), MAX_MESSAGE) or " ",
        "type": kind,
        "level": level_of(level, odd),
        "source": name(source),
        "environment": name(environment),
        "id": name(id),
        "timestamp": time_of(timestamp, odd),
        "metadata": fitting(odd) if odd else None,
    }
    return {field: value for field, value in fields.items() if value is not None}


def of_mapping(given: Mapping[str, Any], *, source: str | None, environment: str | None, id: str) -> dict[str, Any]:
    """A line from what other programs call one. Fields of their own go to the metadata."""
    rest = dict(given)
    metadata = rest.pop("metadata", None)
    message, level, timestamp = rest.pop("message", ""), rest.pop("level", None), rest.pop("timestamp", None)
    kind, own = kind_of(rest.pop("type", None))
    source, environment = rest.pop("source", None) or own or source, rest.pop("environment", None) or environment
    id = str(rest.pop("id", None) or id)
    if isinstance(metadata, Mapping):
        rest.update(metadata)
    elif metadata is not None:
        rest["metadata"] = metadata
    return line(
        message, kind=kind, level=level, source=source, environment=environment, id=id, timestamp=timestamp, metadata=rest
    )  # fmt: skip


def kind_of(logger_name: object) -> tuple[str | None, str | None]:
    """The type that a logger's name stands for; a name that is no type is where the line comes from."""
    if logger_name is None:
        return None, None
    word = str(logger_name)
    known = word.lower() in {kind.value for kind in LogType}
    return (word.lower(), None) if known else (None, word)


def level_of(level: object, odd: dict[str, Any]) -> str | None:
    if level is None:
        return None
    known = LEVELS.get(str(level).lower())
    if known is None:
        odd["level"] = level
    return known


def time_of(timestamp: object, odd: dict[str, Any]) -> str:
    """ISO 8601 in UTC. Texts without an offset and naive times are UTC; numbers are seconds or
    milliseconds since 1970."""
    now = time.time()
    seconds = now if timestamp is None else seconds_of(timestamp)
    if seconds is None or not 0 <= seconds < now + AHEAD_S:
        odd["timestamp"] = timestamp
        seconds = now
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def seconds_of(timestamp: object) -> float | None:
    try:
        if isinstance(timestamp, (int, float)):
            return timestamp / 1000 if timestamp > MILLISECONDS else float(timestamp)
        if not isinstance(timestamp, datetime):
            # Before Python 3.11 neither `Z` nor one or two digits of a fraction are understood.
            text = re.sub(r"\.(\d{1,6})\d*", lambda found: "." + found[1].ljust(6, "0"), str(timestamp))
            timestamp = datetime.fromisoformat(text.replace("Z", "+00:00"))
        return (timestamp if timestamp.tzinfo else timestamp.replace(tzinfo=timezone.utc)).timestamp()
    except (ValueError, OverflowError, OSError):
        return None


def name(text: object) -> str | None:
    if text is None:
        return None
    return cut(CONTROL.sub(" ", str(text)), MAX_NAME) or None


def cut(text: str, size: int) -> str:
    """At most so many bytes, with a sign that something is missing."""
    data = text.encode("utf-8", "replace")
    if len(data) <= size:
        return data.decode()
    return data[: size - 3].decode("utf-8", "ignore") + "…"


def fitting(metadata: Mapping[str, Any]) -> Any:
    """Metadata that are small enough: the longest texts are cut first, and of an exception the end is what is wanted."""
    value = plain(metadata)
    for longest in (None, 3000, 1000, 300, 100, 30):
        small = value if longest is None else shortened(value, longest)
        if len(encoded({"": small})) <= MAX_METADATA:
            return small
    return {"omitted": f"metadata of more than {MAX_METADATA} bytes"}


def plain(value: object, depth: int = 0) -> Any:
    """The same of things that JSON knows. Never fails."""
    if value is None or isinstance(value, (bool, str)):
        return value.replace("\0", "\ufffd") if isinstance(value, str) else value
    if isinstance(value, (int, float)) and abs(value) < 1e300:
        return value
    if depth < MAX_DEPTH and isinstance(value, Mapping):
        return {text(key): plain(item, depth + 1) for key, item in list(value.items())}
    if depth < MAX_DEPTH and isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item, depth + 1) for item in list(value)]
    return text(value)


def text(value: object) -> str:
    try:
        return str(value).replace("\0", "\ufffd")
    except Exception:  # somebody else's __str__
        return f"<{type(value).__name__}>"


def shortened(value: Any, longest: int) -> Any:
    if isinstance(value, str) and len(value) > longest:
        return "…" + value[-longest:] if value.startswith("Traceback") else value[:longest] + "…"
    if isinstance(value, dict):
        return {key: shortened(item, longest) for key, item in value.items()}
    if isinstance(value, list):
        return [shortened(item, longest) for item in value]
    return value
