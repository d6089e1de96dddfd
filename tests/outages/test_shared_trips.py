"""A sender with many runs, as in a pool of threads: their newest values share trips."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from progress_backend.flows.commands import Command, Commits
from progress_backend.runs.run import Run
from progress_backend.runs.sender import Sender
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from tests.conftest import StartServer
from tests.outages.fleet import client
from tests.outages.test_sender import start, task_of
from tests.servers import Server
from tests.stopwatch import Stopwatch
from tests.waiting import eventually

pytestmark = pytest.mark.integration


@pytest.fixture
def server(start_server: StartServer) -> Server:
    return start_server()


@pytest.fixture
def sender(server: Server) -> Iterator[Sender]:
    """Picks nothing up by itself: an hour's interval."""
    settings = Settings(redis_url=server.url, update_interval_s=3_600)
    with Store(settings, timeout_s=0.2) as store:
        sender = Sender(store, None, closing_s=0.1)
        yield sender
        sender.stop()


def quiet(sender: Sender, runs: int) -> list[Run]:
    """Runs that have each said something, which nobody has picked up."""
    started = [start(sender, f"t{number}") for number in range(runs)]
    for number, run in enumerate(started):
        run.current, run.pending = number + 1, True
    return started


def test_what_many_runs_say_shares_trips(
    server: Server, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = quiet(sender, 40)
    trips: list[int] = []
    execute = sender.writer.store.execute

    def counted(command: Command) -> Any:
        assert isinstance(command, Commits)
        trips.append(len(command.commits))
        return execute(command)

    monkeypatch.setattr(sender.writer.store, "execute", counted)
    sender.flush(everything=True)
    monkeypatch.undo()
    assert trips == [16, 16, 8]
    for number, run in enumerate(runs):
        task = task_of(server, run.task_id)
        assert task is not None
        assert (task.current_items, task.revision) == (number + 1, 2)


def test_one_of_many_that_is_none_holds_no_other_up(server: Server, sender: Sender) -> None:
    runs = quiet(sender, 5)
    with client(server.url) as connected:
        connected.delete("task:t1", "task:t3")
        connected.rpush("task:t1", "no string")
        connected.set("task:t3", "no record")
    sender.flush(everything=True)
    for place in (0, 2, 4):
        task = task_of(server, f"t{place}")
        assert task is not None
        assert task.current_items == place + 1
    assert [run.pending for run in runs] == [None] * 5
    assert not sender.patient.breaker.open


def test_what_many_runs_said_while_the_store_was_away_is_recorded_later(
    server: Server, sender: Sender
) -> None:
    quiet(sender, 5)
    server.pause()
    said = datetime.now(UTC)
    with Stopwatch() as watch:
        sender.flush(everything=True)
    server.resume()
    eventually(lambda: not sender.patient.breaker.open)
    sender.flush(everything=True)
    for number in range(5):
        task = task_of(server, f"t{number}")
        assert task is not None
        assert task.current_items == number + 1
        assert task.updated_at is not None
        assert timedelta(seconds=-1) < task.updated_at - said < timedelta(seconds=watch.seconds / 2)
