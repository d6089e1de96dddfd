"""Worker, beat and API while their store is away: they neither burn a core nor fill a log.
For a whole minute in tests/chaos."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from tests.conftest import StartServer, StartService, StartWorker
from tests.outages.idle import gone, no_redis, nobody_burns_a_core_or_fills_a_log
from tests.strangers import Way

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("away", [gone, pytest.param(no_redis, marks=pytest.mark.long)])
def test_nobody_burns_a_core_or_fills_a_log(
    away: Callable[[Way], AbstractContextManager[None]],
    start_server: StartServer,
    start_worker: StartWorker,
    start_service: StartService,
) -> None:
    nobody_burns_a_core_or_fills_a_log(away, 4.0, start_server, start_worker, start_service)
