"""The API over the run's store, and APIs of a test's own."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from fastapi import FastAPI

from progress_backend.settings import Settings
from progress_backend.web import create_app
from tests.conftest import StartServer
from tests.servers import Server
from tests.waiting import eventually
from tests.web.serving import RunningApi

StartApi = Callable[..., RunningApi]


@pytest.fixture(scope="session")
def session_api(session_redis_url: str) -> Iterator[RunningApi]:
    """Over the run's store, which is not flushed: take api."""
    # It lives as long as the run: with so long a lease it never reaps what is other tests'.
    settings = Settings(
        redis_url=session_redis_url,
        timezone="Asia/Tokyo",
        lease_s=86_400,
        signing_keys=("a key for the tests, long enough",),
    )
    running = RunningApi(create_app(settings)).start()
    yield running
    running.stop()


@pytest.fixture
def api(session_api: RunningApi, redis_url: str) -> RunningApi:
    """The API over an empty store, of which it has cached no type's past runs."""
    session_api.app.state.progress.tasks._past.clear()
    return session_api


#: Applications that no test uses: FastAPI looks at all routes at an application's first request,
#: which takes a third of a second, and so each is used again with other settings.
_applications: list[FastAPI] = []


@pytest.fixture
def start_api() -> Iterator[StartApi]:
    """Start an API of the test's own: an application, or settings for one."""
    started: list[RunningApi] = []
    used: list[FastAPI] = []

    def start(
        app: FastAPI | None = None,
        *,
        celery_app: object = None,
        authorize: Any = None,
        trusted: bool = False,
        port: int = 0,
        **settings: Any,
    ) -> RunningApi:
        if app is None:
            # However long a test takes on a busy machine, the runs that it has made are not lost.
            given = Settings(**{"lease_s": 86_400, **settings})
            app = create_app(given, celery_app=celery_app, authorize=authorize, trusted=trusted)
            if given.metrics and given.docs:
                app, state = _applications.pop() if _applications else app, app.state
                app.state = state
                used.append(app)
        started.append(RunningApi(app, port=port))
        return started[-1].start()

    yield start
    for running in started:
        running.stop()
    _applications.extend(used)


@pytest.fixture
def own_api(start_api: StartApi, redis_url: str) -> RunningApi:
    """An API of the test's own, with its own figures and end, over an empty store."""
    return start_api(redis_url=redis_url)


class Apart(NamedTuple):
    """A server of the test's own, which may be hurt, and an API over it."""

    server: Server
    api: RunningApi


@pytest.fixture
def apart(start_server: StartServer, start_api: StartApi) -> Apart:
    server = start_server()
    api = start_api(redis_url=server.url)
    eventually(lambda: api.app.state.progress.listener.up_to_date)
    return Apart(server, api)


@pytest.fixture
def api_without_store(
    start_server: StartServer, start_api: StartApi, monkeypatch: pytest.MonkeyPatch
) -> RunningApi:
    """An API without its store, which waits for a subscription a moment only."""
    monkeypatch.setattr("progress_backend.live.receivers.SUBSCRIBE_S", 0.3)
    server = start_server()
    api = start_api(redis_url=server.url)
    server.kill()
    return api
