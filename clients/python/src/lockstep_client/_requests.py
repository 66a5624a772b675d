"""Notifications and changes as the server takes them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Literal

NOTIFICATIONS = "/api/notifications"
PUBLISH = "/api/publish"

Reason = Literal["updated", "added", "deleted", "toggled"]

# Rooms whose news are called `<room>:changed`.
ROOMS = frozenset("index files users groups categories registrators admin imports products logs".split())

# What a notification has of its own; whatever else a payload holds is its data.
OWN = ("type", "message", "status", "key")


@dataclass(frozen=True)
class Call:
    """One request that has an answer."""

    path: str
    body: bytes
    key: str


def notification(
    payload: Mapping[str, Any], user: object = None, group: object = None, all: bool | None = None, key: str | None = None
) -> Call:
    """Reads a payload such as `{"type": "scan_complete", "message": "…", "status": "success"}`.

    The key makes a second try harmless: who has not read the first yet is told in its place.
    """
    rest = dict(payload)
    to = addressee(rest, user, group, all)
    own = {field: rest.pop(field, None) for field in OWN}
    data = rest.pop("data", None)
    if rest:
        data = {**rest, **data} if isinstance(data, Mapping) else {**rest, **({} if data is None else {"data": data})}
    key = str(key or own["key"] or uuid.uuid4())
    body = {"to": to, **own, "data": data, "key": key}
    return Call(NOTIFICATIONS, encoded(body), key)


def addressee(payload: dict[str, Any], user: object, group: object, all: bool | None) -> dict[str, Any]:
    """Whom it is for: what the caller says, else what the payload says, else everybody."""
    said = {name: given for name, given in (("user", user), ("group", group), ("all", all or None)) if given is not None}
    if len(said) > 1:
        raise ValueError(f"a notification has one addressee, not {' and '.join(said)}")
    if said:
        return said
    to, person, people = payload.pop("to", None), payload.pop("user", None), payload.pop("group", None)
    person = payload.pop("user_id", None) if person is None else person
    if isinstance(to, Mapping):
        return dict(to)
    if person is not None:
        return {"user": person}
    return {"all": True} if people is None else {"group": people}


def change(room_or_event: str, reason: str, id: object = "*", data: Any = None, key: str | None = None, room: str | None = None) -> Call:
    """A change in a room, or an event by its full name. The key makes a second try harmless."""
    event = f"{room_or_event}:changed" if room_or_event in ROOMS else room_or_event
    if room_or_event.startswith("import:"):
        event, room = "imports:changed", room or room_or_event
    key = key or str(uuid.uuid4())
    body = {"event": event, "reason": str(reason), "id": str(id), "data": data, "room": room, "key": key}
    return Call(PUBLISH, encoded(body), key)


def encoded(body: Mapping[str, Any]) -> bytes:
    """JSON. Raises `TypeError` or `ValueError` for what is none."""
    given = {name: value for name, value in body.items() if value is not None}
    text = json.dumps(given, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=simple)
    return text.encode("utf-8", "replace")


def simple(value: object) -> Any:
    """What rows of a database are made of, beyond what JSON knows."""
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, (uuid.UUID, Decimal)):
        return str(value)
    if isinstance(value, (set, frozenset)):
        return list(value)
    raise TypeError(f"{type(value).__name__} is nothing that JSON knows: turn it into text, a number, a list or a dict")
