"""The pytest fixtures of the plugin; all begin with `progress_`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from .clock import Clock

if TYPE_CHECKING:
    from ..settings import Settings
    from ..store.memory import MemoryStore

#: The lease under which an in-process worker's runs are held.
_LEASE = "celery@testing/progress_store"


@pytest.fixture
def progress_clock() -> Clock:
    """A clock that stands still; in a test that takes it `progress_store` uses it."""
    return Clock()


@pytest.fixture
def progress_settings() -> Settings:
    """The settings of `progress_store`: those of the app that was installed last (of the
    environment, if none was), but that every value is recorded at once. Override it to change
    some.
    """
    from ..settings import Settings
    from ..tracking.tracker import installed

    trackers = installed()
    found = trackers[-1].settings if trackers else Settings.from_sources(None, os.environ)
    return replace(found, redis_url=None, update_interval_s=0)


@pytest.fixture
def progress_store(
    request: pytest.FixtureRequest,
    progress_settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[MemoryStore]:
    """An empty store in memory, in which every tracked app of this process records during the
    test: publishes, eager runs, and those of a worker in a thread. No server is asked.
    """
    from ..store.memory import MemoryStore
    from ..tracking.tracker import LEASE_VARIABLE, recording_into

    if "progress_clock" in request.fixturenames:
        store = MemoryStore(progress_settings, clock=request.getfixturevalue("progress_clock"))
    else:
        store = MemoryStore(progress_settings)
    # A worker's main process sets it in production; a worker in a thread has none.
    monkeypatch.setenv(LEASE_VARIABLE, _LEASE)
    with recording_into(store):
        yield store
