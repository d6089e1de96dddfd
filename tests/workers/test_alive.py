"""The file that shows a container's health check, by its age, that worker or beat has its turns."""

import sys
import time
from pathlib import Path

import pytest

from tests.conftest import StartServer, StartService, StartWorker
from tests.waiting import eventually

pytestmark = pytest.mark.integration
APP = "workers.app"


def turn(file: Path) -> float:
    """When the last turn was; 0.0 before the first."""
    return file.stat().st_mtime if file.exists() else 0.0


def goes_on(file: Path) -> None:
    before = turn(file)
    eventually(lambda: turn(file) > before, what="a turn")


def stands_still(file: Path) -> None:
    """For longer than the time between two turns."""

    def old() -> bool:
        return time.time() - turn(file) > 6

    eventually(old, what="no turn any more")


def test_a_worker_has_turns_while_it_has_its_broker(
    start_server: StartServer, start_worker: StartWorker, tmp_path: Path
) -> None:
    broker, file = start_server(), tmp_path / "alive"
    start_worker(APP, env={"ALIVE_FILE": str(file), "CELERY_BROKER_URL": broker.url})
    goes_on(file)
    goes_on(file)
    broker.kill()
    stands_still(file)
    broker.start()
    goes_on(file)


def test_each_look_of_beat_at_its_schedule_is_a_turn(
    start_service: StartService, redis_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "alive"
    args = [sys.executable, "-m", "celery", "-A", APP, "beat", "--scheduler", "workers.alive:Beat"]
    args += ["--schedule", str(tmp_path / "schedule"), "--max-interval", "1"]
    env = {"ALIVE_FILE": str(file), "PROGRESS_REDIS_URL": redis_url}
    start_service(args, env=env, ready="is starting")
    goes_on(file)
    goes_on(file)
