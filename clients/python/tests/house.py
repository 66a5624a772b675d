"""A real Lockstep server for the tests, and what its people see of it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx
from websockets.sync.client import ClientConnection, connect, unix_connect

# How long anything may take. It is for a machine that does much else; whatever takes long is waited for by an event or a question.
LIMIT = 60.0

PASSWORD = "a long password"
SCOPES = ("log", "notify", "publish", "logs.view", "files.view")

Found = TypeVar("Found")


def eventually(what: str, ask: Callable[[], Found | None]) -> Found:
    """Asks until there is an answer that is not nothing."""
    end = time.monotonic() + LIMIT
    while time.monotonic() < end:
        if found := ask():
            return found
        time.sleep(0.02)
    raise AssertionError(f"{what}: not within {LIMIT} s")


class Server:
    """One worker with SQLite, on a port of its own or a unix socket. It can be killed and started again at the same address."""

    def __init__(self, directory: Path, kind: str, **settings: str) -> None:
        self.directory, self.kind = directory, kind
        self._settings = {"LOCKSTEP__LOGS__OWN_LEVEL": "off", **settings}
        self.binary = os.environ.get("LOCKSTEP_BINARY") or ""
        assert self.binary, "LOCKSTEP_BINARY has to name a server, such as target/debug/lockstep"
        self._listen = f"unix:{directory}/server.sock" if kind == "unix" else "127.0.0.1:0"
        self._process: subprocess.Popen[bytes] | None = None
        self._log = directory / "server.txt"
        self._run("user", "add", "anna", "--admin", "--password-stdin", given=PASSWORD)
        self.key = self.make_key("tests", *SCOPES)
        self.url = ""

    def make_key(self, name: str, *scopes: str) -> str:
        return self._run("key", "add", name, *(word for scope in scopes for word in ("--scope", scope)))

    def _environment(self) -> dict[str, str]:
        own = {"DATA_DIR": str(self.directory / "data"), "LISTEN": self._listen}
        return {**os.environ, **self._settings, **{f"LOCKSTEP__SERVER__{name}": value for name, value in own.items()}}

    def _run(self, *arguments: str, given: str = "") -> str:
        done = subprocess.run(
            [self.binary, *arguments], input=given, env=self._environment(), cwd=self.directory,
            capture_output=True, text=True, timeout=LIMIT, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def start(self) -> Server:
        self._log.write_bytes(b"")
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [self.binary, "serve"], env=self._environment(), cwd=self.directory, stdout=log, stderr=subprocess.STDOUT
            )
        self.url = eventually("the server", self._serving)
        # The port that was found is the one it comes back at.
        self._listen = self.url.removeprefix("http://")
        return self

    def _serving(self) -> str | None:
        assert self._process
        assert self._process.poll() is None, self._log.read_text()
        found = re.search(r"serving at (\S+)", self._log.read_text())
        return found and found[1]

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        if self._process:
            self._process.send_signal(how)
            self._process.wait(LIMIT)
            self._process = None

    def stop(self) -> None:
        """Stops answering without ending: connections are accepted by the system, and nothing comes back."""
        assert self._process
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        assert self._process
        self._process.send_signal(signal.SIGCONT)

    @contextmanager
    def http(self) -> Iterator[httpx.Client]:
        socket = self.url.removeprefix("unix:") if self.kind == "unix" else None
        base = "http://lockstep" if socket else self.url
        with httpx.Client(transport=httpx.HTTPTransport(uds=socket), base_url=base, timeout=LIMIT) as client:
            yield client

    def get(self, path: str, **query: Any) -> Any:
        with self.http() as http:
            answer = http.get(path, params=query, headers={"authorization": f"Bearer {self.key}"})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def lines(self, **filters: Any) -> list[dict[str, Any]]:
        """Lines of the database, the oldest first."""
        items: list[dict[str, Any]] = self.get("/api/logs", limit=1000, **filters)["items"]
        return items

    def arrived(self, number: int, **filters: Any) -> list[dict[str, Any]]:
        """Waits for so many lines, and gives all there are."""
        return eventually(f"{number} lines", lambda: found if len(found := self.lines(**filters)) >= number else None)

    def changes(self, id: str) -> list[dict[str, Any]]:
        return [change for change in self.get("/api/changes", limit=200)["items"] if change["id"] == id]

    @contextmanager
    def person(self) -> Iterator[httpx.Client]:
        """What anna asks, signed in."""
        with self.http() as http:
            answer = http.post("/api/login", json={"login": "anna", "password": PASSWORD})
            assert answer.status_code == 200, answer.text
            yield http

    @contextmanager
    def page(self) -> Iterator[ClientConnection]:
        """What anna's page hears of notifications; greeted."""
        with self.person() as http:
            cookie = "; ".join(f"{name}={value}" for name, value in http.cookies.items())
        headers = {"Cookie": cookie}
        if self.kind == "unix":
            socket = unix_connect(self.url.removeprefix("unix:"), "ws://lockstep/ws/notifications/", additional_headers=headers)
        else:
            socket = connect(self.url.replace("http", "ws", 1) + "/ws/notifications/", additional_headers=headers, proxy=None)
        with socket:
            assert json.loads(socket.recv(LIMIT))["type"] == "connection_established"
            yield socket


def heard(page: ClientConnection, kind: str) -> dict[str, Any]:
    """The next notification of a kind."""
    while True:
        message: dict[str, Any] = json.loads(page.recv(LIMIT))
        if message["type"] == kind:
            return message
