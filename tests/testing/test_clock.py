"""The clock that stands still, and what goes by it."""

from datetime import UTC, datetime

import pytest
from celery import Celery

from progress_backend.store.drivers import Store
from progress_backend.testing import Clock, wait_for_progress
from tests.testing.shop import created, running


def test_stands_still_until_it_is_advanced() -> None:
    clock = Clock(datetime(2025, 1, 1, tzinfo=UTC))
    assert clock() == clock() == datetime(2025, 1, 1, tzinfo=UTC).timestamp()
    clock.advance(1.5)
    assert clock.now == datetime(2025, 1, 1, 0, 0, 1, 500_000, tzinfo=UTC)


def test_does_not_go_back_and_wants_a_zone() -> None:
    with pytest.raises(ValueError, match="forward"):
        Clock().advance(-1)
    with pytest.raises(ValueError, match="zone"):
        Clock(datetime(2025, 1, 1))  # noqa: DTZ001 - that is the mistake


def test_the_store_goes_by_it(app: Celery, progress_store: Store, progress_clock: Clock) -> None:
    first = created(progress_store)
    progress_clock.advance(90)
    running(progress_store, first)
    task = wait_for_progress(progress_store, first, status="running")
    assert task.created_at is not None
    assert task.started_at is not None
    assert (task.started_at - task.created_at).total_seconds() == 90
