from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import lockstep_client
from house import Server
from lockstep_client import Lockstep
from relay import Relay


@pytest.fixture(scope="session", params=["unix", "tcp"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that all share, by either kind of address."""
    running = Server(tmp_path_factory.mktemp(request.param), request.param).start()
    yield running
    running.kill()


@pytest.fixture(params=["unix", "tcp"])
def mortal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    """A server of one's own, to be killed."""
    running = Server(tmp_path, request.param).start()
    yield running
    running.kill()


@pytest.fixture
def relay(server: Server) -> Iterator[Relay]:
    between = Relay(server)
    yield between
    between.close()


@pytest.fixture
def client(server: Server) -> Iterator[Lockstep]:
    with Lockstep(server.url, server.key) as client:
        yield client


@pytest.fixture(autouse=True)
def nothing_configured(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each test finds the module as after its import."""
    monkeypatch.delenv("LOCKSTEP_URL", raising=False)
    monkeypatch.delenv("LOCKSTEP_KEY", raising=False)
    yield
    lockstep_client.close(timeout=0)
