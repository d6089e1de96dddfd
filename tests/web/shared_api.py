"""One API for all tests of a folder: its conftest imports both fixtures."""

from collections.abc import Iterator

import pytest

from progress_backend.settings import Settings
from progress_backend.web import create_app
from tests.web.serving import RunningApi


@pytest.fixture(scope="package")
def shared_api(session_redis_url: str) -> Iterator[RunningApi]:
    """Over the run's store, which is not flushed: take api."""
    api = RunningApi(create_app(Settings(redis_url=session_redis_url, lease_s=86_400))).start()
    yield api
    api.stop()


@pytest.fixture
def api(shared_api: RunningApi, redis_url: str) -> RunningApi:
    """The folder's API over an empty store, for tests that neither end nor configure one."""
    return shared_api
