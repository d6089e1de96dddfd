"""The user's app, and a worker of it in a thread of this process."""

from collections.abc import Iterator

import pytest
from celery import Celery
from celery.contrib.testing.worker import start_worker

from progress_backend.store.drivers import Store
from tests.testing.shop import GO_ON, build


@pytest.fixture
def app() -> Iterator[Celery]:
    app = build()
    yield app
    app.close()


@pytest.fixture
def in_worker(app: Celery, progress_store: Store) -> Iterator[Celery]:
    """The app with a worker in a thread of this process."""
    GO_ON.clear()
    with start_worker(app, perform_ping_check=False, shutdown_timeout=60):
        yield app
        GO_ON.set()
