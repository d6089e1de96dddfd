"""Members leave while the generator that makes them takes its time: a real broker, no worker."""

import gc
from collections.abc import Iterator
from typing import Any

import pytest
from celery import group
from kombu.exceptions import OperationalError

from progress_backend.tracking.group_records import Batch
from tests.conftest import Install
from tests.groups import AWAY, fetch, messages
from tests.waiting import eventually


@pytest.fixture
def installed(installed: Install) -> Iterator[Install]:
    yield installed
    gc.collect()  # a group's results unsubscribe as they go: while their server is there


def test_a_member_leaves_while_its_generator_sleeps(installed: Install) -> None:
    app = installed()
    task = fetch(app)
    seen: list[int] = []

    def in_bursts() -> Iterator[Any]:
        for burst in range(3):
            for number in range(4):
                yield task.si(f"{burst}-{number}")
            # Celery itself holds back one, or two: it looks ahead for the last of a chord.
            kept = 4 * burst + 2
            eventually(lambda kept=kept: len(messages(app)) >= kept)
            seen.append(len(messages(app)))
            assert set(messages(app)) <= set(app.records())

    result = group(in_bursts()).apply_async()
    assert messages(app) == [member.id for member in result]
    assert len(seen) == 3


def test_what_cannot_be_sent_meanwhile_raises_where_the_group_is_published(
    installed: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = installed({"broker_url": AWAY})
    task = fetch(app)
    kept, ended, publish = list[object](), list[str](), Batch.publish

    def keeps(batch: Batch, body: object, **options: Any) -> None:
        publish(batch, body, **options)
        kept.append(body)

    def waits_for_the_end() -> Iterator[Any]:
        for symbol in "abcde":
            yield task.si(symbol)
            # The next message would be sent by this thread if the first one has waited too long.
            if kept and not ended:
                ended.extend(eventually(app.records))

    monkeypatch.setattr(Batch, "publish", keeps)
    with pytest.raises(OperationalError):
        group(waits_for_the_end()).apply_async()
    assert ended, "nothing was tried while the generator waited"
    for task_id in app.records():
        record = app.record(task_id)
        assert (record.status, record.error_cause) == ("error", "not_published")
