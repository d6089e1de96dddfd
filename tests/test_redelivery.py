"""Whether a run's message may come again, and until when."""

from __future__ import annotations

from datetime import timedelta

import pytest

from progress_backend import redelivery
from progress_backend.model import Delivery, Task
from tests.strategies import NOW


@pytest.mark.parametrize(
    ("transport", "options", "seconds"),
    [
        ("redis", {}, 3_600),
        ("rediss", {"visibility_timeout": 43_200}, 43_200),
        ("sentinel", {"visibility_timeout": 2.5}, 2.5),
        ("redis", {"visibility_timeout": "soon"}, 3_600),
        ("redis", {"visibility_timeout": -1}, 3_600),
        ("SQS", {}, 1_800),
        ("gcpubsub", {"ack_deadline_seconds": 60, "visibility_timeout": 1}, 60),
        ("amqp", {"visibility_timeout": 7}, 0),
        ("memory", {}, 0),
    ],
)
def test_a_broker_gives_out_again_what_was_not_acknowledged(
    transport: str, options: dict[str, object], seconds: float
) -> None:
    assert redelivery.visibility_s(transport, options) == seconds


@pytest.mark.parametrize(
    ("delivery", "seconds"),
    [
        (None, 30),  # acknowledged before the run: only its own worker may still tell of it
        (Delivery(expires=NOW), 30),
        (Delivery(again_s=0.0), 30),
        (Delivery(again_s=3_600.0), 3_630),
    ],
)
def test_a_message_may_come_again_for_that_time_and_a_lease(
    delivery: Delivery | None, seconds: float
) -> None:
    task = Task("t", "fetch_data", delivery=delivery)
    assert redelivery.until(task, NOW, 30) == NOW + timedelta(seconds=seconds)
