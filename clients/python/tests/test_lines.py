"""Lines on their way to a server that is well."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import uuid4

import pytest

import lockstep_client
from house import LIMIT, Server
from lockstep_client import Lockstep, LogType, configure
from lockstep_client._lines import MAX_MESSAGE, MAX_METADATA


def test_a_line_is_there_with_all_that_was_said(server: Server, client: Lockstep) -> None:
    source = str(uuid4())

    client.log("Читаю каталог", LogType.SCAN, level="WARN", source=source, environment="staging", metadata={"rows": 3})

    (line,) = server.arrived(1, source=source)
    assert (line["message"], line["type"], line["level"]) == ("Читаю каталог", "scan", "warning")
    assert (line["environment"], line["metadata"]) == ("staging", {"rows": 3})


@pytest.mark.parametrize(
    ("logger_name", "kind", "level"), [("scan", "scan", "info"), (LogType.ERROR, "error", "error"), ("DEBUG", "debug", "debug")]
)
def test_the_name_of_a_logger_is_the_type(server: Server, client: Lockstep, logger_name: str, kind: str, level: str) -> None:
    source = str(uuid4())

    client.log("a line", logger_name, source=source)

    (line,) = server.arrived(1, source=source)
    assert (line["type"], line["level"]) == (kind, level)


def test_another_logger_name_says_where_a_line_comes_from(server: Server, client: Lockstep) -> None:
    source = f"parser-{uuid4()}"

    client.log("a line", source)

    assert server.arrived(1, source=source)[0]["type"] == "info"


def test_lines_that_wait_go_in_one_request(server: Server) -> None:
    source, sizes = str(uuid4()), []
    with Lockstep(server.url, server.key, source=source) as client:
        post = client._wire.post

        def counted(path: str, body: bytes, timeout: float) -> Any:
            answer = post(path, body, timeout)
            sizes.append(answer["accepted"])
            return answer

        client._wire.post = counted  # type: ignore[method-assign]
        for number in range(1000):
            client.log(f"line {number}")
        assert client.flush(LIMIT)

    assert sum(sizes) == 1000 and max(sizes) == 256 and len(sizes) < 100, sizes
    assert [line["message"] for line in server.arrived(1000, source=source)] == [f"line {number}" for number in range(1000)]


def test_threads_write_side_by_side_and_each_keeps_its_order(server: Server, client: Lockstep) -> None:
    source = str(uuid4())

    def write(thread: int) -> None:
        for number in range(50):
            client.log(f"{thread}/{number}", source=source)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    messages = [line["message"] for line in server.arrived(800, source=source)]
    assert len(messages) == 800
    for number in range(16):
        assert [message for message in messages if message.startswith(f"{number}/")] == [f"{number}/{n}" for n in range(50)]


ODD: list[Callable[[Lockstep, str], None]] = [
    lambda client, source: client.log("я" * MAX_MESSAGE, source=source),
    lambda client, source: client.log("a\0b\ud800c", source=source),
    lambda client, source: client.log("", source=source),
    lambda client, source: client.log(None, source=source),
    lambda client, source: client.log("loud", level="loud", source=source),
    lambda client, source: client.log("m", source=source, metadata={"long": "x" * MAX_METADATA * 2, "n": float("nan"), "o": object()}),
    lambda client, source: client.log("m", source=source, metadata={"deep": deep(100), "set": {2, 3}}),
    lambda client, source: client.log("m", source=source, environment="two\nlines" + "x" * 200),
    lambda client, source: client.send_log_stream({"message": "m", "source": source, "timestamp": "noon", "level": 7, "type": None}),
    lambda client, source: client.send_log_stream({"message": "m", "source": source, "timestamp": datetime(2099, 1, 1)}),
    lambda client, source: client.send_log_stream({"source": source}),
]


def deep(levels: int) -> Any:
    return {"in": deep(levels - 1)} if levels else {}


@pytest.mark.parametrize("odd", ODD, ids=range(len(ODD)))
def test_whatever_is_written_arrives(server: Server, client: Lockstep, odd: Callable[[Lockstep, str], None]) -> None:
    source = str(uuid4())

    odd(client, source)
    client.log("the one behind it", source=source)

    assert len(server.arrived(2, source=source)) == 2
    assert client.stats().lines.refused == 0


def test_what_cannot_be_written_is_counted_and_nothing_is_raised(client: Lockstep) -> None:
    client.send_log_stream("no mapping")  # type: ignore[arg-type]

    assert client.stats().lines.refused == 1


def test_a_line_as_other_programs_write_it_keeps_its_fields(server: Server, client: Lockstep) -> None:
    source = f"api-{uuid4()}"
    an_hour_ago = datetime.now(timezone.utc) - timedelta(hours=1)

    client.send_log_stream({
        "id": f"log-456-{source}", "timestamp": an_hour_ago.isoformat(), "level": "error", "message": "Database connection failed",
        "source": source, "environment": "production", "pool": 7,
    })  # fmt: skip
    client.notify_log_ingested({"timestamp": an_hour_ago.replace(tzinfo=None).isoformat(), "message": "Crashed", "source": source})

    first, second = server.arrived(2, source=source)
    assert (first["id"], first["level"], first["metadata"]) == (f"log-456-{source}", "error", {"pool": 7})
    assert first["timestamp"] == second["timestamp"] == an_hour_ago.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def test_functions_of_the_module_use_the_configured_client(server: Server) -> None:
    source = str(uuid4())
    configure(server.url, server.key, source=source)

    lockstep_client.log("from a thread", LogType.SCAN)
    asyncio.run(lockstep_client.alog("from a loop", "scan"))
    asyncio.run(lockstep_client.asend_log_stream({"message": "as a mapping"}))
    asyncio.run(lockstep_client.anotify_log_ingested({"message": "as ingested"}))

    assert lockstep_client.flush(LIMIT)
    said = [line["message"] for line in server.arrived(4, source=source)]
    assert said == ["from a thread", "from a loop", "as a mapping", "as ingested"]


def test_functions_of_the_module_find_the_server_in_the_environment(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    source = str(uuid4())
    monkeypatch.setenv("LOCKSTEP_URL", server.url)
    monkeypatch.setenv("LOCKSTEP_KEY", server.key)

    lockstep_client.log("a line", source=source)

    assert server.arrived(1, source=source)


def test_a_wrong_address_in_the_environment_hurts_no_line(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setenv("LOCKSTEP_URL", "lockstep.example.com")

    lockstep_client.log("a line")

    assert "write http://host:port" in caplog.text


def test_a_signal_handler_may_log_whatever_it_interrupts(server: Server) -> None:
    source, over = str(uuid4()), 2000
    heard = 0

    with Lockstep(server.url, server.key, source=source, queue=100_000) as client:

        def handler(number: int, frame: object) -> None:
            nonlocal heard
            heard += 1
            client.log("from the handler")

        before = signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
        for _ in range(over):
            client.log("interrupted")
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)

        assert client.flush(LIMIT)
        assert heard and client.stats().lines.sent == over + heard
