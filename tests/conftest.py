"""Servers for the tests. Every test that takes one of them gets an empty store.

The tests' own server is the embedded Valkey, started once for the run and flushed before each
test. PROGRESS_TEST_REDIS_URL names another one instead: **its database is flushed before each
test**, so the run refuses a database that isn't empty at the start. Pub/Sub is shared by all
databases of a server: let nothing else publish there meanwhile, and run one process (`make test`
does).

PROGRESS_TEST_REDIS_SERVER names the binary of the second kind of server that ``server_url`` runs
on (default: /usr/bin/redis-server). Without one those tests are skipped, or fail when CI is set.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
import redis

from progress_backend import embedded
from progress_backend.embedded import EmbeddedServer
from progress_backend.store import outage_log
from progress_backend.testing import wait_for_progress
from tests import tiers
from tests.servers import LOG_TAIL, START_S, Server, Service, Worker, debian_redis
from tests.waiting import PATIENCE_S

if TYPE_CHECKING:
    from progress_backend.service.progress_service import ProgressService
    from progress_backend.service.redis_progress_service import RedisProgressService
    from tests.apps import App

StartServer = Callable[..., Server]
StartService = Callable[..., Service]
StartWorker = Callable[..., Worker]
Install = Callable[..., "App"]


def pytest_addoption(parser: pytest.Parser) -> None:
    tiers.add_option(parser)


def pytest_configure(config: pytest.Config) -> None:
    """A person's own settings must not reach the code under test; nor does whoever starts the
    tests in the background, where SIGINT and SIGQUIT are ignored by them and by all they start."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGQUIT) is signal.SIG_IGN:
        signal.signal(signal.SIGQUIT, signal.SIG_DFL)
    for name in list(os.environ):
        if name.startswith(("PROGRESS_", "CELERY_", "PRICES_")) and "_TEST_" not in name:
            del os.environ[name]
    # What a busy machine does late is no failure.
    embedded.START_S = PATIENCE_S
    wait_for_progress.__kwdefaults__["timeout"] = PATIENCE_S
    os.environ.pop("PYTEST_ADDOPTS", None)  # read by now; not meant for a pytest that a test starts
    tiers.load_examples(config)
    config.pluginmanager.register(tiers.Summary(config), "progress-tiers")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leaves folders of another tier unread."""
    return tiers.ignores(config, collection_path) or None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out what is of another tier; several processes take the slow files first."""
    tiers.choose(config, items)
    if hasattr(config, "workerinput"):
        # A file goes to one process. One that takes minutes and comes last lets the others wait.
        long_ones = ("slow", "integration", "browser")
        slow = {item.path for item in items if any(map(item.get_closest_marker, long_ones))}
        items.sort(key=lambda item: item.path not in slow)


#: Tests of what runs in the API's event loop: on asyncio's, and on that which `[api]` installs.
ON_BOTH_LOOPS = (
    *("tests/live", "tests/store", "tests/cluster/test_sockets.py"),
    *("tests/web/test_socket_writer.py", "tests/web/test_task_watcher.py"),
    *("tests/web/test_authorize.py", "tests/web/test_callers.py"),
)


def pytest_asyncio_loop_factories(item: pytest.Item) -> dict[str, Callable[[], Any]]:
    """The event loops that a test of this file runs on."""
    loops: dict[str, Callable[[], Any]] = {"asyncio": asyncio.new_event_loop}
    root = Path(__file__).parent.parent
    if any(item.path.is_relative_to(root / each) for each in ON_BOTH_LOOPS):
        from uvloop import new_event_loop

        loops["uvloop"] = new_event_loop
    return loops


@pytest.hookimpl(tryfirst=True)
def pytest_unconfigure() -> None:
    """Celery's results unsubscribe as they are freed. Those that a backend still has at the end
    would do so at a server that is gone, each with twenty tries in as many seconds."""
    if (result := sys.modules.get("celery.result")) is not None:
        del result.AsyncResult.__del__


#: Apps that stay to the end of the run: as one is freed, Celery drops connections of its own
#: without closing them, which would be a warning in whatever test runs by then.
_apps: list[object] = []


@pytest.fixture(autouse=True)
def apps_stay() -> Iterator[None]:
    """A test's Celery apps are not freed while the tests that follow run."""
    yield
    if (state := sys.modules.get("celery._state")) is not None:
        _apps.extend(set(state._get_active_apps()).difference(_apps))
    if (tracker := sys.modules.get("progress_backend.tracking.tracker")) is not None:
        _apps.extend({one.app for one in tracker.installed()}.difference(_apps))


@pytest.fixture(autouse=True)
def no_shared_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test's app has no tasks of other tests' apps: Celery gives the tasks of an app to every
    later app of the process (``shared=True``, its default). Those that a package shares by
    ``shared_task`` as it is imported stay."""
    if (state := sys.modules.get("celery._state")) is not None:
        others = {one for one in state._on_app_finalizers if one.__module__ != "celery.app.base"}
        monkeypatch.setattr(state, "_on_app_finalizers", others)


@pytest.fixture(autouse=True)
def logging_as_it_was(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each test begins and ends with the same log, and may log each line that is one a minute."""
    monkeypatch.setattr(outage_log, "_faults", {})
    outage_log._outages.clear()  # an earlier test's store may have had this one's port
    with unhijacked():
        yield


@pytest.fixture(autouse=True)
def jobs_are_patient() -> Iterator[None]:
    """What is published or run in this process has its record at once: a busy machine may take
    longer than a job waits. Folders that are about that time have their own fixture."""
    with pytest.MonkeyPatch.context() as patched:
        for module in ("writer", "sender"):  # the second imports it by its name
            patched.setattr(f"progress_backend.runs.{module}.JOB_WAIT_S", 5.0)
        yield


@contextmanager
def unhijacked() -> Iterator[None]:
    """Puts the root logger's handlers and level back at the end.

    Celery's worker in a thread replaces them: the next test would catch no warning, and what the
    library's threads log between two tests would run into pytest's dots.
    """
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    yield
    root.setLevel(level)
    root.handlers[:] = handlers


def missing(what: str) -> NoReturn:
    """Skip for want of a part on a person's machine; in CI its absence is a failure."""
    if os.environ.get("CI"):
        pytest.fail(f"CI must have {what}", pytrace=False)
    pytest.skip(f"no {what} here")


@pytest.fixture(scope="session")
def session_redis_url() -> Iterator[str]:
    """The run's server, not flushed: take redis_url."""
    if url := os.environ.get("PROGRESS_TEST_REDIS_URL"):
        with redis.Redis.from_url(url) as client:
            if client.dbsize():
                pytest.exit(f"the tests would flush {url}, which is not empty", returncode=2)
        yield url
        return
    with EmbeddedServer() as server:
        yield server.url


@pytest.fixture(scope="session")
def progress_redis_url(session_redis_url: str) -> str:
    """The plugin's fixtures are on the run's server."""
    return session_redis_url


@pytest.fixture
def redis_url(session_redis_url: str) -> str:
    """The URL of an empty store, the test's own until it ends."""
    return flushed(session_redis_url)


@pytest.fixture(scope="session")
def debian_redis_url() -> Iterator[str]:
    """A server of Debian's Redis for the run, not flushed: take server_url."""
    binary = debian_redis()
    if binary is None:
        missing("redis-server (set PROGRESS_TEST_REDIS_SERVER or apt-get install redis-server)")
    with EmbeddedServer(binary=binary) as server:
        yield server.url


@pytest.fixture(params=["valkey", pytest.param("redis", marks=pytest.mark.wide)])
def server_url(request: pytest.FixtureRequest) -> str:
    """As redis_url, once for each kind of server: for the store's own behaviour."""
    kind = {"valkey": "session_redis_url", "redis": "debian_redis_url"}[request.param]
    return flushed(request.getfixturevalue(kind))


@pytest.fixture(params=["memory", "redis"])
async def service(request: pytest.FixtureRequest) -> AsyncIterator[ProgressService]:
    """The specification's service, empty: in memory and on Redis."""
    from progress_backend.service.progress_service import ProgressService
    from progress_backend.service.redis_progress_service import RedisProgressService

    if request.param == "memory":
        yield ProgressService()
        return
    async with RedisProgressService(request.getfixturevalue("redis_url")) as opened:
        yield opened


@pytest.fixture
async def redis_service(redis_url: str) -> AsyncIterator[RedisProgressService]:
    """The specification's service on Redis, empty."""
    from progress_backend.service.redis_progress_service import RedisProgressService

    async with RedisProgressService(redis_url) as opened:
        yield opened


@pytest.fixture
def start_server() -> Iterator[StartServer]:
    """Start a server of the test's own, to be killed, paused or restarted; options as Server's."""
    started: list[Server] = []

    def start(**options: object) -> Server:
        started.append(Server(**options))
        return started[-1].start()

    yield start
    for server in reversed(started):
        server.stop()


@pytest.fixture
def start_service(tmp_path: Path) -> Iterator[StartService]:
    """Start a process of the system; arguments as Service's, with ``ready`` and ``timeout``."""
    started: list[Service] = []
    count = itertools.count(1)

    def start(
        args: Sequence[str | Path],
        *,
        ready: str | None = None,
        timeout: float = START_S,
        **options: object,
    ) -> Service:
        started.append(Service(args, log=tmp_path / f"service-{next(count)}.log", **options))
        return started[-1].start(ready=ready, timeout=timeout)

    yield start
    end(started)


@pytest.fixture
def start_worker(redis_url: str, tmp_path: Path) -> Iterator[StartWorker]:
    """Start a real Celery worker on redis_url and wait until it is ready; arguments as Worker's.

    Broker, results and records are on redis_url unless ``env`` says otherwise.
    """
    started: list[Worker] = []
    count = itertools.count(1)

    def start(app: str, *, env: dict[str, str] | None = None, **options: object) -> Worker:
        urls = dict.fromkeys(
            ["CELERY_BROKER_URL", "CELERY_RESULT_BACKEND", "PROGRESS_REDIS_URL"], redis_url
        )
        log = tmp_path / f"worker-{next(count)}.log"
        started.append(Worker(app, log=log, env={**urls, **(env or {})}, **options))
        return started[-1].start()

    yield start
    end(started)


@pytest.fixture
def installed(redis_url: str) -> Iterator[Install]:
    """Celery apps in this process on the store; arguments as App's."""
    # Celery is not imported for the tests that do without.
    from tests.apps import App

    apps: list[App] = []

    def make(conf: dict[str, Any] | None = None, **given: Any) -> App:
        apps.append(App(redis_url, conf, **given))
        return apps[-1]

    yield make
    for app in apps:
        app.close()


def end(services: Sequence[Service]) -> None:
    """End them, the last first; their logs are shown if the test failed."""
    for service in reversed(services):
        service.stop()
        print(f"--- {service}\n{service.log[-LOG_TAIL:]}")


def flushed(url: str) -> str:
    with redis.Redis.from_url(url) as client:
        client.flushdb()
    return url
