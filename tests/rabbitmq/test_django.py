"""Django's tasks with RabbitMQ as the broker."""

from typing import Any

import pytest
from kombu import Queue

from tests.django.conftest import site  # noqa: F401  # a fixture
from tests.django.running import run_here, use
from tests.rabbitmq.server import RabbitMQ

pytest.importorskip("django.tasks", reason="Django 6 needs Python 3.12")
pytestmark = pytest.mark.integration


def test_a_priority_goes_ahead(
    rabbitmq: RabbitMQ,
    site: Any,  # noqa: F811
    redis_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from django.tasks import default_task_backend

    from tests.django import jobs

    queue = Queue("by-priority", queue_arguments={"x-max-priority": 9})
    use(rabbitmq.url, redis_url, monkeypatch, task_queues=[queue], task_default_queue=queue.name)
    assert default_task_backend.check() == []
    first, second, third = (jobs.add.using(priority=p).enqueue(p) for p in (-100, 0, 100))
    assert run_here(first, second, third) == [third.id, second.id, first.id]
