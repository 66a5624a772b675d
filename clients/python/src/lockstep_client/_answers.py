"""What an answer means: the value, or an error that names the cure. Knows neither sockets nor threads."""

from __future__ import annotations

from typing import Any

import httpx

from ._errors import LockstepRefused, LockstepUnavailable

# Statuses after which the same request may well succeed. After those in the second list it may have been done already: the one is
# Lockstep's own, the others are said by proxies that lost sight of it.
AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
IN_DOUBT = frozenset({500, 502, 504})

# Nothing of a request has left us before one of these.
BEFORE = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)

SCOPES = {"/api/logs": "log", "/api/notifications": "notify", "/api/publish": "publish"}


def value(response: httpx.Response, path: str, where: str) -> Any:
    """What was answered, as JSON.

    Raises `LockstepUnavailable` or `LockstepRefused`.
    """
    status, error = response.status_code, problem(response)
    if response.is_success:
        return json_of(response)
    code = str(error.get("code") or f"http_{status}")
    message = str(error.get("message") or f"answered with status {status}")
    if status in AGAIN:
        raise LockstepUnavailable(f"Lockstep at {where}: {message} ({code})", in_doubt=status in IN_DOUBT, retry_after=asked_for(response))
    fields = error.get("fields")
    raise LockstepRefused(status, code, cure(response, message, error, path, where), fields if isinstance(fields, dict) else None)


def unreachable(error: httpx.HTTPError, where: str) -> LockstepUnavailable:
    """What it means when there was no answer."""
    why = str(error) or type(error).__name__
    if isinstance(error, BEFORE):
        return LockstepUnavailable(f"Lockstep cannot be reached at {where} ({why}). Is it running, and is LOCKSTEP_URL right?")
    return LockstepUnavailable(f"Lockstep at {where} did not answer in time ({why})", in_doubt=True)


def problem(response: httpx.Response) -> dict[str, Any]:
    body = json_of(response) if not response.is_success else None
    error = body.get("error") if isinstance(body, dict) else None
    return error if isinstance(error, dict) else {}


def json_of(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return None


def asked_for(response: httpx.Response) -> float | None:
    """`Retry-After`, which Lockstep gives in seconds."""
    try:
        return max(0.0, float(response.headers.get("retry-after", "")))
    except ValueError:
        return None


def cure(response: httpx.Response, message: str, error: dict[str, Any], path: str, where: str) -> str:
    scope = SCOPES.get(path, "admin")
    if response.status_code == 401:
        return (
            f"Lockstep at {where} does not know this key: it is missing, mistyped or withdrawn. Make one with "
            f"`lockstep key add NAME --scope {scope}` and give it as key=… or LOCKSTEP_KEY"
        )
    if response.status_code == 403 and error.get("code") == "forbidden":
        params = error.get("params")
        scope = str(params.get("right", scope)) if isinstance(params, dict) else scope
        return f"the key lacks the scope `{scope}`: make one with `lockstep key add NAME --scope {scope}`"
    if response.is_redirect:
        return f"{where} sends us on to {response.headers.get('location')}: give that address as url=… or LOCKSTEP_URL"
    if response.status_code in (404, 405) and not error:
        return f"{where} has no {path}: is this the address of a Lockstep server?"
    return message
