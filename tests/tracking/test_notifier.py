"""What a job can report, what it reports that is no figure, and where no record is written."""

import asyncio
import multiprocessing
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from celery import Celery, Task
from celery.exceptions import SoftTimeLimitExceeded
from celery.local import Proxy

from progress_backend import ProgressNotifier, progress_task
from progress_backend.record import events as ev
from progress_backend.runs import run as of_runs
from progress_backend.tracking import current_run
from tests.apps import App
from tests.conftest import Install
from tests.records import Records
from tests.waiting import eventually


@pytest.fixture(autouse=True)
def not_warned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(current_run, "_warned", set())


def everything(reporter: ProgressNotifier) -> None:
    reporter.update(1, 4, "m", {"a": 1}, "p")
    reporter.advance()
    assert list(reporter.track([7, 8])) == [7, 8]
    assert list(reporter.track(iter([7]), total=1)) == [7]
    reporter.complete({"rows": 1}, "done")
    reporter.error("broken")


def fetch(self: Any) -> str:
    everything(ProgressNotifier(self))
    return "done"


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    logger = "progress_backend.tracking.current_run"
    return [r.getMessage() for r in caplog.records if r.name == logger]


def test_a_spawned_process_is_no_misconfiguration() -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(current_run.is_started_by_another)
    assert not current_run.is_started_by_another()


def test_outside_a_task_it_does_nothing_and_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(2):
        everything(ProgressNotifier())
    assert warnings(caplog) == [
        "no progress is recorded for code outside a task: it is not the run of a tracked task"
    ]


def test_tasks_of_any_number_of_names_are_warned_of_within_a_bound(
    eager: App, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(1_010):
        untracked = SimpleNamespace(name=f"t{number}", app=eager.celery, request=None)
        for _ in range(2):
            ProgressNotifier(untracked).update(1)
    logged = warnings(caplog)
    assert len(logged) == len(set(logged)) == 1_000


def test_a_run_with_an_ended_record_logs_that(
    eager: App, redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A caller has ended it, and its message came once more."""
    records = Records(redis_url)
    records.start("again")
    records.apply("again", ev.Failed(error_message="why", cause="reported"))
    ended = records.get("again")
    assert eager.tracked(fetch).apply(task_id="again").get() == "done"
    assert records.get("again") == ended
    assert warnings(caplog) == [
        "no progress is recorded for fetch: the record of task again has ended: "
        f"it is {ended.status}"
    ]


def test_a_run_that_a_newer_one_has_overtaken_says_that(
    eager: App, redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Its start was kept while the store was away, and another worker has begun the task since."""
    Records(redis_url).start("again")

    def overtaken(self: Any) -> None:
        eager.run_of(self).refused = True
        everything(ProgressNotifier(self))

    eager.tracked(overtaken).apply(task_id="again")
    assert warnings(caplog) == [
        "no progress is recorded for overtaken: a newer run has the record of task again"
    ]


@pytest.mark.parametrize("nested", ["other", "itself"])
def test_a_job_goes_on_in_threads_after_a_nested_run(eager: App, nested: str) -> None:
    """As in an event loop: they find their job by the context that they inherit."""

    def in_a_thread(task: Any, current: int) -> None:
        asyncio.run(asyncio.to_thread(lambda: ProgressNotifier(task).update(current, 9)))

    def other(self: Any) -> None:
        in_a_thread(self, 1)

    def outer(self: Any, inside: bool = False) -> None:
        in_a_thread(self, 2)
        if not inside:
            inner = outer_task.si(True) if nested == "itself" else other_task.si()
            inner.apply()
            in_a_thread(self, 3)
        raise ValueError("as far as it came")

    other_task, outer_task = eager.tracked(other), eager.tracked(outer)
    for _ in range(2):
        record = eager.record(outer_task.delay().id)
        assert (record.status, record.current_items) == ("error", 3)


def test_a_task_that_is_not_tracked_says_so_once(
    eager: App, caplog: pytest.LogCaptureFixture
) -> None:
    """It has no marking, or its app is without install()."""
    bare = Celery("bare", broker="memory://", set_as_current=False)
    plain = {"name": "plain", "bind": True, "shared": False}
    for task in (eager.task(**plain)(twice), bare.task(**plain)(progress_task(fetch))):
        for _ in range(2):
            task.apply()
        current_run._warned.clear()
    assert warnings(caplog) == [
        "no progress is recorded for plain: it is not the run of a tracked task",
        "no progress is recorded for plain: it has @progress_task, but install() was not called on "
        "its app",
    ]
    assert eager.records() == []
    bare.close()


def twice(self: Any) -> None:
    for reporter in (ProgressNotifier(self), ProgressNotifier()):
        everything(reporter)


def test_a_task_that_was_never_registered_has_a_notifier(
    installed: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Loose(Task):  # type: ignore[misc]  # celery is untyped
        name = "loose"

        def run(self) -> int:
            ProgressNotifier(self).update(1, 2)
            return 1

    monkeypatch.setattr("celery._state._tls.current_app", installed().celery)
    assert isinstance(Loose().app, Proxy)
    assert Loose()() == 1  # called as a function: nothing is recorded


def test_the_task_that_runs_is_found_without_self(eager: App) -> None:
    def unbound() -> None:
        ProgressNotifier().update(3, 4)

    assert eager.record(eager.tracked(unbound, bind=False).delay().id).total_items == 4


def test_a_reported_end_is_recorded_with_the_tasks_own(eager: App) -> None:
    def says(self: Any, how: str) -> Any:
        reporter = ProgressNotifier(self)
        reporter.update(2, 4)
        reporter.complete({"saved": 3}, "all of it")
        if how != "returns":
            reporter.error("the source is away", "try again later")
        if how == "fails":
            raise ConnectionError("10.0.0.1 refused")
        return {"skipped": 1}

    for how in ("returns", "recovers"):
        record = eager.call(says, how)
        assert (record.status, record.error_message) == ("completed", None)
        assert record.results == {"saved": 3, "skipped": 1}
        assert record.message == ("all of it" if how == "returns" else "try again later")
    record = eager.call(says, "fails")
    assert (record.status, record.message) == ("error", "try again later")
    assert (record.error_message, record.error_cause) == ("the source is away", "exception")
    assert record.error_code == {"code": "given", "args": {}}


def test_a_loops_count_is_kept_beside_other_reports(eager: App) -> None:
    def loops(self: Any) -> int:
        reporter = ProgressNotifier(self)
        for number in reporter.track(range(10)):
            if number == 5:
                reporter.update(message="half of them", phase="second half")
        return next(iter(reporter.track(range(10**30))))  # which has no length for len()

    record = eager.call(loops)
    assert (record.status, record.results) == ("completed", {"result": 0})
    assert record.processing_details["phase"] == "second half"


# Figures


class Broken:
    def __str__(self) -> str:
        raise ValueError("no text")


def test_what_cannot_be_written_hinders_no_end(eager: App) -> None:
    def says(self: Any) -> None:
        ProgressNotifier(self).update(1, 4, Broken())
        ProgressNotifier(self).error(Broken())

    record = eager.call(says)
    assert (record.status, record.progress) == ("completed", (1, 4, 100))


@pytest.mark.parametrize(
    ("given", "shown", "warned"),
    [
        ((0.5,), (0, 0), True),
        ((0.5, 1), (0, 1), True),
        ((-3, 9), (0, 9), True),
        ((float("nan"), 9), (0, 9), True),
        ((1, -5), (1, 1), True),
        ((1, 0.5), (1, 1), True),
        ((100, 3), (100, 3), True),
        ((7, 5), (7, 5), True),
        (("5", 10), (5, 10), True),
        ((5, "10"), (5, 10), True),
        ((2.5, 9), (2, 9), False),
        ((0.0, 9), (0, 9), False),
        ((9, 9), (9, 9), False),
        ((1, 0), (1, 1), False),
        ((True, 9), (0, 9), True),
    ],
)
def test_a_count_that_is_none_is_warned_of_once_a_run(
    eager: App,
    caplog: pytest.LogCaptureFixture,
    given: tuple[Any, ...],
    shown: tuple[int, int | None],
    warned: bool,
) -> None:
    def fetch(self: Any) -> None:
        for _ in range(3):
            ProgressNotifier(self).update(*given)

    runs = 2
    for _ in range(runs):
        record = eager.call(fetch)
        assert (record.status, record.progress[:2]) == ("completed", shown)
    logged = [r for r in caplog.records if r.name == of_runs.__name__]
    assert len(logged) == runs * warned
    assert len({r.args[0] for r in logged if isinstance(r.args, tuple)}) == len(logged)


@pytest.mark.parametrize("tracked", [True, False])
def test_a_text_in_a_numbers_place_is_refused(eager: App, tracked: bool) -> None:
    refused: list[str] = []

    def mistaken(self: Any) -> None:
        reporter = ProgressNotifier(self)
        mistakes: list[Callable[[], None]] = [
            lambda: reporter.advance(1, "text"),  # type: ignore[arg-type]  # that is the mistake
            lambda: reporter.update(1, "text"),  # type: ignore[arg-type]
            lambda: reporter.update("text", 4),  # type: ignore[arg-type]
        ]
        for mistake in mistakes:
            with pytest.raises(
                TypeError, match=r"numbers of items, not 'text'.*message="
            ) as raised:
                mistake()
            refused.append(str(raised.value).split()[0])
        reporter.advance(1, message="text")
        reporter.update(2, "4")  # type: ignore[arg-type]  # as it came out of a file

    body = progress_task(mistaken) if tracked else mistaken
    task_id = eager.task(name="mistaken", bind=True, shared=False)(body).delay().id
    assert refused == ["advance()", "update()", "update()"]
    if tracked:
        assert eager.record(task_id).progress == (2, 4, 100)


def test_numbers_as_texts_are_counted_on_from(eager: App) -> None:
    def counts(self: Any) -> None:
        reporter = ProgressNotifier(self)
        reporter.update("5", 9)  # type: ignore[arg-type]  # as it came out of a file
        reporter.advance()
        reporter.advance("2")  # type: ignore[arg-type]

    assert eager.call(counts).progress == (8, 9, 100)


class OfAWrapper:
    """An iterable with a length that depends on what it wraps."""

    def __init__(self, error: type[Exception]) -> None:
        self._error = error

    def __len__(self) -> int:
        raise self._error("no length")

    def __iter__(self) -> Iterator[int]:
        return iter((7, 8))


def test_a_loop_over_what_has_no_length_raises_only_the_time_limit() -> None:
    track = ProgressNotifier().track
    for error in (AttributeError, NotImplementedError, ValueError):
        assert list(track(OfAWrapper(error))) == [7, 8]
    with pytest.raises(SoftTimeLimitExceeded):
        track(OfAWrapper(SoftTimeLimitExceeded))


def test_a_link_is_recorded_before_the_end_and_a_bad_one_left_out(
    eager: App, redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[Any] = []

    def export(self: Any) -> None:
        progress = ProgressNotifier(self)
        progress.link("/files/7", "Export", expires_in=3_600)
        progress.link("javascript:alert(1)")
        seen.extend(eventually(lambda: records.get(self.request.id).links))

    records = Records(redis_url)
    eager.tracked(export).apply(task_id="linked").get()
    ended = records.get("linked")
    assert ended.status == "completed"
    assert list(ended.links) == seen
    (link,) = seen
    assert (link.url, link.title) == ("/files/7", "Export")
    assert ended.started_at is not None
    left = datetime.fromisoformat(link.expires_at) - ended.started_at
    assert timedelta(minutes=59) < left < timedelta(minutes=61)
    own = [r for r in caplog.records if r.name == "progress_backend.tracking.notifier"]
    assert [r.args[0] for r in own if r.args] == ["linked"]
