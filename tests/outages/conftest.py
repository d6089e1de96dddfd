"""A system whose parts a test may take away: broker, results and store, each a server of its own
or one server for all."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import StartServer
from tests.outages.fleet import Fleet
from tests.servers import LOG_TAIL, Worker

StartFleet = Callable[..., Fleet]
StartOutageWorker = Callable[..., Worker]


@pytest.fixture
def start_outage_worker(tmp_path: Path) -> Iterator[StartOutageWorker]:
    """Start a worker of the outage tests' app; `broker`, `results` and `store` are URLs."""
    started: list[Worker] = []
    names = (f"worker{number}" for number in itertools.count(1))

    def start(
        broker: str,
        results: str,
        store: str,
        *,
        env: dict[str, str] | None = None,
        ready: bool = True,
        **options: Any,
    ) -> Worker:
        name = next(names)
        given = {
            "CELERY_BROKER_URL": broker,
            "CELERY_RESULT_BACKEND": results,
            "PROGRESS_REDIS_URL": store,
            "PROGRESS_UPDATE_INTERVAL_S": "0.1",
            "JOBS_DIR": str(tmp_path),
            **(env or {}),
        }
        worker = Worker(
            "tests.outages.app", name=name, log=tmp_path / f"{name}.log", env=given, **options
        )
        started.append(worker)
        return worker.start()

    yield start
    for worker in reversed(started):
        worker.kill()  # whose servers may be gone
        print(f"--- {worker}\n{worker.log[-LOG_TAIL:]}")


@pytest.fixture
def start_fleet(
    start_server: StartServer, start_outage_worker: StartOutageWorker, tmp_path: Path
) -> Iterator[StartFleet]:
    """Start servers and a worker. `apart`: the store is a server of its own; `broker_apart`: the
    broker is one."""
    with contextlib.ExitStack() as stack:

        def start(
            *,
            apart: bool = False,
            broker_apart: bool = False,
            env: dict[str, str] | None = None,
            workers: int = 1,
            **options: Any,
        ) -> Fleet:
            store = start_server(data_dir=tmp_path / "store", appendonly=True)
            results = start_server() if apart else store
            broker = start_server() if broker_apart else results
            fleet = Fleet(broker, results, store, tmp_path)
            stack.callback(fleet.close)
            for _ in range(workers):
                worker = start_outage_worker(
                    broker.url, results.url, store.url, env=env, **{"concurrency": 2, **options}
                )
                fleet.workers.append(worker)
            return fleet

        yield start
