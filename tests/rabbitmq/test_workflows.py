"""The example workflows over RabbitMQ, whose worker is killed in their midst."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rabbitmq.server import RabbitMQ
from tests.workers.conftest import StartSource, database_url, start_source
from tests.workers.killings import EXAMPLES, Killing

__all__ = ["database_url", "start_source"]

pytestmark = [pytest.mark.integration, pytest.mark.slow]


def test_each_ends_as_it_should(
    rabbitmq: RabbitMQ,
    redis_url: str,
    tmp_path: Path,
    start_source: StartSource,
    database_url: str,
) -> None:
    prices = {"PRICES_URL": start_source(page_size=5, delay_ms=60), "PRICES_DB_URL": database_url}
    servers = {"store": redis_url, "broker": rabbitmq.url, "results": redis_url}
    with Killing(tmp_path, **servers, **prices).working() as killing:
        for example in EXAMPLES:
            killing.goes_through(example)
