"""Python's own logging on the page of logs."""

from __future__ import annotations

import logging
import logging.config
from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest

import lockstep_client
from house import LIMIT, Server
from lockstep_client import Lockstep, LockstepHandler, configure


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    """One that nobody else has, and that says all."""
    own = logging.getLogger(f"shop.{uuid4()}")
    own.setLevel(logging.DEBUG)
    yield own
    own.handlers.clear()


def test_a_record_becomes_a_line_of_its_logger(server: Server, client: Lockstep, logger: logging.Logger) -> None:
    logger.addHandler(LockstepHandler(client))

    logger.warning("row %d has no price", 17, extra={"sheet": "goods"})

    (line,) = server.arrived(1, source=logger.name)
    assert (line["message"], line["level"], line["type"]) == ("row 17 has no price", "warning", "info")
    assert (line["metadata"]["sheet"], line["metadata"]["function"]) == ("goods", "test_a_record_becomes_a_line_of_its_logger")
    assert line["metadata"]["at"].startswith("test_logging.py:")


LEVELS = [(5, "debug"), (10, "debug"), (20, "info"), (25, "info"), (30, "warning"), (40, "error"), (50, "critical"), (60, "critical")]


@pytest.mark.parametrize(("number", "level"), LEVELS)
def test_levels_are_those_below(server: Server, client: Lockstep, logger: logging.Logger, number: int, level: str) -> None:
    logger.setLevel(1)
    logger.addHandler(LockstepHandler(client))

    logger.log(number, "a record")

    assert server.arrived(1, source=logger.name)[0]["level"] == level


def test_an_exception_is_in_the_metadata_and_of_a_long_one_the_end(server: Server, client: Lockstep, logger: logging.Logger) -> None:
    logger.addHandler(LockstepHandler(client))

    def fall(depth: int) -> None:
        if depth == 0:
            raise KeyError("price " + "x" * 6000 + " at the very bottom")
        fall(depth - 1)

    for depth in (1, 200):
        try:
            fall(depth)
        except KeyError:
            logger.exception("cannot go on")

    for line in server.arrived(2, source=logger.name):
        assert (line["message"], line["level"], line["type"]) == ("cannot go on", "error", "error")
        assert line["metadata"]["exception"].endswith(" at the very bottom'")


def test_what_is_said_while_sending_is_left_out(server: Server, client: Lockstep) -> None:
    own = [logging.getLogger(name) for name in ("httpx", "httpcore", "lockstep_client")]
    handler = LockstepHandler(client)
    for logger in own:
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
    try:
        client.log("one")
        assert client.flush(LIMIT)
        client.emit_change("files", "updated")
        logging.getLogger("lockstep_client").warning("ours")
        assert client.stats().lines.sent == 1 and client.stats().lines.waiting == 0

        # What somebody else asks by the same library is his, and shown.
        with server.http() as http:
            http.get("/healthz")
        assert client.flush(LIMIT)
        assert client.stats().lines.sent > 1
    finally:
        for logger in own:
            logger.removeHandler(handler)
            logger.setLevel(logging.NOTSET)


def test_a_configuration_names_the_handler_and_finds_the_configured_client(server: Server) -> None:
    source = f"shop.{uuid4()}"
    configure(server.url, server.key)
    handlers = {"lockstep": {"class": "lockstep_client.LockstepHandler", "level": "INFO", "type": "scan"}}
    loggers = {source: {"handlers": ["lockstep"], "level": "DEBUG"}}
    logging.config.dictConfig({"version": 1, "disable_existing_loggers": False, "handlers": handlers, "loggers": loggers})

    logging.getLogger(source).debug("below the level")
    logging.getLogger(source).info("above it")

    assert lockstep_client.flush(LIMIT)
    (line,) = server.arrived(1, source=source)
    assert (line["message"], line["type"]) == ("above it", "scan")
    logging.getLogger(source).handlers.clear()


def test_a_formatter_writes_the_message(server: Server, client: Lockstep, logger: logging.Logger) -> None:
    handler = LockstepHandler(client)
    handler.setFormatter(logging.Formatter("%(levelname)s: %(message)s"))
    logger.addHandler(handler)

    logger.info("formatted")

    assert server.arrived(1, source=logger.name)[0]["message"] == "INFO: formatted"


def test_a_record_that_cannot_be_formatted_raises_nothing(client: Lockstep, capsys: pytest.CaptureFixture[str]) -> None:
    # Not by a logger: the test runner listens there, and raises what ours must not.
    record = logging.makeLogRecord({"msg": "two %s %s", "args": ("words",)})

    LockstepHandler(client).handle(record)

    assert "not enough arguments" in capsys.readouterr().err
    assert client.stats().lines.waiting == 0


def test_the_http_library_is_the_one_that_logs() -> None:
    """If httpx stops logging its requests, the test above proves nothing any more."""
    heard: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.addFilter(heard.append)  # type: ignore[arg-type]
    logger = logging.getLogger("httpx")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    with httpx.Client(transport=httpx.MockTransport(lambda request: httpx.Response(200))) as http:
        http.get("http://lockstep/")
    logger.removeHandler(handler)
    logger.setLevel(logging.NOTSET)

    assert heard
