"""The store behind Redis Sentinel: its master dies, hangs, or is demoted under a running job."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from progress_backend.errors import StoreUnavailable
from progress_backend.runs.writer import JOB_WAIT_S
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from tests.conftest import StartServer
from tests.outages.app import build
from tests.outages.conftest import worker
from tests.outages.fleet import client, close_app, waited_for_nothing
from tests.outages.trio import TIMEOUT_S, Trio
from tests.stopwatch import FACTOR, Stopwatch
from tests.waiting import eventually


@pytest.fixture
def jobs_are_patient() -> None:
    """They wait as long as ever: that is tested here."""


@pytest.fixture(scope="module")
def trio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trio]:
    """Each test leaves it as the next may find it; the last one ends it."""
    with Trio(tmp_path_factory.mktemp("trio")) as trio:
        yield trio


def record(trio: Trio, task_id: str) -> dict[str, Any]:
    with client(trio.master.url) as connected:
        found: dict[str, Any] = json.loads(connected.get(f"task:{task_id}") or "{}")
        return found


def test_a_failover_under_a_running_job(
    trio: Trio, start_server: StartServer, tmp_path: Path
) -> None:
    broker = start_server()
    app = build(broker.url, None, redis_url=trio.url)
    with contextlib.ExitStack() as stack:
        stack.callback(close_app, app)
        stack.enter_context(worker(tmp_path, *[broker.url] * 2, trio.url, concurrency=1))
        job = app.tasks["gated"].delay("go").id
        eventually(lambda: record(trio, job).get("status") == "running", TIMEOUT_S)
        old = trio.master
        trio.kill_sentinel()
        old.kill()
        with Stopwatch() as watch:
            late = app.tasks["quick"].delay(3).id
        assert watch.seconds < FACTOR * JOB_WAIT_S, "publishing did not wait for the failover"
        before = record(trio, job)["progress"]["current"]  # of the new master
        assert trio.master is not old
        eventually(lambda: record(trio, job)["progress"]["current"] > before, TIMEOUT_S)
        (tmp_path / "go").touch()
        eventually(
            lambda: {record(trio, task).get("status") for task in (job, late)} == {"completed"},
            TIMEOUT_S,
            what="the end of both",
        )
        waited_for_nothing(record(trio, job)["results"])
        assert record(trio, job)["attempt"] == 1


def test_sentinels_that_hang_cost_one_wait(trio: Trio) -> None:
    trio.pause_sentinels()
    with Store(Settings(redis_url=trio.url), timeout_s=JOB_WAIT_S) as store:
        with Stopwatch() as watch, pytest.raises(StoreUnavailable):
            store.ready()
        assert watch.seconds < FACTOR * JOB_WAIT_S
