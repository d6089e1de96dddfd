"""What a job can say, and where nobody records it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from celery import Celery

from progress_backend import ProgressNotifier, progress_task
from progress_backend.record import events as ev
from progress_backend.runs import run as of_runs
from progress_backend.tracking import notifier
from tests.apps import App
from tests.records import Records


@pytest.fixture
def app(redis_url: str) -> Iterator[App]:
    app = App(redis_url, {"task_always_eager": True})
    yield app
    app.close()


@pytest.fixture(autouse=True)
def not_warned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notifier, "_warned", set())


def everything(said: ProgressNotifier) -> None:
    said.update(1, 4, "m", {"a": 1}, "p")
    said.advance()
    assert list(said.track([7, 8])) == [7, 8]
    assert list(said.track(iter([7]), total=1)) == [7]
    said.complete({"rows": 1}, "done")
    said.error("broken")


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    logger = "progress_backend.tracking.notifier"
    return [r.getMessage() for r in caplog.records if r.name == logger]


def test_outside_a_task_it_does_nothing_and_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(2):
        everything(ProgressNotifier())
    assert warnings(caplog) == [
        "no progress is recorded for code outside a task: it is not a tracked task's run"
    ]


def test_tasks_of_any_number_of_names_are_warned_of_within_a_bound(
    app: App, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(1_010):
        untracked = SimpleNamespace(name=f"t{number}", app=app.celery, request=None)
        for _ in range(2):
            ProgressNotifier(untracked).update(1)
    said = warnings(caplog)
    assert len(said) == len(set(said)) == 1_000


@pytest.mark.parametrize("end", [ev.Completed(), ev.Failed(error_message="why", cause="reported")])
def test_a_run_whose_record_has_ended_says_that(
    app: App, redis_url: str, caplog: pytest.LogCaptureFixture, end: ev.Event
) -> None:
    records = Records(redis_url)
    records.start("again")
    ended = records.apply("again", end)

    @progress_task
    def fetch(self: Any) -> None:
        everything(ProgressNotifier(self))

    app.task(name="fetch", bind=True, shared=False)(fetch).apply(task_id="again")
    assert records.get("again").revision == ended.revision
    assert warnings(caplog) == [
        "no progress is recorded for fetch: the record of task again has ended: "
        f"it is {ended.status}"
    ]


def test_a_run_that_a_newer_one_has_overtaken_says_that(
    app: App, redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Its start was kept while the store was away, and another worker has begun the task since."""
    Records(redis_url).start("again")

    @progress_task
    def fetch(self: Any) -> None:
        run = notifier.tracker_of(self.app).process.run_in(self)  # type: ignore[union-attr]
        run.refused = True
        everything(ProgressNotifier(self))

    app.task(name="fetch", bind=True, shared=False)(fetch).apply(task_id="again")
    assert warnings(caplog) == [
        "no progress is recorded for fetch: a newer run has the record of task again"
    ]


@pytest.mark.parametrize("nested", ["other", "itself"])
def test_a_job_goes_on_in_threads_after_a_nested_run(app: App, nested: str) -> None:
    """As in an event loop: they find their job by the context that they inherit."""

    def in_a_thread(task: Any, current: int) -> None:
        asyncio.run(asyncio.to_thread(lambda: ProgressNotifier(task).update(current, 9)))

    @progress_task
    def other(self: Any) -> None:
        in_a_thread(self, 1)

    @progress_task
    def outer(self: Any, inside: bool = False) -> None:
        in_a_thread(self, 2)
        if not inside:
            inner = outer_task.si(True) if nested == "itself" else other_task.si()
            inner.apply()
            in_a_thread(self, 3)
        raise ValueError("as far as it came")

    other_task = app.task(name="other", bind=True, shared=False)(other)
    outer_task = app.task(name="outer", bind=True, shared=False)(outer)
    for _ in range(2):
        record = app.record(outer_task.delay().id)
        assert (record.status, record.current_items) == ("error", 3)


def test_a_marked_task_without_install_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    celery = Celery("bare", broker="memory://", set_as_current=False)

    def fetch(self: Any) -> None:
        everything(ProgressNotifier(self))

    task = celery.task(name="fetch", bind=True, shared=False)(progress_task(fetch))
    for _ in range(2):
        task.apply()
    assert warnings(caplog) == [
        "no progress is recorded for fetch: it is marked, but install() was not called on its app"
    ]
    celery.close()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ((0.5,), "update(0.5) of fetch counts as 0: .*write update(50, 100)"),
        ((0.5, 1), "update(0.5) of fetch counts as 0: .*write update(50, 100)"),
        ((-3, 9), "update(-3) of fetch counts as 0: .*write 0 or more"),
        ((float("nan"), 9), "update(nan) of fetch counts as 0: .*write 0 or more"),
        ((0.0, 9), None),
        ((2.5, 9), None),
        ((3, 9), None),
    ],
)
def test_a_count_that_is_none_is_warned_of_once(
    app: App,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    given: tuple[Any, ...],
    says: str | None,
) -> None:
    monkeypatch.setattr(of_runs, "_warned", set())

    def fetch(self: Any) -> None:
        ProgressNotifier(self).update(*given)

    task = app.task(name="fetch", bind=True, shared=False)(progress_task(fetch))
    for _ in range(2):
        assert app.record(task.delay().id).status == "completed"
    said = [r.getMessage() for r in caplog.records if r.name == of_runs.__name__]
    assert len(said) == (says is not None)
    if says is not None:
        begins, ends = says.split(".*")
        assert begins in said[0]
        assert said[0].endswith(ends) or "where half of it is done" in said[0]


def test_in_a_task_that_is_not_tracked_too(app: App, caplog: pytest.LogCaptureFixture) -> None:
    def plain(self: Any) -> None:
        everything(ProgressNotifier(self))
        everything(ProgressNotifier())

    task = app.task(name="plain", bind=True, shared=False)(plain)
    task.delay()
    task.delay()
    assert app.records() == []
    assert warnings(caplog) == ["no progress is recorded for plain: it is not a tracked task's run"]


def test_the_task_that_runs_is_found_without_self(app: App) -> None:
    def unbound() -> None:
        ProgressNotifier().update(3, 4)

    task_id = app.task(name="unbound", shared=False)(progress_task(unbound)).delay().id
    assert app.record(task_id).total_items == 4


def test_what_is_said_of_the_end_is_recorded_with_it(app: App) -> None:
    def says(self: Any, fails: bool) -> Any:
        said = ProgressNotifier(self)
        said.update(2, 4)
        said.complete({"saved": 3}, "all of it")
        if fails:
            said.error("the source is away", "try again later")
            raise ConnectionError("10.0.0.1 refused")
        return {"skipped": 1}

    task = app.task(name="says", bind=True, shared=False)(progress_task(says))
    record = app.record(task.delay(False).id)
    assert (record.status, record.message) == ("completed", "all of it")
    assert record.results == {"saved": 3, "skipped": 1}
    record = app.record(task.delay(True).id)
    assert (record.status, record.message) == ("error", "try again later")
    assert (record.error_message, record.error_cause) == ("the source is away", "exception")


def test_an_error_that_does_not_end_the_task_is_none(app: App) -> None:
    def recovers(self: Any) -> str:
        ProgressNotifier(self).error("once")
        return "all the same"

    record = app.record(
        app.task(name="recovers", bind=True, shared=False)(progress_task(recovers)).delay().id
    )
    assert (record.status, record.error_message) == ("completed", None)
    assert record.results == {"result": "all the same"}


def test_a_run_that_the_record_did_not_take_says_nothing(app: App, redis_url: str) -> None:
    """The message of a task that has ended came once more."""
    records = Records(redis_url)
    identity = ev.Identity(task_type="late")

    def late(self: Any) -> str:
        ProgressNotifier(self).update(3, 4)
        return "done"

    task = app.task(name="late", bind=True, shared=False)(progress_task(late))
    records.apply("t", ev.Created(identity=identity))
    ended = records.complete("t")
    assert task.apply(task_id="t").get() == "done"
    assert app.record("t") == ended


def test_what_a_loop_counts_and_what_is_said_beside_it(app: App) -> None:
    def loops(self: Any) -> None:
        said = ProgressNotifier(self)
        for number in said.track(range(10)):
            if number == 5:
                said.update(message="half of them", phase="second half")

    record = app.record(
        app.task(name="loops", bind=True, shared=False)(progress_task(loops)).delay().id
    )
    assert record.progress == (10, 10, 100)
    assert record.processing_details["phase"] == "second half"


def test_a_range_that_has_no_length_is_tracked_without_a_total(app: App) -> None:
    def endless(self: Any) -> int:
        return next(iter(ProgressNotifier(self).track(range(10**30))))

    task = app.task(name="endless", bind=True, shared=False)(progress_task(endless))
    assert task.delay().get() == 0


def test_what_cannot_be_written_hinders_no_end(app: App) -> None:
    class Broken:
        def __str__(self) -> str:
            raise ValueError("no text")

    def says(self: Any) -> None:
        ProgressNotifier(self).update(1, 4, Broken())
        ProgressNotifier(self).error(Broken())

    task = app.task(name="says", bind=True, shared=False)(progress_task(says))
    record = app.record(task.delay().id)
    assert (record.status, record.progress) == ("completed", (1, 4, 100))
