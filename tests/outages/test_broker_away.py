"""The broker or the result backend goes away under a running job: its record goes on, and meta and
events come back with them."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from celery import Celery

from tests.outages.conftest import StartFleet
from tests.outages.fleet import TIMEOUT_S, Fleet, grows, waited_for_nothing
from tests.servers import Server
from tests.waiting import eventually


@contextlib.contextmanager
def monitor(broker: Server) -> Iterator[list[dict[str, Any]]]:
    """The events that a monitor such as Flower receives meanwhile."""
    app = Celery(broker=broker.url, set_as_current=False)
    received: list[dict[str, Any]] = []
    enough = threading.Event()

    def listen() -> None:
        with app.connection_for_read() as connection:
            receiver = app.events.Receiver(connection, handlers={"*": received.append})
            while not enough.is_set():
                with contextlib.suppress(TimeoutError):
                    receiver.capture(limit=None, timeout=0.5, wakeup=False)

    thread = threading.Thread(target=listen)
    thread.start()
    try:
        yield received
    finally:
        enough.set()
        thread.join()
        app.close()


def progress_of(received: list[dict[str, Any]], task_id: str) -> list[int]:
    events = [event for event in received if event["type"] == "task-progress"]
    return [event["current"] for event in events if event["uuid"] == task_id]


def hung(server: Server) -> Callable[[], object]:
    server.pause()
    return server.resume


def dead(server: Server) -> Callable[[], object]:
    server.kill()
    return server.start


def test_a_broker_away_holds_up_neither_record_nor_meta(start_fleet: StartFleet) -> None:
    fleet = start_fleet(apart=True, broker_apart=True, concurrency=1)
    job = fleet.send("gated", "go")
    with monitor(fleet.broker) as received:
        fleet.running(job)
        eventually(lambda: progress_of(received, job), TIMEOUT_S, what="an event")
    for go_away in (hung, dead):
        come_back = go_away(fleet.broker)
        # Until an event has been tried, and for a second more.
        until = time.monotonic() + 2
        while time.monotonic() < until:
            grows(lambda: recorded(fleet, job), TIMEOUT_S, "record")
            grows(lambda: shown(fleet, job), TIMEOUT_S, "meta")
        come_back()
        with monitor(fleet.broker) as received:
            eventually(lambda: progress_of(received, job), TIMEOUT_S, what="an event again")
    fleet.open("go")
    assert fleet.ended(job)["status"] == "completed"
    result = fleet.finished(job)
    assert result["status"] == "SUCCESS"
    waited_for_nothing(result["result"])


def recorded(fleet: Fleet, job: str) -> int:
    figure: int = fleet.record(job)["progress"]["current"]
    return figure


def shown(fleet: Fleet, job: str) -> int:
    """What the result's meta says; 0 while the result backend is away."""
    figure: int = (fleet.result(job).get("result") or {}).get("current", 0)
    return figure


def test_a_result_backend_away_holds_up_no_record(start_fleet: StartFleet) -> None:
    fleet = start_fleet(apart=True, concurrency=1)  # the broker's server is the backend's, too
    job = fleet.send("gated", "go", "raise")
    fleet.running(job)
    grows(lambda: shown(fleet, job), TIMEOUT_S, "meta")
    come_back = dead(fleet.results)
    until = time.monotonic() + 1.5
    while time.monotonic() < until:
        grows(lambda: recorded(fleet, job), TIMEOUT_S, "record")
    come_back()
    grows(lambda: shown(fleet, job), TIMEOUT_S, "meta")
    fleet.open("go")
    assert fleet.finished(job)["status"] == "FAILURE"
    assert fleet.ended(job)["status"] == "error"
