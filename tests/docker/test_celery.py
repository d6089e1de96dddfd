"""Tracked jobs in pytest-celery's containers: its broker and result backend, workers of the
project's image; the records are in another database of the result backend's server."""

from collections.abc import Iterator
from typing import Any

import pytest
from celery import Celery
from pytest_celery import (
    CELERY_REDIS_BACKEND,
    CELERY_REDIS_BROKER,
    CeleryTestBackend,
    CeleryTestBroker,
    CeleryTestSetup,
    CeleryTestWorker,
    CeleryWorkerCluster,
    CeleryWorkerContainer,
)
from pytest_docker_tools import container, fxtr, volume

from progress_backend import RedisProgressService
from progress_backend.tracking.tracker import tracker_of
from tests.docker import jobs
from tests.docker.jobs import TOTAL
from tests.servers import ROOT
from tests.waiting import aeventually

pytestmark = [pytest.mark.docker, pytest.mark.slow]

MOUNTED = ("tests/__init__.py", "tests/docker/__init__.py", "tests/docker/jobs.py")


class JobsWorker(CeleryWorkerContainer):  # type: ignore[misc]  # pytest-celery is untyped
    """A worker of the project's image, with the job; the image's entry point runs it."""

    @classmethod
    def command(cls, *args: str, **_: Any) -> list[str]:
        app = ["celery", "-A", "tests.docker.jobs", "worker", "-n", f"{cls.worker_name()}@%h"]
        return [*app, "--loglevel", "INFO", "--concurrency", "1", *args]


class JobsSetup(CeleryTestSetup):  # type: ignore[misc]  # pytest-celery is untyped
    """The tests' side: an app with the job, on the ports that the engine published."""

    @classmethod
    def update_app_config(cls, app: Celery) -> None:
        jobs.add(app, redis_url=jobs.store_of(app.conf.result_backend))


@pytest.fixture
def celery_setup_cls() -> type[CeleryTestSetup]:
    return JobsSetup


# pytest-celery's own have each broker and backend that it knows.
@pytest.fixture
def celery_broker(request: pytest.FixtureRequest) -> Iterator[CeleryTestBroker]:
    broker: CeleryTestBroker = request.getfixturevalue(CELERY_REDIS_BROKER)
    yield broker
    broker.teardown()


@pytest.fixture
def celery_backend(request: pytest.FixtureRequest) -> Iterator[CeleryTestBackend]:
    backend: CeleryTestBackend = request.getfixturevalue(CELERY_REDIS_BACKEND)
    yield backend
    backend.teardown()


@pytest.fixture
def jobs_env(celery_worker_cluster_config: dict[str, Any]) -> dict[str, str]:
    """The environment of a worker's container."""
    broker, results = (
        celery_worker_cluster_config[f"celery_{part}_cluster_config"]["urls"][0]
        for part in ("broker", "backend")
    )
    return {
        "CELERY_BROKER_URL": broker,
        "CELERY_RESULT_BACKEND": results,
        "PROGRESS_REDIS_URL": jobs.store_of(results),
        "PROGRESS_LEASE_S": "3",
        "PROGRESS_REAP_INTERVAL_S": "1",
        "PROGRESS_UPDATE_INTERVAL_S": "0.05",
        "PYTHONPATH": "/jobs",
        "JOBS_WORKER": "1",
    }


jobs_volume = volume(initial_content={name: (ROOT / name).read_bytes() for name in MOUNTED})
_worker = {
    "image": "{image}",
    "command": JobsWorker.command(),
    "environment": fxtr("jobs_env"),
    "network": "{default_pytest_celery_network.name}",
    "volumes": {"{jobs_volume.name}": {"bind": "/jobs", "mode": "ro"}},
    "tmpfs": {"/data": ""},  # else the image's volume would outlive the container
    "wrapper_class": JobsWorker,
    "timeout": 60,
}
first_worker = container(**_worker)
second_worker = container(**_worker)


@pytest.fixture
def celery_worker_cluster(
    first_worker: JobsWorker, second_worker: JobsWorker, celery_setup_app: Celery
) -> CeleryWorkerCluster:
    workers = (first_worker, second_worker)
    return CeleryWorkerCluster(*(CeleryTestWorker(each, celery_setup_app) for each in workers))


@pytest.fixture
def setup(celery_setup: CeleryTestSetup) -> Iterator[CeleryTestSetup]:
    """Broker, result backend and two workers, ready."""
    assert celery_setup.ready(control=True)
    yield celery_setup
    tracker = tracker_of(celery_setup.app)
    if tracker.process is not None:
        tracker.stop()
        tracker.process.store.close()
    celery_setup.app.close()


async def test_a_tracked_job_a_kill_and_the_records(setup: CeleryTestSetup) -> None:
    app = setup.app
    # Each worker has one process, so both have a job.
    good, killed = (app.tasks["halting"].delay().id for _ in range(2))
    async with RedisProgressService(jobs.store_of(app.conf.result_backend)) as service:

        async def body(task_id: str, **wanted: Any) -> dict[str, Any]:
            async def has() -> dict[str, Any]:
                found = await service.get_task_status(task_id) or {}
                assert {name: found.get(name) for name in wanted} == wanted
                return found

            return dict(await aeventually(has, 60, what=f"{task_id} {wanted}") or {})

        running = {i: await body(i, current_status="half way") for i in (good, killed)}
        workers = {worker.hostname(): worker for worker in setup.worker_cluster}
        assert {one["worker"] for one in running.values()} == workers.keys()
        for one in running.values():
            assert one["progress"] == {"current": TOTAL // 2, "total": TOTAL, "percentage": 50}
        workers[running[killed]["worker"]].kill()
        lost = await body(killed, status="error", error_cause="lost")
        assert lost["error_code"]["args"] == {"worker": running[killed]["worker"]}
        client = setup.backend.container.client
        client.set(jobs.gate(good), 1)
        client.close()
        ended = await body(good, status="completed")
        assert ended["progress"] == {"current": TOTAL, "total": TOTAL, "percentage": 100}
        assert ended["results"] == {"records_saved": TOTAL}
