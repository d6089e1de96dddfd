"""One running system a module: a store, a worker of one pool and the tests' side of it."""

import contextlib
import json
import re
import signal
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import kombu.pools
import pytest

from tests.conftest import end, flushed
from tests.integration.world import World
from tests.servers import Server, Service, Worker

APP = "tests.integration.app"


def environment(folder: Path, url: str, *, conf: Mapping[str, Any] | None = None) -> dict[str, str]:
    """The environment of a process of the system; broker, results and records are on `url`."""
    urls = dict.fromkeys(["CELERY_BROKER_URL", "CELERY_RESULT_BACKEND", "PROGRESS_REDIS_URL"], url)
    return {
        **urls,
        "JOBS_DIR": str(folder),
        "JOBS_CONF": json.dumps(conf or {}),
        "PROGRESS_UPDATE_INTERVAL_S": "0.05",
    }


def worker(
    name: str,
    folder: Path,
    url: str,
    *,
    pool: str = "prefork",
    concurrency: int = 2,
    conf: Mapping[str, Any] | None = None,
    env: Mapping[str, str] | None = None,
    args: tuple[str, ...] = (),
) -> Worker:
    """A worker with the jobs, not started; `env` wins."""
    return Worker(
        APP,
        log=folder / f"{name}.log",
        name=name,
        pool=pool,
        concurrency=concurrency,
        # Both make a worker's start a second longer.
        args=("--without-gossip", "--without-mingle", *args),
        env={**environment(folder, url, conf=conf), **(env or {})},
    )


def beat(folder: Path, url: str, env: Mapping[str, str], **about: Any) -> Service:
    """A beat process of its own, not started; `about` as `environment`'s."""
    args = [sys.executable, "-m", "celery", "-A", APP, "beat", "--loglevel", "INFO"]
    args += ["--schedule", str(folder / "beat-schedule")]
    env = {**environment(folder, url, **about), **env}
    return Service(args, log=folder / "beat.log", env=env)


@contextlib.contextmanager
def running(*workers: Worker) -> Iterator[None]:
    """The workers, started side by side; ended and their logs shown afterwards."""
    try:
        for each in workers:
            # From this thread: a process gets its parent-death signal when the thread ends.
            Service.start(each)
        for each in workers:
            each.wait_for_log(rf"{re.escape(each.nodename)} ready\.")
        yield
    finally:
        for each in workers:
            if each.alive:
                each.signal(signal.SIGTERM)
        end(workers)


@pytest.fixture(scope="module")
def store() -> Iterator[Server]:
    """The records' own server, to be hurt while broker and results answer."""
    server = Server().start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("jobs")


@pytest.fixture(scope="module")
def url(session_redis_url: str) -> str:
    """The run's server, empty when the module begins.

    kombu keeps one pool of connections a URL for the whole process: those of an earlier module,
    which may have had the server end them, would be taken for this one's.
    """
    kombu.pools.reset()
    return flushed(session_redis_url)


@pytest.fixture(scope="module")
def pool() -> str:
    """The worker's pool; a module says otherwise by parametrizing it."""
    return "prefork"


@pytest.fixture(scope="module")
def env() -> dict[str, str]:
    """What else the worker's environment has; a module may say."""
    return {}


@pytest.fixture(scope="module")
def world(folder: Path, url: str, pool: str, env: dict[str, str]) -> Iterator[World]:
    """A worker on that server, and the tests' side."""
    concurrency = 1 if pool == "solo" else 2
    with running(worker(pool, folder, url, pool=pool, concurrency=concurrency, env=env)):
        with contextlib.closing(World(folder, broker=url, results=url, store=url)) as world:
            world.pool = pool
            world.leased()
            yield world
