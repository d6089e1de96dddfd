"""What the log says of an outage, by a clock of the test's own."""

import pytest

from progress_backend.store.outage_log import OneAMinute, Outage, fault

AGAIN = "the progress store answers again"


@pytest.fixture
def clock() -> list[float]:
    return [0.0]


@pytest.fixture
def outage(clock: list[float]) -> Outage:
    return Outage(lambda: clock[0])


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records]


def test_one_line_a_minute_goes_through(clock: list[float]) -> None:
    line = OneAMinute(lambda: clock[0])
    passed = []
    for clock[0] in range(150):
        if line.passes():
            passed.append(clock[0])
    assert passed == [0, 60, 120]


def test_an_outage_is_logged_once_a_minute_whatever_parts_notice_it(
    outage: Outage, clock: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    for clock[0] in range(200):
        for part in ("lease", "sender", "listener"):
            outage.away(part, f"{part} at {clock[0]}")
    for part in ("sender", "listener", "lease", "lease"):
        outage.back(part)
    assert logged(caplog) == ["lease at 0", "sender at 60", "lease at 120", "sender at 180", AGAIN]


def test_a_store_that_comes_and_goes_is_logged_once_a_minute(
    outage: Outage, clock: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    for clock[0] in range(120):
        outage.away("sender", "away")
        outage.back("sender")
    assert logged(caplog) == ["away", AGAIN] * 2


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
    assert logged(caplog) == [f"not recorded: a: {because}", f"not asked: {because}"]
