"""What the log says of an outage, by a clock of the test's own."""

from __future__ import annotations

import pytest

from progress_backend.store.outage_log import OneAMinute, Outage, fault


@pytest.fixture
def clock() -> list[float]:
    return [0.0]


@pytest.fixture
def outage(clock: list[float]) -> Outage:
    return Outage(lambda: clock[0])


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records]


def test_one_line_a_minute_goes_through(clock: list[float]) -> None:
    line = OneAMinute(lambda: clock[0])
    passed = []
    for clock[0] in range(150):
        if line.passes():
            passed.append(clock[0])
    assert passed == [0, 60, 120]


def test_each_part_is_heard_once_and_all_together_once_a_minute(
    outage: Outage, clock: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    for clock[0] in range(200):
        for part in ("lease", "sender", "listener"):
            outage.away(part, f"{part} at {clock[0]}")
    assert said(caplog) == ["lease at 0", "sender at 60", "listener at 120"]


def test_the_store_is_said_to_answer_once_all_that_spoke_have_an_answer(
    outage: Outage, clock: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    outage.away("lease", "away")
    outage.away("sender", "unsaid")
    outage.back("sender")
    assert said(caplog) == ["away"]
    outage.back("lease")
    assert said(caplog)[1:] == ["the progress store answers again"]
    outage.back("lease")
    assert len(said(caplog)) == 2


def test_a_new_outage_is_said_at_once_and_the_one_that_lasts_is_not_said_again(
    outage: Outage, clock: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    for clock[0] in (0, 1, 2):
        outage.away("sender", "first")
        outage.away("lease", "the first, too")
    outage.back("sender")
    outage.away("sender", "still the first: the lease has had no answer")
    outage.back("lease")
    outage.back("sender")
    for clock[0] in (10, 11, 12):
        outage.away("lease", "second")
        outage.away("sender", "the second, too")
    assert said(caplog) == ["first", "the progress store answers again", "second"]


def test_a_store_that_comes_and_goes_is_said_three_times_a_minute(
    outage: Outage, clock: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    for clock[0] in range(120):
        outage.away("sender", "away")
        outage.back("sender")
    assert said(caplog) == ["away", "the progress store answers again"] * 6


def test_what_stops_nothing_is_a_line_a_minute_with_its_cause(
    caplog: pytest.LogCaptureFixture,
) -> None:
    for task_id in "ab":
        try:
            try:
                raise OSError("no route")
            except OSError as error:
                raise ValueError("no answer") from error
        except ValueError as error:
            fault("not recorded", error, task_id)
            fault("not asked", error)
    because = "ValueError: no answer, because of OSError: no route"
    assert said(caplog) == [f"not recorded: a: {because}", f"not asked: {because}"]
