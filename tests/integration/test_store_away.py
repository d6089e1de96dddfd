"""The store dies or hangs, and comes back: jobs never feel it, and records catch up."""

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from progress_backend.embedded import EmbeddedServerError
from progress_backend.runs.writer import JOB_WAIT_S
from tests.integration.conftest import running, worker
from tests.integration.world import World
from tests.servers import Server
from tests.waiting import eventually

pytestmark = pytest.mark.chaos


@pytest.fixture
def jobs_are_patient() -> None:
    """Publisher and jobs wait as long as ever: that is tested here."""


@pytest.fixture(scope="module")
def world(folder: Path, url: str, store: Server) -> Iterator[World]:
    env = {
        "PROGRESS_REDIS_URL": store.url,
        "PROGRESS_LEASE_S": "2",
        "PROGRESS_REAP_INTERVAL_S": "1",
        "JOBS_WAIT_S": str(JOB_WAIT_S),
    }
    with running(worker("prefork", folder, url, env=env)):
        with contextlib.closing(World(folder, broker=url, results=url, store=store.url)) as world:
            yield world


@pytest.fixture(autouse=True)
def answering(store: Server) -> Iterator[None]:
    """Each test begins and leaves with a store that answers."""
    yield
    with contextlib.suppress(EmbeddedServerError):  # it does already
        store.start()


def test_no_run_is_lost_by_an_outage_longer_than_a_lease(world: World, store: Server) -> None:
    """The worker could not renew its lease: that is no sign of its death."""
    task_id = str(world.app.tasks["deaf"].delay().id)
    world.begun(task_id)
    eventually(lambda: world.record(task_id)["progress"]["current"] == 1)  # all that it says
    revision = world.record(task_id)["revision"]
    store.pause()
    time.sleep(3)  # longer than a lease: the time itself is what is tested
    store.resume()
    until = time.monotonic() + 4
    while time.monotonic() < until:
        record = world.record(task_id)
        assert (record["status"], record["revision"]) == ("running", revision)
        time.sleep(0.2)
    world.gate.mark(task_id, "enough")
    assert world.ended(task_id)["status"] == "completed"
