"""What Celery's own tools see of progress, and that it never comes late or hurts."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from celery.app.task import Context
from celery.events.state import State
from celery.exceptions import TaskRevokedError
from celery.result import GroupResult

from progress_backend import Task
from progress_backend.record.events import Identity
from progress_backend.runs.mirror import Mirror, meta_of, summary_of
from progress_backend.runs.run import Outcome, Run
from progress_backend.tracking.install import rank_progress
from tests.apps import App
from tests.conftest import StartServer
from tests.strangers import Stranger, Way, hanging_up
from tests.waiting import eventually

TASK = Task("t", "fetch_data", 252, current_items=150, status="running", message="half way")


@pytest.fixture
def app(redis_url: str) -> Iterator[App]:
    app = App(redis_url)
    yield app
    app.close()


def run_of(app: App, task_id: str = "t", **options: Any) -> Run:
    """A run of a worker that is none of this process."""

    def fetch() -> None:
        pass

    name = {"t": "fetch"}.get(task_id, task_id)
    task = app.task(name=name, shared=False, **options)(fetch)
    request = Context(id=task_id, hostname="w@tests", is_eager=False, ignore_result=None)
    return Run(task_id, Identity(task_type="x"), Desk(), celery_task=task, request=request)


class Desk:
    """No sender is asked for anything here."""

    always = False

    def wake(self) -> None: ...
    def wait_while_paused(self, run: Run) -> None: ...
    def close(self, run: Run) -> None: ...
    def progress_text(self, current: int, total: int | None) -> str:
        return ""


class Heard:
    """A monitor on the broker."""

    def __init__(self, app: App, redis_url: str) -> None:
        self.events: list[dict[str, Any]] = []
        self._connection = app.celery.connection_for_read()
        self._receiver = app.celery.events.Receiver(self._connection, {"*": self.events.append})
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()
        with redis.Redis.from_url(redis_url) as client:
            # The broker forgets what nobody listens to yet.
            eventually(lambda: client.pubsub_numpat() + len(client.pubsub_channels("*celeryev*")))

    def _listen(self) -> None:
        for _ in self._receiver.consume(safety_interval=0.05, wakeup=False):
            pass

    def close(self) -> None:
        self._receiver.should_stop = True
        self._thread.join(10)
        self._connection.release()


def through(app: App, mirror: Mirror) -> None:
    """Waits until all results are written that the mirror was shown before: it writes in order."""
    mirror.show(run_of(app, "last"), TASK)
    eventually(lambda: app.result("last"))


@pytest.fixture
def heard(app: App, redis_url: str) -> Iterator[Heard]:
    heard = Heard(app, redis_url)
    yield heard
    heard.close()


def test_the_line_that_flower_shows() -> None:
    assert summary_of(TASK) == "150/252 59.5% half way"
    assert summary_of(Task("t", "x", None, current_items=7)) == "7"
    assert summary_of(Task("t", "x", 10, message="m" * 500)) == ("0/10 0% " + "m" * 500)[:200]


def test_the_meta_that_celery_progress_reads() -> None:
    meta = meta_of(TASK)
    assert {name: meta[name] for name in ("current", "total", "percent", "pending")} == {
        "current": 150,
        "total": 252,
        "percent": 59.5,
        "pending": False,
    }
    assert meta["description"] == meta["message"] == "half way"
    json.dumps(meta)


def test_an_unknown_total_is_a_number_that_is_never_reached() -> None:
    """celery-progress adds up the totals of a group and divides by the sum."""
    for current, stand_in in ((0, 100), (99, 100), (100, 101), (5_000, 5_001)):
        meta = meta_of(Task("t", "x", None, current_items=current, message="m"))
        assert (meta["current"], meta["total"], meta["percent"]) == (current, stand_in, 0)


def test_celery_progress_shows_a_group_with_unknown_totals(app: App) -> None:
    celery_progress = pytest.importorskip("celery_progress.backend")
    for task_id, total in (("t", None), ("u", None), ("v", 10)):
        meta = meta_of(Task(task_id, "x", total, current_items=5))
        app.celery.backend.store_result(task_id, meta, "PROGRESS")
    for members, percent in ((["t", "u"], 5), (["t", "v"], 9.09), (["nobody", "t"], 2.5)):
        results = [app.celery.AsyncResult(member) for member in members]
        group = celery_progress.GroupProgress(GroupResult("g", results))
        assert group.get_info()["progress"]["percent"] == percent


def test_meta_and_event_are_written(app: App, heard: Heard) -> None:
    run, mirror = run_of(app), Mirror(app.celery, flower_events=True)
    mirror.show(run, TASK)
    assert eventually(lambda: app.result("t"))["status"] == "PROGRESS"
    assert app.result("t")["result"] == meta_of(TASK)
    (event,) = eventually(lambda: heard.events[:])
    assert (event["type"], event["uuid"], event["name"]) == ("task-progress", "t", "fetch")
    assert (event["hostname"], event["result"]) == ("w@tests", summary_of(TASK))
    # These would shadow what monitors keep of a task.
    assert not {"state", "event"} & set(event)


def test_an_event_a_second_and_every_meta(app: App, heard: Heard) -> None:
    run, mirror = run_of(app), Mirror(app.celery, flower_events=True)
    began = time.monotonic()
    for number in range(20):
        mirror.show(run, Task("t", "x", 252, current_items=number, status="running"))
        # Called before the next turn.
        eventually(lambda: app.result("t").get("result", {}).get("current") == number)  # noqa: B023
    eventually(lambda: heard.events)
    assert len(heard.events) <= 1 + (time.monotonic() - began)


def test_events_can_be_left_out(app: App, heard: Heard) -> None:
    run, mirror = run_of(app), Mirror(app.celery, flower_events=False)
    mirror.show(run, TASK)
    mirror.revoked(run)
    through(app, mirror)
    with app.celery.events.default_dispatcher(hostname="w@tests") as dispatcher:
        dispatcher.send("task-marker")
    assert eventually(lambda: [event["type"] for event in heard.events]) == ["task-marker"]


def test_results_that_celery_would_not_store_are_not_stored(app: App, heard: Heard) -> None:
    mirror = Mirror(app.celery, flower_events=True)
    mirror.show(run_of(app, ignore_result=True), TASK)
    eventually(lambda: heard.events)
    through(app, mirror)
    assert app.result("t") == {}


def test_a_job_that_writes_its_own_meta_is_left_to_it(app: App, heard: Heard) -> None:
    run, mirror = run_of(app), Mirror(app.celery, flower_events=True)
    run.own_meta = True
    mirror.show(run, TASK)
    eventually(lambda: heard.events)
    through(app, mirror)
    assert app.result("t") == {}


def test_nothing_is_written_after_the_end(app: App, redis_url: str) -> None:
    """Held in its read by a slow backend, the write comes back after the job has ended."""
    ended = app.celery.backend
    with Way(redis_url) as way:
        way.delay_s = 0.3
        far = App(redis_url, {"result_backend": way.url})
        run, mirror = run_of(far), Mirror(far.celery, flower_events=False)
        mirror.show(run, TASK)
        eventually(lambda: way.requests)
        run.closed = True
        mirror.close(run, 0.05)
        ended.store_result("t", TaskRevokedError("terminated"), "REVOKED")
        run.outcome = Outcome("REVOKED", TaskRevokedError("put right"), None)
        mirror.show(run, TASK)
        through(far, mirror)
        end = app.result("t")
        far.close()
    assert (end["status"], end["result"]["exc_message"]) == ("REVOKED", ["terminated"])


def test_the_record_of_an_ended_task_is_not_shown_as_progress(app: App) -> None:
    mirror = Mirror(app.celery, flower_events=False)
    mirror.show(run_of(app), Task("t", "x", 1, status="cancelled"))
    through(app, mirror)
    assert app.result("t") == {}


def test_a_broker_and_a_backend_that_are_away_are_one_line_each(
    app: App, caplog: pytest.LogCaptureFixture
) -> None:
    away = "redis://127.0.0.1:1/0"
    app.celery.conf.update(broker_url=away, broker_write_url=away, result_backend=away)
    run, mirror = run_of(app), Mirror(app.celery, flower_events=True)

    def said() -> list[str]:
        return sorted(
            r.getMessage().partition(":")[0] for r in caplog.records if "mirror" in r.name
        )

    with caplog.at_level(logging.WARNING, "progress_backend"):
        mirror.show(run, TASK)
        eventually(lambda: len(said()) == 2, 30)
        run.event_due = 0
        mirror.show(run, TASK)
    threads = {r.threadName for r in caplog.records if "mirror" in r.name}
    assert threads == {"progress-results", "progress-events"}, "no job waits for them"
    assert [line.split(" to ")[0].split(" as ")[0] for line in said()] == [
        "progress is not sent",
        "progress is not written",
    ]


def test_a_result_is_not_written_again(app: App, caplog: pytest.LogCaptureFixture) -> None:
    """The next value is a better one, whatever patience the app has with its result backend."""
    with Stranger(hanging_up) as away:
        app.celery.conf.update(
            result_backend=away.url,
            result_backend_always_retry=True,
            result_backend_max_sleep_between_retries_ms=10,
        )
        with caplog.at_level(logging.WARNING, "progress_backend"):
            Mirror(app.celery, flower_events=False).show(run_of(app), TASK)
            eventually(lambda: "progress is not written" in caplog.text, 20)
        assert away.accepted == 1


def test_an_event_is_not_sent_again(
    app: App, start_server: StartServer, caplog: pytest.LogCaptureFixture
) -> None:
    """The next one is a better one, whatever patience Celery has with its broker."""
    broker = start_server()
    with Way(broker.url) as way:
        app.celery.conf.update(broker_url=way.url, broker_write_url=way.url)
        run, mirror = run_of(app), Mirror(app.celery, flower_events=True)
        mirror.show(run, TASK)
        eventually(lambda: way.requests)
        mirror.close(run, 20)
        broker.kill()
        before = way.accepted
        with caplog.at_level(logging.WARNING, "progress_backend"):
            run.event_due = 0
            mirror.show(run, TASK)
            eventually(lambda: "progress is not sent" in caplog.text, 20)
        assert way.accepted - before <= 1


@pytest.mark.parametrize(
    ("last", "state"),
    [
        (["revoked"], "REVOKED"),
        (["succeeded"], "SUCCESS"),
        (["failed"], "FAILURE"),
        (["retried"], "RETRY"),
        (["revoked", "progress"], "REVOKED"),
        (["succeeded", "progress"], "SUCCESS"),
        (["received", "started"], "STARTED"),
    ],
)
def test_a_monitor_of_this_celery_shows_the_end(last: list[str], state: str) -> None:
    """Celery ranks a state that it does not know above REVOKED and STARTED."""
    rank_progress()
    monitor = State()
    for clock, kind in enumerate(["received", "started", "progress", *last]):
        monitor.event(
            {
                "type": f"task-{kind}",
                "uuid": "t",
                "hostname": "w",
                "timestamp": clock,
                "local_received": clock,
                "clock": clock,
            }
        )
    assert monitor.tasks["t"].state == state
