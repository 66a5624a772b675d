"""A server that is away, slow, killed, or lost behind a bad connection."""

from __future__ import annotations

import asyncio
import logging
import socket
from pathlib import Path
from uuid import uuid4

import pytest

from house import LIMIT, Server, eventually
from lockstep_client import AsyncLockstep, Lockstep, LockstepUnavailable
from relay import Relay


@pytest.fixture
def nobody() -> str:
    """An address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_lines_are_taken_while_the_server_is_away_and_sent_when_it_is_back(mortal: Server) -> None:
    with Lockstep(mortal.url, mortal.key, source="backend") as client:
        client.log("before")
        assert mortal.arrived(1, source="backend")
        mortal.kill()

        for number in range(3000):
            client.log(f"meanwhile {number}")
        assert client.stats().lines.waiting == 3000
        assert eventually("a try", lambda: client.stats().last_error)
        mortal.start()
        assert client.flush(LIMIT)

        assert client.stats().lines.sent == 3001
        assert client.stats().last_error is None
    lines = eventually("all lines", lambda: found if (found := all_lines(mortal)) and len(found) == 3001 else None)
    assert lines == ["before", *(f"meanwhile {number}" for number in range(3000))]


def all_lines(server: Server) -> list[str]:
    """Page by page: more than one answer holds."""
    page = server.get("/api/logs", limit=1000, source="backend")
    lines = page["items"]
    while page["items"] and page["before"]:
        page = server.get("/api/logs", limit=1000, source="backend", before=page["before"])
        lines = page["items"] + lines
    return [line["message"] for line in lines]


def test_a_server_that_hangs_holds_up_nobody_who_writes(mortal: Server) -> None:
    with Lockstep(mortal.url, mortal.key, queue=100_000, exit_timeout=LIMIT) as client:
        mortal.stop()

        for number in range(20_000):
            client.log(f"line {number}")
        waiting = client.stats().lines
        mortal.go_on()

        assert (waiting.waiting, waiting.sent) == (20_000, 0)
        assert client.flush(LIMIT)
        assert client.stats().lines.sent == 20_000


def test_of_more_lines_than_may_wait_the_oldest_are_lost_and_a_line_says_how_many(mortal: Server) -> None:
    with Lockstep(mortal.url, mortal.key, source="backend", queue=500) as client:
        mortal.kill()
        for number in range(2000):
            client.log(f"line {number}")
        lost = client.stats().lines.lost
        mortal.start()
        assert client.flush(LIMIT)

        stats = client.stats().lines
        assert stats.lost == lost and stats.sent == 2000 - lost and stats.waiting == 0
        assert 1200 <= lost <= 1500
    lines = [line["message"] for line in mortal.arrived(2000 - lost, source="backend")]
    assert lines[-500:] == [f"line {number}" for number in range(1500, 2000)]
    said = [line for line in mortal.lines(source="lockstep_client") if "missing here" in line["message"]]
    assert sum(line["metadata"]["lost"] for line in said) == lost


def test_the_asynchronous_client_waits_for_a_server_that_is_away_without_holding_up_its_loop(mortal: Server) -> None:
    async def work() -> None:
        async with AsyncLockstep(mortal.url, mortal.key, source="backend") as client:
            mortal.kill()
            for number in range(600):
                client.log(f"line {number}")
                await asyncio.sleep(0)
            while not client.stats().last_error:
                await asyncio.sleep(0.01)
            assert client.stats().lines.waiting == 600
            await asyncio.to_thread(mortal.start)
            assert await client.flush(LIMIT)

    asyncio.run(work())
    assert len(mortal.arrived(600, source="backend")) == 600


def test_a_call_to_nobody_says_so_and_where(nobody: str) -> None:
    with Lockstep(nobody, "key", timeout=0.3) as client, pytest.raises(LockstepUnavailable, match="Is it running") as error:
        client.emit_change("files", "updated")

    assert nobody in str(error.value) and not error.value.in_doubt


def test_a_socket_that_is_not_there_is_named(tmp_path: Path) -> None:
    with Lockstep(f"unix:{tmp_path}/no.sock", "key", timeout=0.3) as client, pytest.raises(LockstepUnavailable, match=r"unix:/.*/no\.sock"):
        client.send_notification({"type": "alert"})


def test_a_call_to_a_server_that_hangs_ends_in_time_and_in_doubt(mortal: Server) -> None:
    with Lockstep(mortal.url, mortal.key) as client:
        mortal.stop()
        with pytest.raises(LockstepUnavailable, match="did not answer in time") as error:
            client.emit_change("files", "updated", timeout=0.5)
        mortal.go_on()

    assert error.value.in_doubt


def test_a_call_waits_for_a_server_that_comes_back_in_time(mortal: Server) -> None:
    with Lockstep(mortal.url, mortal.key, timeout=LIMIT) as client:
        mortal.kill()
        client.emit_change("files", "updated", "in the background", background=True)
        assert eventually("a try", lambda: client.stats().last_error)
        mortal.start()

        assert client.emit_change("files", "updated", "in front")["duplicate"] is False
        assert client.flush(LIMIT)
    assert mortal.changes("in the background") and mortal.changes("in front")


def test_a_change_whose_answers_get_lost_is_published_once(server: Server, relay: Relay) -> None:
    id = str(uuid4())
    with Lockstep(relay.url, server.key, timeout=LIMIT) as client:
        relay.swallow = 3
        answer = client.emit_change("files", "updated", id)

    (change,) = server.changes(id)
    assert (answer["duplicate"], answer["seq"]) == (True, change["seq"])


def test_a_change_in_the_background_whose_answers_get_lost_is_published_once(server: Server, relay: Relay) -> None:
    id = str(uuid4())
    with Lockstep(relay.url, server.key) as client:
        relay.swallow = 2
        client.emit_change("files", "updated", id, background=True)
        assert client.flush(LIMIT)
        assert client.stats().background.sent == 1

    assert len(server.changes(id)) == 1


def test_a_notification_whose_answer_got_lost_is_one_notice(server: Server, relay: Relay) -> None:
    kind = f"test-{uuid4()}"
    with Lockstep(relay.url, server.key, timeout=LIMIT) as client:
        relay.swallow = 1
        client.send_notification({"type": kind}, user="anna")

    with server.person() as person:
        (notice,) = person.get("/api/notifications", params={"type": kind}).json()["items"]
    assert notice["count"] == 2


def test_a_line_whose_answer_got_lost_has_the_same_id_each_time(server: Server, relay: Relay) -> None:
    source = str(uuid4())
    with Lockstep(relay.url, server.key, source=source) as client:
        relay.swallow = 1
        client.log("once or twice")
        assert client.flush(LIMIT)

    assert len({line["id"] for line in server.arrived(2, source=source)}) == 1


def test_lines_wait_for_a_key_with_the_scope_and_the_program_is_told(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    with Lockstep(server.url, server.make_key(f"no-logs-{uuid4()}", "publish"), exit_timeout=0.1) as client:
        client.log("patience")
        error = eventually("an answer", lambda: client.stats().last_error)

        assert "lockstep key add NAME --scope log" in error
        assert (client.stats().lines.waiting, client.stats().lines.refused) == (1, 0)
        # What needs another scope is not held up.
        client.emit_change("files", "updated", "beside", background=True)
        assert eventually("the change", lambda: client.stats().background.sent)
    first, last = (record.getMessage() for record in caplog.records if record.levelno == logging.WARNING)
    assert "--scope log" in first and last.startswith("1 lost")
    assert client.stats().lines.lost == 1


def test_a_refused_call_in_the_background_is_reported(server: Server, client: Lockstep, caplog: pytest.LogCaptureFixture) -> None:
    client.send_notification({"type": "Not A Type"}, background=True)

    assert client.flush(LIMIT)
    assert client.stats().background.refused == 1
    assert "1 given up" in caplog.text and "invalid" in caplog.text


def test_a_server_that_takes_little_at_once_gets_it_in_pieces(tmp_path: Path) -> None:
    small = Server(tmp_path, "unix", LOCKSTEP__LIMITS__BODY_BYTES="4096").start()
    with Lockstep(small.url, small.key, source="backend") as client:
        for number in range(300):
            client.log(f"line {number}")
        client.log("x" * 5000)
        client.log("the last one")
        assert client.flush(LIMIT)

        assert (client.stats().lines.sent, client.stats().lines.refused) == (301, 1)
    assert [line["message"] for line in small.arrived(301, source="backend")] == [*(f"line {n}" for n in range(300)), "the last one"]
    small.kill()
