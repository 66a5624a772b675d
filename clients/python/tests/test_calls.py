"""Notifications and changes: what comes of them, and what is said when nothing does."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

import lockstep_client
from house import LIMIT, Server, eventually, heard
from lockstep_client import AsyncLockstep, Lockstep, LockstepError, LockstepRefused, configure


def test_a_notification_is_on_the_persons_page(server: Server, client: Lockstep) -> None:
    with server.page() as page:
        answer = client.send_notification({"type": "scan_complete", "message": "Готово", "status": "success", "found": 3}, user="anna")

        notice = heard(page, "scan_complete")
    assert answer == {"id": notice["id"], "recipients": 1}
    assert (notice["message"], notice["status"], notice["data"]) == ("Готово", "success", {"found": 3})


def test_an_alert_reaches_a_person_by_number(server: Server, client: Lockstep) -> None:
    with server.page() as page:
        client.send_alert_notification(user_id=1, alert_data={"severity": "high", "title": "High CPU usage"})

        assert heard(page, "alert")["data"] == {"severity": "high", "title": "High CPU usage"}


@pytest.mark.parametrize("payload", [{}, {"user_id": 1}, {"user": "anna"}, {"to": {"user": "anna"}}])
def test_a_payload_says_whom_it_is_for_or_all_are_told(server: Server, client: Lockstep, payload: dict[str, object]) -> None:
    kind = f"test-{uuid4()}"
    with server.page() as page:
        assert client.send_notification({"type": kind, **payload})["recipients"] == 1

        assert heard(page, kind)["data"] == {}


def test_a_notification_in_the_background_arrives_without_being_waited_for(server: Server, client: Lockstep) -> None:
    kind = f"test-{uuid4()}"
    with server.page() as page:
        assert client.send_notification({"type": kind}, background=True) == {}

        heard(page, kind)
    assert client.flush(LIMIT)
    assert client.stats().background.sent == 1


def test_who_is_told_twice_under_a_key_has_one_notice(server: Server, client: Lockstep) -> None:
    kind = f"test-{uuid4()}"
    with server.page() as page:
        client.send_notification({"type": kind}, user="anna", key=kind)
        client.send_notification({"type": kind}, user="anna", key=kind)

        first, second = heard(page, kind), heard(page, kind)
    assert (first["id"], second["count"]) == (second["id"], 2)


def test_there_is_one_addressee(client: Lockstep) -> None:
    with pytest.raises(ValueError, match="one addressee, not user and group"):
        client.send_notification({"type": "alert"}, user=1, group="Editors")


def test_a_change_is_in_the_room(server: Server, client: Lockstep) -> None:
    id = str(uuid4())

    answer = client.emit_change("files", "updated", id, {"name": "a.pdf"})

    (change,) = server.changes(id)
    assert (change["event"], change["reason"], change["seq"]) == ("files:changed", "updated", answer["seq"])
    assert change["data"] == {"name": "a.pdf"} and not answer["duplicate"]


def test_an_event_goes_by_its_own_name_to_the_room_that_is_named(server: Server, client: Lockstep) -> None:
    id = str(uuid4())

    client.emit_change("stock:low", "updated", id, room="files")

    (change,) = server.changes(id)
    assert (change["event"], change["scope"]) == ("stock:low", "room:files")


def test_the_same_key_is_published_once(server: Server, client: Lockstep) -> None:
    id = str(uuid4())

    first = client.emit_change("files", "updated", id, key=f"nightly-{id}")
    again = client.emit_change("files", "updated", id, key=f"nightly-{id}")

    assert (first["duplicate"], again["duplicate"], first["seq"]) == (False, True, again["seq"])
    assert len(server.changes(id)) == 1


def test_a_refusal_names_the_code_and_the_fields(client: Lockstep) -> None:
    with pytest.raises(LockstepRefused) as refused:
        client.send_notification({"type": "Not A Type", "message": "x" * 2000}, user="anna")

    assert (refused.value.status, refused.value.code, set(refused.value.fields)) == (422, "invalid", {"type", "message"})
    assert "type: " in str(refused.value)
    with pytest.raises(LockstepRefused) as refused:
        client.emit_change("notification", "updated")
    assert refused.value.code == "bad_event"


def test_a_key_without_the_scope_is_told_which(server: Server) -> None:
    with Lockstep(server.url, server.make_key(f"only-logs-{uuid4()}", "log")) as client:
        with pytest.raises(LockstepRefused, match="lockstep key add NAME --scope notify"):
            client.send_notification({"type": "alert"})
        with pytest.raises(LockstepRefused, match="lockstep key add NAME --scope publish") as refused:
            client.emit_change("files", "updated")
        assert (refused.value.status, refused.value.code) == (403, "forbidden")


@pytest.mark.parametrize("key", [None, "wrong"])
def test_without_a_key_one_is_told_how_to_make_one(server: Server, key: str | None) -> None:
    with Lockstep(server.url, key) as client, pytest.raises(LockstepRefused, match="--scope publish` and give it as key=… or LOCKSTEP_KEY"):
        client.emit_change("files", "updated")


def test_what_is_no_json_is_said_at_once(client: Lockstep) -> None:
    with pytest.raises(TypeError, match="object is nothing that JSON knows"):
        client.emit_change("files", "updated", data=object(), background=True)


def test_a_closed_client_says_so(server: Server) -> None:
    client = Lockstep(server.url, server.key)
    client.close()
    client.close()

    client.log("too late")

    assert client.stats().lines.lost == 1
    with pytest.raises(LockstepError, match="closed"):
        client.emit_change("files", "updated")


def test_event_loops_call_the_module_too(server: Server) -> None:
    configure(server.url, server.key)
    id = str(uuid4())
    with server.page() as page:

        async def call() -> None:
            await lockstep_client.aemit_change("files", "added", id)
            await lockstep_client.asend_notification({"type": "scan_complete", "message": id, "status": "success"})
            await lockstep_client.asend_alert_notification(user_id="anna", alert_data={"id": id})

        asyncio.run(call())
        assert heard(page, "scan_complete")["message"] == id
        assert heard(page, "alert")["data"] == {"id": id}
    assert len(server.changes(id)) == 1


def test_threads_call_the_module_too(server: Server) -> None:
    configure(server.url, server.key)
    kind = f"test-{uuid4()}"
    with server.page() as page:
        lockstep_client.send_notification({"type": kind})
        lockstep_client.send_alert_notification(user_id=1, alert_data={"id": kind})

        heard(page, kind)
        assert heard(page, "alert")["data"] == {"id": kind}
    lockstep_client.emit_change("files", "deleted", kind)
    assert server.changes(kind)


def test_the_asynchronous_client_does_the_same_in_its_loop(server: Server) -> None:
    source = str(uuid4())

    async def work() -> None:
        async with AsyncLockstep(server.url, server.key, source=source) as client:
            client.log("first", "scan")
            await client.alog("second", "scan")
            await asyncio.to_thread(client.log, "from a thread", "scan")
            assert (await client.send_notification({"type": source}, user="anna"))["recipients"] == 1
            assert (await client.emit_change("files", "updated", source))["duplicate"] is False
            await client.send_alert_notification(1, {"id": source}, background=True)
            assert await client.flush(LIMIT)
            assert (client.stats().lines.sent, client.stats().background.sent) == (3, 1)
            client.log("at the end", "scan")

    with server.page() as page:
        asyncio.run(work())
        heard(page, source)
        assert heard(page, "alert")["data"] == {"id": source}
    assert [line["message"] for line in server.arrived(4, source=source)] == ["first", "second", "from a thread", "at the end"]
    assert eventually("the change", lambda: server.changes(source))


def test_the_asynchronous_client_goes_on_in_another_loop(server: Server) -> None:
    source = str(uuid4())
    client = AsyncLockstep(server.url, server.key, source=source)

    async def one(message: str) -> None:
        client.log(message)
        assert await client.flush(LIMIT)

    client.log("before any loop")
    asyncio.run(one("first loop"))
    asyncio.run(one("second loop"))
    asyncio.run(client.close())

    assert [line["message"] for line in server.arrived(3, source=source)] == ["before any loop", "first loop", "second loop"]
