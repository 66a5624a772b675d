"""When what goes: the queue by itself, with a clock that stands still until it is moved."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import pytest

from lockstep_client import LockstepRefused, LockstepUnavailable
from lockstep_client._lane import LINGER_S, MOST_LINES, PAUSES_S, Parcel
from lockstep_client._lines import Ids
from lockstep_client._outbox import REFUSED_S, Outbox

AWAY = LockstepUnavailable("away")


@dataclass
class Clock:
    now: float = 100.0
    calls: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def outbox(clock: Clock) -> Outbox:
    return Outbox(1000, Ids(), clock)


def fill(outbox: Outbox, number: int, first: int = 0) -> None:
    for n in range(first, first + number):
        outbox.line(str(n).encode())


def parcel(outbox: Outbox) -> Parcel:
    step = outbox.next()
    assert isinstance(step, Parcel), step
    return step


def wait(outbox: Outbox) -> float:
    step = outbox.next()
    assert isinstance(step, float), step
    return step


def test_a_line_waits_a_moment_for_company(outbox: Outbox, clock: Clock) -> None:
    assert wait(outbox) == float("inf")
    fill(outbox, 1)
    assert wait(outbox) == pytest.approx(LINGER_S)

    clock.now += LINGER_S

    assert parcel(outbox).body == b"[0]"


def test_as_many_as_fit_into_a_request_go_at_once(outbox: Outbox) -> None:
    fill(outbox, MOST_LINES + 1)

    assert len(parcel(outbox).items) == MOST_LINES


def test_there_is_one_parcel_on_its_way(outbox: Outbox) -> None:
    fill(outbox, 2 * MOST_LINES)

    first = parcel(outbox)
    assert wait(outbox) == float("inf")
    outbox.done(first)

    assert parcel(outbox).items[0].body == str(MOST_LINES).encode()


def test_a_call_goes_at_once_whatever_is_the_matter_with_lines(outbox: Outbox) -> None:
    fill(outbox, MOST_LINES)
    outbox.failed(parcel(outbox), AWAY)

    outbox.call("/api/publish", b"{}")

    assert parcel(outbox).body == b"{}"


def test_pauses_grow_to_their_limit_and_end_with_success(outbox: Outbox, clock: Clock) -> None:
    fill(outbox, 1)
    clock.now += LINGER_S
    longest = 0.0
    for tries in range(12):
        outbox.failed(parcel(outbox), AWAY)
        pause = wait(outbox)
        assert min(PAUSES_S[0] * 2**tries, PAUSES_S[1]) / 2 <= pause <= min(PAUSES_S[0] * 2**tries, PAUSES_S[1])
        longest = max(longest, pause)
        clock.now += pause
    outbox.done(parcel(outbox))

    fill(outbox, 1)
    clock.now += LINGER_S
    outbox.failed(parcel(outbox), AWAY)

    assert wait(outbox) <= PAUSES_S[0] < longest


def test_the_server_says_when_to_come_again(outbox: Outbox, clock: Clock) -> None:
    fill(outbox, MOST_LINES)

    outbox.failed(parcel(outbox), LockstepUnavailable("too much", retry_after=7))

    assert wait(outbox) == pytest.approx(7)


def test_a_flush_waits_for_neither_company_nor_pauses(outbox: Outbox) -> None:
    over: list[bool] = []
    fill(outbox, 1)

    outbox.flush(lambda: over.append(True))
    outbox.failed(parcel(outbox), AWAY)
    assert wait(outbox) > 0
    outbox.flush(lambda: over.append(True))
    sent = parcel(outbox)
    fill(outbox, 1, first=1)
    assert not over
    outbox.done(sent)

    assert over == [True, True]
    assert wait(outbox) == pytest.approx(LINGER_S)


def test_a_flush_of_nothing_is_over(outbox: Outbox) -> None:
    over: list[bool] = []

    outbox.flush(lambda: over.append(True))

    assert over


def test_a_full_queue_loses_the_oldest_and_says_so_in_their_place(outbox: Outbox) -> None:
    fill(outbox, MOST_LINES)
    before = parcel(outbox)
    fill(outbox, 1003, first=MOST_LINES)

    assert outbox.stats().lines.lost == 3
    outbox.done(before)
    note, first, *_ = json.loads(parcel(outbox).body)
    assert note["metadata"] == {"lost": 3} and first == MOST_LINES + 3


def test_lines_that_the_server_names_are_given_up_and_the_others_go(outbox: Outbox) -> None:
    fill(outbox, MOST_LINES)

    outbox.failed(parcel(outbox), LockstepRefused(422, "invalid", "wrong", {"0.level": {}, "255.message": {}}))

    assert [item.body for item in parcel(outbox).items] == [str(n).encode() for n in range(1, 255)]
    assert outbox.stats().lines.refused == 2


def test_a_parcel_that_is_refused_as_a_whole_is_searched_for_the_one_line(outbox: Outbox) -> None:
    fill(outbox, MOST_LINES)
    outbox.flush(lambda: None)
    requests = 0
    while isinstance(step := outbox.next(), Parcel):
        requests += 1
        if any(item.body == b"77" for item in step.items):
            outbox.failed(step, LockstepRefused(413, "too_large", "too large"))
        else:
            outbox.done(step)

    assert (outbox.stats().lines.sent, outbox.stats().lines.refused) == (MOST_LINES - 1, 1)
    assert requests < 60


def test_lines_wait_long_for_a_better_key_and_calls_do_not(outbox: Outbox) -> None:
    refusal = LockstepRefused(403, "forbidden", "no scope")
    fill(outbox, MOST_LINES)
    outbox.failed(parcel(outbox), refusal)
    outbox.call("/api/publish", b"{}")
    outbox.failed(parcel(outbox), refusal)

    assert wait(outbox) == pytest.approx(REFUSED_S)
    assert (outbox.stats().lines.waiting, outbox.stats().background.refused) == (MOST_LINES, 1)


def test_all_that_was_ever_written_is_counted_somewhere(outbox: Outbox) -> None:
    fill(outbox, 2000)
    outbox.done(parcel(outbox))
    outbox.failed(parcel(outbox), LockstepRefused(422, "invalid", "wrong", {"5.message": {}}))
    parcel(outbox)
    outbox.recall()
    fill(outbox, 500)
    outbox.end()
    fill(outbox, 1)

    lines = outbox.stats().lines
    assert outbox.next() is None
    assert lines.waiting == 0 and lines.sent + lines.lost + lines.refused == 2501
