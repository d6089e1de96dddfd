"""Worker, beat and API whose store is away for a whole minute."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from tests.conftest import StartServer, StartService, StartWorker
from tests.outages.idle import gone, no_redis, nobody_burns_a_core_or_fills_a_log
from tests.strangers import Way

#: A minute after the first line the next one may come.
MINUTE_S = 58.0


@pytest.mark.chaos
@pytest.mark.long
@pytest.mark.parametrize("away", [gone, no_redis])
def test_a_minute_away_costs_little_and_is_said_once(
    away: Callable[[Way], AbstractContextManager[None]],
    start_server: StartServer,
    start_worker: StartWorker,
    start_service: StartService,
) -> None:
    nobody_burns_a_core_or_fills_a_log(away, MINUTE_S, start_server, start_worker, start_service)
