"""What Celery's own tools see of progress, and that it never comes late or hurts."""

import logging
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from celery.app.task import Context
from celery.events.state import State

from progress_backend import Task
from progress_backend.record.events import Identity
from progress_backend.record.model import replace
from progress_backend.runs.celery_thread import CeleryThread
from progress_backend.runs.mirror import Mirror, meta_of, summary_of
from progress_backend.runs.run import Run
from progress_backend.tracking.install import rank_progress
from tests.apps import App
from tests.conftest import Install, StartServer
from tests.runs.test_run import Desk
from tests.strangers import Way
from tests.waiting import eventually

TASK = Task("t", "fetch_data", 252, current_items=150, status="running", message="half way")


@pytest.fixture
def app(installed: Install) -> App:
    return installed()


def run_of(app: App, task_id: str = "t", **options: Any) -> Run:
    """A run of a worker that is none of this process."""

    def fetch() -> None:
        pass

    name = {"t": "fetch"}.get(task_id, task_id)
    task = app.task(name=name, shared=False, **options)(fetch)
    # As of a message of protocol 1 or of another language: it says nothing of the result.
    request = Context(id=task_id, hostname="w@tests", is_eager=False)
    return Run(task_id, Identity(task_type="x"), Desk(), celery_task=task, request=request)


def mirrored(app: App, *, events: bool = False, **options: Any) -> tuple[Run, Mirror]:
    """Such a run, and a mirror with threads of its own."""
    threads = CeleryThread("results"), CeleryThread("broker")
    return run_of(app, **options), Mirror(app.celery, *threads, flower_events=events)


class Monitor:
    """A monitor on the broker."""

    def __init__(self, app: App, redis_url: str) -> None:
        self.events: list[dict[str, Any]] = []
        self._connection = app.celery.connection_for_read()
        self._receiver = app.celery.events.Receiver(self._connection, {"*": self.events.append})
        self._thread = threading.Thread(target=self._listen)
        with redis.Redis.from_url(redis_url) as client:

            def subscribed() -> set[str]:
                return {one["id"] for one in client.client_list(_type="pubsub")}

            before = subscribed()
            self._thread.start()
            # The broker drops what has no subscriber yet.
            eventually(lambda: subscribed() - before)

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
def listener(app: App, redis_url: str) -> Iterator[Monitor]:
    listener = Monitor(app, redis_url)
    yield listener
    listener.close()


def test_the_line_that_flower_shows() -> None:
    assert summary_of(TASK) == "150/252 59.5% half way"
    assert summary_of(Task("t", "x", None, current_items=7)) == "7"
    assert summary_of(Task("t", "x", 10, message="m" * 500)) == ("0/10 0% " + "m" * 500)[:200]


def test_the_meta_that_celery_progress_reads() -> None:
    assert meta_of(TASK) == {
        "current": 150,
        "total": 252,
        "percent": 59.5,
        "pending": False,
        "description": "half way",
        "message": "half way",
    }


def test_an_unknown_total_is_a_number_that_is_never_reached() -> None:
    """celery-progress adds up the totals of a group and divides by the sum."""
    for current, stand_in in ((0, 100), (99, 100), (100, 101), (5_000, 5_001)):
        meta = meta_of(Task("t", "x", None, current_items=current, message="m"))
        assert (meta["current"], meta["total"], meta["percent"]) == (current, stand_in, 0)


def test_meta_and_event_are_written(app: App, listener: Monitor) -> None:
    run, mirror = mirrored(app, events=True)
    mirror.show(run, TASK)
    assert eventually(lambda: app.result("t"))["status"] == "PROGRESS"
    assert app.result("t")["result"] == meta_of(TASK)
    (event,) = eventually(lambda: listener.events[:])
    assert (event["type"], event["uuid"], event["name"]) == ("task-progress", "t", "fetch")
    assert (event["hostname"], event["result"]) == ("w@tests", summary_of(TASK))
    # These would shadow what monitors keep of a task.
    assert not {"state", "event"} & set(event)


def test_an_event_a_second_and_every_meta(app: App, listener: Monitor) -> None:
    run, mirror = mirrored(app, events=True)
    began = time.monotonic()
    for number in range(20):
        mirror.show(run, Task("t", "x", 252, current_items=number, status="running"))
        # Called before the next turn.
        eventually(lambda: app.result("t").get("result", {}).get("current") == number)  # noqa: B023
    eventually(lambda: listener.events)
    assert len(listener.events) <= 1 + (time.monotonic() - began)


def test_events_can_be_left_out(app: App, listener: Monitor) -> None:
    run, mirror = mirrored(app)
    mirror.show(run, TASK)
    mirror.revoked(run)
    through(app, mirror)
    with app.celery.events.default_dispatcher(hostname="w@tests") as dispatcher:
        dispatcher.send("task-marker")
    assert eventually(lambda: [event["type"] for event in listener.events]) == ["task-marker"]


@pytest.mark.parametrize("why", ["ignored", "the job writes its own", "body is over", "ended"])
def test_a_result_that_is_not_to_be_stored_is_not(app: App, why: str) -> None:
    """Celery would not store it, the job has set a state by hand, or the record has ended."""
    run, mirror = mirrored(app, ignore_result=why == "ignored")
    run.own_meta, run.closed = why == "the job writes its own", why == "body is over"
    mirror.show(run, replace(TASK, status="cancelled") if why == "ended" else TASK)
    through(app, mirror)
    assert app.result("t") == {}


def test_an_event_is_not_sent_again(
    app: App, start_server: StartServer, caplog: pytest.LogCaptureFixture
) -> None:
    """The next one is a better one, whatever patience Celery has with its broker."""
    broker = start_server()
    with Way(broker.url) as way:
        app.celery.conf.update(broker_url=way.url, broker_write_url=way.url)
        run, mirror = mirrored(app, events=True)
        mirror.show(run, TASK)
        eventually(lambda: way.requests)
        mirror.close(run, 20)
        broker.kill()
        before = way.accepted
        with caplog.at_level(logging.WARNING, "progress_backend"):
            run.event_due = 0
            mirror.show(run, TASK)
            eventually(lambda: "progress is not sent" in caplog.text)
        assert way.accepted - before <= 1


@pytest.mark.parametrize(
    ("last", "state"),
    [
        (["revoked", "progress"], "REVOKED"),
        (["succeeded", "progress"], "SUCCESS"),
        (["retried"], "RETRY"),
        (["received", "started"], "STARTED"),
    ],
)
def test_a_monitor_of_this_celery_shows_the_end(last: list[str], state: str) -> None:
    """Celery ranks a state that it does not know above REVOKED and STARTED."""
    rank_progress()
    monitor = State()
    for clock, kind in enumerate(["received", "started", "progress", *last]):
        times = dict.fromkeys(("timestamp", "local_received", "clock"), clock)
        monitor.event({"type": f"task-{kind}", "uuid": "t", "hostname": "w", **times})
    assert monitor.tasks["t"].state == state
