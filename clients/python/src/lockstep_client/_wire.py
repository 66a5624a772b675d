"""One HTTP request, by a thread or by a task; over TCP or a unix socket."""

from __future__ import annotations

# Not for us: looking up a host imports it at the first request, which a thread makes. Whoever forks meanwhile has a child in which that
# import never ends, and with it no request.
import encodings.idna  # noqa: F401
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import httpx

from . import _answers

# How long a server on this or a near machine may take to accept. Longer only hides that it is away.
CONNECT_S = 3.0

# Set while a request of ours is under way, in its thread or task: what HTTP libraries log meanwhile is about us, and shipping it would
# make the next request.
_busy: ContextVar[bool] = ContextVar("lockstep_client_busy", default=False)


def busy() -> bool:
    """Whether this thread or task is in the middle of a request of ours."""
    return _busy.get()


@contextmanager
def request() -> Iterator[None]:
    token = _busy.set(True)
    try:
        yield
    finally:
        _busy.reset(token)


@dataclass(frozen=True)
class Address:
    """Where the server is: the URL that requests name, and the socket file they go through, if any."""

    base: str
    socket: str | None

    @classmethod
    def parse(cls, url: str) -> Address:
        """Reads `http://host:port`, `https://…` or `unix:/path/server.sock`.

        Raises `ValueError` that says what it should look like.
        """
        if url.startswith("unix:"):
            path = "/" + url.removeprefix("unix:").lstrip("/")
            if path == "/":
                raise ValueError(f"`{url}` names no socket: write unix:/path/server.sock")
            return cls("http://lockstep", path)
        parsed = httpx.URL(url)
        if parsed.scheme not in ("http", "https") or not parsed.host:
            raise ValueError(f"`{url}` is no address of a server: write http://host:port, https://host or unix:/path/server.sock")
        return cls(url.rstrip("/"), None)

    def __str__(self) -> str:
        return f"unix:{self.socket}" if self.socket else self.base


@dataclass(frozen=True)
class Access:
    """All that a request needs besides its content."""

    address: Address
    key: str | None = field(repr=False)
    verify: ssl.SSLContext | bool

    def options(self) -> dict[str, Any]:
        # Proxies of the environment are for the outside; whoever names a server means that very one.
        headers = {"content-type": "application/json", "accept-language": "en", "user-agent": "lockstep-client"}
        if self.key:
            headers["authorization"] = f"Bearer {self.key}"
        return {"base_url": self.address.base, "headers": headers, "trust_env": False, "follow_redirects": False}


def patience(timeout: float) -> httpx.Timeout:
    return httpx.Timeout(timeout, connect=min(CONNECT_S, timeout), pool=timeout)


def transport(access: Access) -> dict[str, Any]:
    # Certificates are read from the disk, which takes its time: only where they are looked at.
    verify = access.verify if access.address.base.startswith("https:") else False
    return {"uds": access.address.socket, "verify": verify, "trust_env": False}


class Wire:
    """Requests by threads, as many as like."""

    def __init__(self, access: Access) -> None:
        self._address = access.address
        self._client = httpx.Client(transport=httpx.HTTPTransport(**transport(access)), **access.options())

    def post(self, path: str, body: bytes, timeout: float) -> Any:
        """The answer. Raises `LockstepUnavailable` or `LockstepRefused`."""
        with request():
            try:
                response = self._client.post(path, content=body, timeout=patience(timeout))
            except httpx.HTTPError as error:
                raise _answers.unreachable(error, str(self._address)) from error
        return _answers.value(response, path, str(self._address))

    def close(self) -> None:
        self._client.close()


class AsyncWire:
    """Requests by tasks of one event loop."""

    def __init__(self, access: Access) -> None:
        self._address = access.address
        self._client = httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(**transport(access)), **access.options())

    async def post(self, path: str, body: bytes, timeout: float) -> Any:
        """The answer. Raises `LockstepUnavailable` or `LockstepRefused`."""
        with request():
            try:
                response = await self._client.post(path, content=body, timeout=patience(timeout))
            except httpx.HTTPError as error:
                raise _answers.unreachable(error, str(self._address)) from error
        return _answers.value(response, path, str(self._address))

    async def close(self) -> None:
        await self._client.aclose()
