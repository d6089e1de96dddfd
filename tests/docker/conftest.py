"""Containers for the tests. They run where PROGRESS_TEST_DOCKER is 1 and an engine answers.

pytest-celery gives the broker and the result backend; the workers are two containers of the
project's own image, with the tests' jobs in a volume. The records are in another database of the
result backend's server, so that what happens to the broker does not happen to them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from celery import Celery
from pytest_celery import (
    CELERY_REDIS_BROKER,
    CeleryTestBroker,
    CeleryTestSetup,
    CeleryTestWorker,
    CeleryWorkerCluster,
)
from pytest_docker_tools import container, fxtr, volume

from tests.docker import engine, jobs
from tests.docker.fleet import Fleet, JobsWorker
from tests.servers import ROOT

MOUNTED = ("tests/__init__.py", "tests/docker/__init__.py", "tests/docker/jobs.py")


def pytest_runtest_setup(item: pytest.Item) -> None:
    if os.environ.get("PROGRESS_TEST_DOCKER") != "1" and item.get_closest_marker("docker"):
        pytest.skip("set PROGRESS_TEST_DOCKER=1 to run the tests that need a container engine")


@pytest.fixture(scope="session")
def image() -> str:
    """The project's image, built from the working tree."""
    return engine.build()


class JobsSetup(CeleryTestSetup):  # type: ignore[misc]  # pytest-celery is untyped
    """The tests' side: an app with the jobs, installed, on the ports that the engine published."""

    @classmethod
    def update_app_config(cls, app: Celery) -> None:
        app.conf.update(jobs.CONF)
        jobs.add(app, redis_url=jobs.store_of(app.conf.result_backend))


@pytest.fixture
def celery_setup_cls() -> type[CeleryTestSetup]:
    return JobsSetup


# pytest-celery's own has each broker that it knows, in another order in each process.
@pytest.fixture
def celery_broker(request: pytest.FixtureRequest) -> Iterator[CeleryTestBroker]:
    """Redis; RabbitMQ is the broker in test_documents."""
    broker: CeleryTestBroker = request.getfixturevalue(CELERY_REDIS_BROKER)
    yield broker
    broker.teardown()


@pytest.fixture
def jobs_env(celery_worker_cluster_config: dict[str, Any]) -> dict[str, str]:
    """What a worker's container is told."""
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


jobs_volume = volume(
    initial_content={name: (ROOT / name).read_bytes() for name in MOUNTED},
)
_worker = {
    "image": "{image}",
    "command": JobsWorker.command(),
    "environment": fxtr("jobs_env"),
    "network": "{default_pytest_celery_network.name}",
    "volumes": {"{jobs_volume.name}": {"bind": "/jobs", "mode": "ro"}},
    # Else the image's volume would outlive the container.
    "tmpfs": {"/data": ""},
    "wrapper_class": JobsWorker,
    "timeout": 60,
}
first_worker = container(**_worker)
second_worker = container(**_worker)


@pytest.fixture
def celery_worker_cluster(
    first_worker: JobsWorker, second_worker: JobsWorker, celery_setup_app: Celery
) -> CeleryWorkerCluster:
    """Two workers of the project's image."""
    workers = (first_worker, second_worker)
    return CeleryWorkerCluster(*(CeleryTestWorker(each, celery_setup_app) for each in workers))


@pytest.fixture
def fleet(celery_setup: CeleryTestSetup) -> Iterator[Fleet]:
    """Broker, result backend and two workers, ready."""
    assert celery_setup.ready(control=True)
    fleet = Fleet(celery_setup)
    yield fleet
    fleet.close()
