"""The example workflows with their records on a cluster, whose worker is killed in their midst."""

from __future__ import annotations

from pathlib import Path

import pytest
from celery import Celery

from progress_backend.settings import Settings
from tests.chaos.calm import deliver_again
from tests.workers.conftest import StartSource, database_url, start_source
from tests.workers.killings import EXAMPLES, VISIBILITY_S, Killing

__all__ = ["database_url", "start_source"]

pytestmark = [pytest.mark.integration, pytest.mark.slow]


def test_each_ends_as_it_should(
    settings: Settings,
    redis_url: str,
    tmp_path: Path,
    start_source: StartSource,
    database_url: str,
) -> None:
    prices = {"PRICES_URL": start_source(page_size=5, delay_ms=100), "PRICES_DB_URL": database_url}
    servers = {"store": str(settings.redis_url), "broker": redis_url, "results": redis_url}
    app = Celery(broker=redis_url, set_as_current=False)
    app.conf.broker_transport_options = {"visibility_timeout": VISIBILITY_S}
    with app, Killing(tmp_path, **servers, **prices).working() as killing:
        for example in EXAMPLES:
            killing.goes_through(example, lambda: deliver_again(app))
