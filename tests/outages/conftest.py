"""A system with parts that a test may take away: broker, results and store, each a server of its
own or one server for all."""

import contextlib
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.outages.fleet import Broker, Fleet
from tests.servers import LOG_TAIL, Server, Worker

StartFleet = Callable[..., Fleet]


@contextlib.contextmanager
def worker(
    folder: Path,
    broker: str,
    results: str,
    store: str,
    *,
    env: dict[str, str] | None = None,
    name: str = "worker1",
    **options: Any,
) -> Iterator[Worker]:
    """A worker of the outage tests' app; `broker`, `results` and `store` are URLs."""
    given = {
        "CELERY_BROKER_URL": broker,
        "CELERY_RESULT_BACKEND": results,
        "PROGRESS_REDIS_URL": store,
        "PROGRESS_UPDATE_INTERVAL_S": "0.1",
        "JOBS_DIR": str(folder),
        **(env or {}),
    }
    log = folder / f"{name}.log"
    started = Worker("tests.outages.app", name=name, log=log, env=given, **options)
    try:
        yield started.start()
    finally:
        started.kill()  # its servers may be gone
        print(f"--- {started}\n{started.log[-LOG_TAIL:]}")


@contextlib.contextmanager
def fleet(
    folder: Path,
    *,
    apart: bool = False,
    broker_apart: bool = False,
    broker: Broker | None = None,
    conf: dict[str, Any] | None = None,
    env: dict[str, str] | None = None,
    envs: Sequence[dict[str, str]] = (),
    workers: int = 1,
    **options: Any,
) -> Iterator[Fleet]:
    """Servers and workers. `apart`: the store is a server of its own; `broker_apart`: the broker
    is one, or this one. `conf`: the configuration of all. `envs`: one environment a worker instead
    of `env` for all."""
    with contextlib.ExitStack() as stack:

        def server(**given: Any) -> Server:
            started = Server(**given)
            stack.callback(started.stop)
            return started.start()

        store = server(data_dir=folder / "store", appendonly=True)
        results = server() if apart else store
        if broker is None:
            broker = server() if broker_apart else results
        started = Fleet(broker, results, store, folder, conf)
        stack.callback(started.close)
        urls = (broker.url, results.url, store.url)
        if conf is not None:
            env = {**(env or {}), "OUTAGES_CONF": json.dumps(conf)}
        for number, own in enumerate(envs or [env] * workers, 1):
            given = {"env": own, "concurrency": 2, "name": f"worker{number}", **options}
            started.workers.append(stack.enter_context(worker(folder, *urls, **given)))
        yield started


@pytest.fixture
def start_fleet(tmp_path: Path) -> Iterator[StartFleet]:
    """Start one; arguments as `fleet`'s."""
    with contextlib.ExitStack() as stack:
        yield lambda **options: stack.enter_context(fleet(tmp_path, **options))
