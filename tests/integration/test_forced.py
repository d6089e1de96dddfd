"""Records that are ended by HTTP while a worker runs their tasks."""

import contextlib
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery.exceptions import TaskRevokedError

from progress_backend.settings import Settings
from progress_backend.web import create_app
from tests.integration.conftest import running, worker
from tests.integration.test_control import acknowledged, started
from tests.integration.world import TIMEOUT_S, World
from tests.records import without_books
from tests.waiting import eventually
from tests.web.serving import RunningApi


@pytest.fixture(scope="module")
def api(url: str) -> Iterator[RunningApi]:
    api = RunningApi(create_app(Settings(redis_url=url)))
    try:
        yield api.start()
    finally:
        api.stop()


@pytest.mark.parametrize(("end", "name"), [("completed", "tracking"), ("error", "hooked")])
def test_force_stops_it_as_a_cancel_does(
    world: World, api: RunningApi, end: str, name: str
) -> None:
    task_id = started(world, name)
    answer = api.update(task_id, end, force=True, by="me", reason="wrong file", results={"a": 1})
    assert (answer.status_code, answer.json()["status"]) == (200, end)
    with pytest.raises(TaskRevokedError):
        world.app.AsyncResult(task_id).get(timeout=TIMEOUT_S)
    assert len(world.gate.pids(task_id, "finally")) == 1
    if name == "hooked":
        for hook in ("on_failure-TaskCancelled", "after_return-REVOKED"):
            eventually(lambda hook=hook: len(world.gate.pids(task_id, hook)) == 1, TIMEOUT_S)
    asked, record = answer.json(), acknowledged(world, task_id)
    assert asked["control"].pop("acknowledged_at") is None
    assert record["control"].pop("acknowledged_at")
    assert record.pop("revision") == asked.pop("revision") + 1
    assert without_books(record) == asked


def test_one_that_has_not_begun_never_does(world: World, api: RunningApi) -> None:
    task_id = str(world.app.tasks["updating"].apply_async(queue="parked").id)
    answer = api.update(task_id, "completed", force=True)
    assert answer.status_code == 200
    world.receive("parked")
    eventually(lambda: world.result(task_id)["status"] == "REVOKED", TIMEOUT_S)
    assert world.gate.pids(task_id, "began") == []
    assert without_books(world.record(task_id)) == answer.json()


def test_a_dead_workers_run_can_be_ended(folder: Path, url: str, api: RunningApi) -> None:
    """The lease has run out, and no process has judged the run yet."""
    env = {"PROGRESS_LEASE_S": "6"}
    dying = worker("dying", folder, url, env=env, args=("-Q", "dying"))
    with (
        running(dying),
        contextlib.closing(World(folder, broker=url, results=url, store=url)) as world,
    ):
        world.leased(2)
        task_id = started(world, "updating", queue="dying")
        assert api.update(task_id, "completed").status_code == 409
        dying.signal(signal.SIGKILL)
        eventually(lambda: api.update(task_id, "completed").status_code == 200, TIMEOUT_S)
        assert world.record(task_id)["status"] == "completed"
