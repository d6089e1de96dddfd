"""pytest-celery's setup without an engine: its broker, result backend and workers are processes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from pytest_celery import (
    CeleryTestBackend,
    CeleryTestBroker,
    CeleryTestWorker,
    CeleryWorkerCluster,
)

from tests.conftest import StartServer
from tests.docker.conftest import celery_setup_cls, fleet, jobs_env
from tests.nodes.processes import ServerProcess, WorkerProcess
from tests.servers import Worker

__all__ = ["celery_setup_cls", "fleet", "jobs_env"]


@pytest.fixture
def celery_broker(start_server: StartServer) -> CeleryTestBroker:
    return CeleryTestBroker(ServerProcess(start_server(), "broker"))


@pytest.fixture
def celery_backend(start_server: StartServer) -> CeleryTestBackend:
    """The records are in another database of it."""
    return CeleryTestBackend(ServerProcess(start_server(), "backend"))


@pytest.fixture
def celery_worker_cluster_config(
    celery_broker: CeleryTestBroker, celery_backend: CeleryTestBackend
) -> dict[str, Any]:
    """Where each part is, as the plugin writes it down for clusters."""
    return {
        f"celery_{part}_cluster_config": {
            "urls": [node.config()["url"]],
            "host_urls": [node.config()["host_url"]],
        }
        for part, node in (("broker", celery_broker), ("backend", celery_backend))
    }


@pytest.fixture
def celery_worker_cluster(
    celery_setup_app: Celery, jobs_env: dict[str, str], tmp_path: Path
) -> Iterator[CeleryWorkerCluster]:
    """Two workers of one process each."""
    env = {name: value for name, value in jobs_env.items() if name != "PYTHONPATH"}
    workers = [
        Worker("tests.docker.jobs", log=tmp_path / f"{name}.log", name=name, env=env)
        for name in ("first", "second")
    ]
    try:
        for each in workers:
            each.start()
        nodes = (CeleryTestWorker(WorkerProcess(each), celery_setup_app) for each in workers)
        yield CeleryWorkerCluster(*nodes)
    finally:
        for each in workers:
            each.stop()
