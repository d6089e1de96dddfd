"""RabbitMQ as the broker: one server for all tests here, a queue of its own for each."""

import contextlib
import itertools
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest

from tests.conftest import missing
from tests.outages.conftest import fleet
from tests.outages.fleet import Fleet
from tests.rabbitmq.server import RabbitMQ, installed

StartFleet = Callable[..., Fleet]

ENV = {"PROGRESS_LEASE_S": "3", "PROGRESS_REAP_INTERVAL_S": "0.5", "PROGRESS_LOCALE": "en"}
_queues = itertools.count(1)


@pytest.fixture(scope="package")
def rabbitmq() -> Iterator[RabbitMQ]:
    if not installed():
        missing("RabbitMQ (apt-get install rabbitmq-server; as a service it is not needed)")
    folder = Path(mkdtemp(prefix="rabbitmq-"))
    server = RabbitMQ(folder)
    try:
        yield server.start()
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def start_fleet(rabbitmq: RabbitMQ, tmp_path: Path) -> Iterator[StartFleet]:
    """Start workers on a queue of the test's own; `arguments` are the queue's, the other ones
    Celery's configuration, or as the outage tests' fleet has them."""
    with contextlib.ExitStack() as stack:

        def start(kind: str, arguments: dict[str, Any] | None = None, **conf: Any) -> Fleet:
            options = {n: conf.pop(n) for n in ("workers", "concurrency", "pool") if n in conf}
            queue = f"{kind}-{next(_queues)}"
            given = {"x-queue-type": kind, **(arguments or {})}
            own = {"task_default_queue": queue, "queue_arguments": given, **conf}
            settings = {"broker": rabbitmq, "conf": own, "env": ENV}
            return stack.enter_context(fleet(tmp_path, **settings, **options))

        yield start
