"""What each event writes into a record, besides the status."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from progress_backend.record import default_texts
from progress_backend.record import events as ev
from progress_backend.record.default_texts import LOCALES, text
from progress_backend.record.model import Member, Task, Worker
from progress_backend.record.transition import transition
from tests.strategies import NOW

IDENTITY = ev.Identity(
    task_type="fetch_data",
    total_items=10,
    symbol="7203.T",
    metadata={"period": "1y"},
    parent_id="parent",
    root_id="root",
    group_id="group",
)
OURS = Worker("lease-1", "celery@one")


def at(seconds: float):
    return NOW + timedelta(seconds=seconds)


def after(task: Task | None, *happened: ev.Event, seconds: float = 0, locale="ja") -> Task:
    for event in happened:
        task = transition(task, event, at(seconds), task_id="t", locale=locale)
    assert task is not None
    return task


@pytest.fixture
def running() -> Task:
    return after(None, ev.Created(identity=IDENTITY), ev.Started(identity=IDENTITY, worker=OURS))


def test_created_takes_the_identity() -> None:
    task = after(None, ev.Created(identity=IDENTITY))
    assert task == Task(
        "t",
        "fetch_data",
        10,
        "7203.T",
        {"period": "1y"},
        created_at=NOW,
        updated_at=NOW,
        parent_id="parent",
        root_id="root",
        group_id="group",
    )


def test_created_keeps_no_hold_on_the_callers_metadata() -> None:
    metadata = {"a": 1}
    task = after(None, ev.Created(identity=IDENTITY._replace(metadata=metadata)))
    metadata["a"] = 2
    assert task.metadata == {"a": 1}


def test_names_are_made_fit_for_keys() -> None:
    task = after(None, ev.Created(identity=ev.Identity(task_type="a\ud800", symbol="\udfffb")))
    assert (task.task_type, task.symbol) == ("a?", "?b")


def test_started_makes_a_missing_record() -> None:
    task = after(None, ev.Started(identity=IDENTITY, worker=OURS))
    assert (task.created_at, task.started_at, task.attempt) == (NOW, NOW, 1)
    assert (task.task_type, task.symbol, task.worker) == ("fetch_data", "7203.T", OURS)


def test_started_keeps_what_the_record_was_created_with(running) -> None:
    other = ev.Identity(task_type="other", symbol="other", total_items=99, parent_id="other")
    task = after(running, ev.Started(identity=other), seconds=5)
    assert (task.task_type, task.symbol, task.total_items) == ("fetch_data", "7203.T", 10)
    assert task.parent_id == "parent"


def test_started_again_begins_from_nothing_but_the_first_start(running) -> None:
    task = after(
        running,
        ev.Progressed(current=5, details={"a": 1}, results={"b": 2}),
        ev.Failed(error_message="why"),
        seconds=3,
    )
    task = after(task, ev.Started(identity=IDENTITY, retries=2, redelivered=True), seconds=9)
    assert (task.current_items, task.results, task.processing_details) == (0, {}, {})
    assert (task.error_message, task.error_cause, task.completed_at) == (None, None, None)
    assert (task.rate, task.attempt, task.retries) == (None, 2, 2)
    assert task.started_at == NOW


def test_progress_leaves_what_it_does_not_name(running) -> None:
    task = after(running, ev.Progressed(current=4, total=8, message="m", error_message="e"))
    same = after(task, ev.Progressed())
    assert (same.current_items, same.total_items, same.message) == (4, 8, "m")
    assert same.error_message == "e"
    assert after(task, ev.Progressed(message="")).message == ""
    assert after(task, ev.Progressed(current=0)).current_items == 0


def test_details_and_results_are_merged(running) -> None:
    task = after(
        running,
        ev.Progressed(details={"a": 1, "b": 1}, results={"x": 1}),
        ev.Progressed(details={"b": 2}, results={"y": 2}),
        ev.Completed(results={"x": 3}),
    )
    assert task.processing_details == {"a": 1, "b": 2}
    assert task.results == {"x": 3, "y": 2}


def test_progress_starts_a_created_task() -> None:
    task = after(None, ev.Created(identity=IDENTITY))
    task = after(task, ev.Progressed(current=1), seconds=2)
    assert (task.status, task.started_at) == ("running", at(2))


def steadily(task: Task, since: float, *, seconds: int = 4, of: int = 2) -> Task:
    """The task after a value a second, with `of` more items each; the first one counts nothing."""
    for second in range(seconds + 1):
        current = task.current_items + (of if second else 0)
        task = after(task, ev.Progressed(current=current), seconds=since + second)
    return task


def test_what_is_before_the_first_value_is_no_work(running) -> None:
    task = after(running, ev.Progressed(message="connecting"), seconds=90)
    assert task.work is None
    assert steadily(task, 100).rate == 2


def test_what_is_before_the_total_is_no_work(running) -> None:
    task = after(running, ev.Progressed(current=0, message="connecting"), seconds=10)
    task = after(task, ev.Progressed(current=0, total=500), seconds=100)
    assert steadily(task, 100).rate == 2


def test_a_rate_takes_three_values_and_two_seconds(running) -> None:
    assert [steadily(running, 10, seconds=n).rate for n in (1, 2)] == [None, 2]
    slow = after(running, ev.Progressed(current=0), seconds=10)
    slow = after(slow, ev.Progressed(current=30), seconds=70)
    assert slow.rate is None
    fast = running
    for number in range(20):
        fast = after(fast, ev.Progressed(current=number), seconds=10 + number / 10)
    assert fast.rate is None
    assert after(fast, ev.Progressed(current=20), seconds=12).rate == 10


def test_a_pause_is_no_work(running) -> None:
    task = steadily(running, 1)
    paused = after(task, ev.Paused(), ev.Heeded(), seconds=6)
    moved = after(paused, ev.Progressed(current=9), seconds=60)
    assert moved.rate == task.rate == 2
    assert (moved.status, moved.current_items) == ("paused", 9)
    task = after(paused, ev.Resumed(), seconds=900)
    # The second before the pause and that after it.
    task = after(task, ev.Progressed(current=12), seconds=901)
    assert (task.rate, task.work.items, task.work.seconds) == (2, 12, 6)


def test_the_time_until_a_run_heeds_a_pause_is_work(running) -> None:
    running = after(running, ev.Started(identity=IDENTITY, worker=Worker("a/1", "a")))
    task = after(steadily(running, 1), ev.Paused(by="api"), seconds=6)
    task = after(task, ev.Progressed(current=14), seconds=8)
    task = after(task, ev.Heeded(), seconds=9)
    task = after(task, ev.Resumed(), seconds=500)
    task = after(task, ev.Progressed(current=18), seconds=501)
    assert (task.rate, task.work.items, task.work.seconds) == (2, 18, 9)


def test_a_pause_that_nobody_heeded_was_work(running) -> None:
    running = after(running, ev.Started(identity=IDENTITY, worker=Worker("a/1", "a")))
    task = after(steadily(running, 1), ev.Paused(by="api"), seconds=6)
    task = after(task, ev.Resumed(), ev.Progressed(current=14), seconds=8)
    assert (task.rate, task.work.seconds) == (2, 7)


@pytest.mark.parametrize("heeded_at", [None, 5, "noon"])
def test_a_pause_of_another_program_is_no_work_either(running, heeded_at) -> None:
    task = replace(
        steadily(running, 1), status="paused", control={"action": "x", "heeded_at": heeded_at}
    )
    task = after(task, ev.Resumed(), seconds=100)
    assert after(task, ev.Progressed(current=10), seconds=101).work.seconds == 5


def test_each_attempt_counts_anew(running) -> None:
    """A retry's countdown is no work, and what it says before it runs is nothing."""
    task = after(steadily(running, 1), ev.Retried(retries=1, eta=at(20)), seconds=5)
    assert (task.status, task.rate, task.work) == ("running", None, None)
    task = after(task, ev.Started(identity=IDENTITY, retries=1), seconds=20)
    assert (task.rate, task.work) == (None, None)
    assert steadily(task, 21, of=10).rate == 10


def test_a_run_that_was_taken_for_lost_has_worked(running) -> None:
    task = after(
        steadily(running, 1), ev.Lost(lease="lease-1", error_message="silent", revision=0),
        seconds=60,
    )  # fmt: skip
    task = after(task, ev.Progressed(attempt=1, current=208), seconds=105)
    assert (task.status, task.rate, task.work.seconds) == ("running", 2, 104)


def test_a_completed_task_has_the_average_of_its_run(running) -> None:
    task = after(steadily(running, 100, seconds=2), ev.Completed(current=10), seconds=105)
    assert (task.rate, task.work.items, task.work.seconds) == (2, 10, 5)


def test_pause_says_who_and_when_until_it_is_over(running) -> None:
    paused = after(running, ev.Paused(by="api", reason="lunch", message="later"), seconds=5)
    assert paused.message == "later"
    assert paused.control == {
        "action": "pause",
        "by": "api",
        "reason": "lunch",
        "at": "2024-01-15T10:30:05.000+00:00",
        "heeded_at": None,
    }
    assert after(paused, ev.Resumed()).control is None
    assert after(paused, ev.Resumed()).message == "later"
    assert after(paused, ev.Resumed(message="go")).message == "go"
    assert after(running, ev.Paused()).message == running.message


ASKING = {
    "pause": ev.Paused(by="api"),
    "cancel": ev.Cancelled(by="api"),
    "end": ev.Failed(error_message="stuck", cause="reported", asked=ev.Asked(by="me", force=True)),
}


@pytest.mark.parametrize("asked", ASKING)
def test_what_is_asked_of_a_run_is_asked_until_it_does_so(running, asked) -> None:
    task = after(running, ASKING[asked], seconds=5)
    assert (task.asked, task.control["heeded_at"]) == (asked, None)
    heeded = after(task, ev.Heeded(attempt=1), seconds=9)
    assert (heeded.asked, heeded.control["heeded_at"]) == (None, "2024-01-15T10:30:09.000+00:00")
    assert (heeded.status, heeded.completed_at) == (task.status, task.completed_at)
    # An end stays the record's last change.
    assert heeded.updated_at == (at(5) if task.ended else at(9))
    assert after(heeded, ev.Heeded(attempt=1), seconds=20) is heeded


@pytest.mark.parametrize("asked", ASKING)
@pytest.mark.parametrize(
    "before",
    [
        pytest.param((), id="nobody has begun it"),
        pytest.param((ev.Retried(attempt=1, retries=1),), id="it waits for its retry"),
        pytest.param((ev.Requeued(attempt=1),), id="it is back in the queue"),
    ],
)
def test_what_is_asked_where_nobody_runs_it_is_done_at_once(before, asked) -> None:
    task = after(None, ev.Created(identity=IDENTITY))
    if before:
        task = after(task, ev.Started(identity=IDENTITY, worker=OURS), *before)
    task = after(task, ASKING[asked], seconds=5)
    assert (task.asked, task.control["heeded_at"]) == (None, task.control["at"])


@pytest.mark.parametrize("back", [ev.Retried(attempt=1, retries=1), ev.Requeued(attempt=1)])
def test_a_pause_is_done_where_the_run_ends_before_it_waits(running, back) -> None:
    task = after(running, ev.Paused(by="api"), back, seconds=5)
    assert (task.status, task.asked) == ("paused", None)


def test_a_cancel_of_a_lost_run_is_done_at_once(running) -> None:
    lost = ev.Lost(lease=OURS.lease, error_message="silent", revision=running.revision)
    task = after(running, lost, ev.Cancelled(by="api"), seconds=5)
    assert (task.status, task.asked) == ("cancelled", None)


@pytest.mark.parametrize("end", [ev.Cancelled(by="celery"), ev.Cancelled(by="task"), ev.Ignored()])
def test_a_cancel_that_the_run_or_celery_tells_of_is_done(running, end) -> None:
    assert after(running, end).asked is None


def test_a_cancel_of_an_older_version_is_taken_as_done(running) -> None:
    task = replace(after(running, ev.Cancelled(by="api")), control={"action": "cancel"})
    assert task.asked is None
    assert after(task, ev.Heeded()) is task


def test_retried_says_why_and_how_often(running) -> None:
    task = after(running, ev.Retried(message="ValueError: x", retries=2))
    assert (task.message, task.retries, task.worker) == ("3 回目の試行: ValueError: x", 2, None)
    assert after(running, ev.Retried(retries=2)).message == running.message


@pytest.mark.parametrize(
    ("limit", "seconds", "ja", "en"),
    [
        (5, 4, "4 秒後に 2/5 回目の試行: E: 503: x", "try 2 of 5 in 4 s: E: 503: x"),
        (5, None, "2/5 回目の試行: E: 503: x", "try 2 of 5: E: 503: x"),
        (5, 60, "60 秒後に 2/5 回目の試行: E: 503: x", "try 2 of 5 in 60 s: E: 503: x"),
        (None, 3.2, "4 秒後に 2 回目の試行: E: 503: x", "try 2 in 4 s: E: 503: x"),
        (None, -1, "2 回目の試行: E: 503: x", "try 2: E: 503: x"),
        (5, 3_600, "11:30 に 2/5 回目の試行: E: 503: x", "try 2 of 5 at 11:30: E: 503: x"),
        (None, 3_600, "11:30 に 2 回目の試行: E: 503: x", "try 2 at 11:30: E: 503: x"),
    ],
)
def test_a_retry_is_told_until_its_run_has_begun(
    limit: int | None, seconds: float | None, ja: str, en: str
) -> None:
    now = datetime(2024, 1, 15, 10, 30, tzinfo=UTC)
    eta = None if seconds is None else now + timedelta(seconds=seconds)
    texts = {
        loc: default_texts.retry_text(loc, 2, limit, eta, now, "E: 503: x") for loc in ("ja", "en")
    }
    assert texts == {"ja": ja, "en": en}
    for locale, other in (("ja", "en"), ("en", "ja")):
        assert default_texts.translated(locale, texts[other]) == texts[locale]
        begun = default_texts.retry_text(locale, 2, limit, None, now, "E: 503: x")
        assert default_texts.retry_begun(locale, texts[locale]) == begun
        if seconds is not None and seconds > 0:
            assert default_texts.retry_begun(locale, texts[other]) == begun
    assert default_texts.retry_begun("en", "page 2 of 5") == "page 2 of 5"


def test_completed_takes_an_error_back(running) -> None:
    lost = after(running, ev.Lost(lease="lease-1", error_message="silent", revision=0))
    task = after(lost, ev.Completed(attempt=1))
    assert (task.error_message, task.error_cause) == (None, None)


def test_completed_without_any_progress_has_a_rate_to_remember(running) -> None:
    assert after(running, ev.Completed(), seconds=5).rate == 2
    assert after(running, ev.Completed()).rate is None  # no time went by


def test_failed_says_why_and_keeps_the_figures(running) -> None:
    task = after(running, ev.Progressed(current=4), ev.Failed(error_message="why", cause="c"))
    assert (task.current_items, task.error_message, task.error_cause) == (4, "why", "c")
    assert after(running, ev.Failed(error_message="why", current=6)).current_items == 6


def test_cancelled_and_ignored_say_who(running) -> None:
    task = after(running, ev.Cancelled(by="api", reason="enough"))
    assert (task.control["action"], task.control["by"], task.control["reason"]) == (
        "cancel",
        "api",
        "enough",
    )
    assert after(running, ev.Ignored()).control["by"] == "celery"


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize(
    ("event", "key"),
    [
        (ev.Completed(), "completed"),
        (ev.Failed(error_message="why"), "failed"),
        (ev.Cancelled(), "cancelled"),
        (ev.Ignored(), "cancelled"),
    ],
)
def test_an_end_without_a_message_takes_the_default_text(running, event, key, locale) -> None:
    assert after(running, event, locale=locale).message == text(locale, key)
    if not isinstance(event, ev.Ignored):
        assert after(running, replace(event, message="own")).message == "own"
        assert after(running, replace(event, message="")).message == ""


def test_times_never_go_back_and_are_whole_milliseconds(running) -> None:
    early = after(running, ev.Progressed(current=1), seconds=-300)
    assert early.updated_at == running.updated_at
    fine = after(running, ev.Progressed(current=1), seconds=1.0019)
    assert fine.updated_at == at(1.001)
    ended = after(early, ev.Completed(), seconds=-300)
    assert ended.started_at <= ended.updated_at
    assert ended.completed_at == ended.updated_at


def test_what_is_recorded_later_has_its_own_time(running) -> None:
    task = after(running, ev.Completed(at=at(5)), seconds=60)
    assert (task.completed_at, task.updated_at) == (at(5), at(5))


@pytest.mark.parametrize(("retries", "owner"), [(None, None), (2, None), (1, OURS)])
def test_a_message_sent_again_is_nobodys_unless_its_own_run_has_begun(
    running, retries, owner
) -> None:
    task = after(replace(running, retries=1), ev.Requeued(retries=retries))
    assert (task.status, task.worker) == ("running", owner)


class TestWaited:
    """How long a task waited for its first start."""

    CREATED = ev.Created(identity=IDENTITY)
    STARTED = ev.Started(identity=IDENTITY, worker=OURS)

    def test_it_counts_from_the_creation(self) -> None:
        waits = after(None, self.CREATED)
        assert waits.waited_ms is None
        assert after(waits, self.STARTED, seconds=2.5).waited_ms == 2_500

    def test_a_callers_first_value_is_a_start(self) -> None:
        waits = after(None, self.CREATED)
        assert after(waits, ev.Progressed(current=1), seconds=3).waited_ms == 3_000

    def test_it_counts_from_the_eta(self) -> None:
        waits = after(None, ev.Created(identity=IDENTITY, eta=at(60)))
        assert after(waits, self.STARTED, seconds=62).waited_ms == 2_000
        assert after(waits, self.STARTED, seconds=59).waited_ms == 0  # that clock is behind

    def test_a_step_counts_from_when_its_message_left(self) -> None:
        step = IDENTITY._replace(member=Member(("w",)))
        planned = after(None, ev.Planned(identity=step))
        left = after(planned, ev.Created(identity=step), seconds=30)
        assert after(left, self.STARTED, seconds=34).waited_ms == 4_000

    def test_only_the_first_start_counts(self) -> None:
        begun = after(after(None, self.CREATED), self.STARTED, seconds=1)
        again = after(begun, ev.Retried(retries=1), self.STARTED, seconds=60)
        assert (again.attempt, again.waited_ms) == (2, 1_000)

    def test_a_new_publish_waits_anew(self) -> None:
        done = after(after(None, self.CREATED), self.STARTED, ev.Completed(), seconds=5)
        again = after(done, self.CREATED, seconds=100)
        assert again.waited_ms is None
        assert after(again, self.STARTED, seconds=107).waited_ms == 7_000

    def test_it_is_not_known_of_a_record_that_the_start_made(self) -> None:
        assert after(None, self.STARTED).waited_ms is None
