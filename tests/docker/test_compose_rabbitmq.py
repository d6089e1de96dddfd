"""The compose file's profile with RabbitMQ as the broker."""

from __future__ import annotations

import pytest

from tests.docker.stack import SERVICES, Stack
from tests.docker.test_compose import ended

pytestmark = [pytest.mark.docker, pytest.mark.slow]
URL = "amqp://progress:{rabbitmq}@rabbitmq:5672//"


def test_a_job_goes_through_rabbitmq_and_nothing_is_left(image: str) -> None:
    stack = Stack("rabbitmq", CELERY_BROKER_URL=URL)
    try:
        # Flower and beat are as with Redis; without them the rest is up sooner.
        stack.up("rabbitmq", "api", "worker", "prices")
        assert stack.healthy() == {"rabbitmq", *SERVICES} - {"flower", "beat"}
        body = ended(stack, stack.call("fetch_data", "--args", '["AAPL", "1mo"]'))
        assert body["status"] == "completed", body
        queues = stack.exec("rabbitmq", "rabbitmqctl", "--quiet", "list_queues", "name").stdout
        assert "celery" in queues.split(), queues
    finally:
        stack.down()
    assert stack.remains() == []
