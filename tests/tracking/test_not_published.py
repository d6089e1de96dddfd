"""A message that does not leave: its record ends at once, whatever kept it."""

from functools import partial
from typing import Any

import pytest
from celery import group
from kombu.exceptions import OperationalError

from tests.apps import App
from tests.conftest import Install
from tests.groups import AWAY
from tests.records import Records
from tests.tracking.test_publishing import fetch
from tests.waiting import PATIENCE_S


def unreachable(app: App) -> Any:
    app.celery.conf.broker_url = AWAY
    app.celery.conf.broker_write_url = AWAY
    return fetch(app)


def test_a_publish_that_raises_ends_its_record(installed: Install) -> None:
    app = installed({"task_ignore_result": True})
    with pytest.raises(OperationalError):
        unreachable(app).delay("aapl")
    (task_id,) = app.records()
    record = app.record(task_id)
    assert (record.status, record.error_cause) == ("error", "not_published")
    assert record.error_message.startswith("タスクを送信できませんでした: ")
    assert "Traceback" not in record.error_message


class Interrupting:
    """A user presses Ctrl-C, say, while it is made JSON."""

    def __init__(self, by: type[BaseException]) -> None:
        self._by = by

    def __json__(self) -> str:
        raise self._by


@pytest.mark.parametrize("by", [KeyboardInterrupt, SystemExit])
def test_a_publish_that_is_interrupted_ends_its_record(
    installed: Install, monkeypatch: pytest.MonkeyPatch, by: type[BaseException]
) -> None:
    """Of a group also those of the members behind it, which are sent together."""
    monkeypatch.setattr("progress_backend.tracking.group_records.PATIENCE_S", PATIENCE_S)
    app = installed()
    task = fetch(app)
    with pytest.raises(by):
        task.apply_async(("aapl", Interrupting(by)), task_id="t")
    assert (app.record("t").error_message or "").endswith(by.__name__)
    members = [task.si(symbol).set(task_id=symbol) for symbol in ("A", "B", "C")]
    members[1].args = ("B", Interrupting(by))
    with pytest.raises(by):
        group(members).apply_async()
    causes = {task_id: app.record(task_id).error_cause for task_id in app.records()}
    assert causes == {"A": None, **dict.fromkeys(("t", "B", "C"), "not_published")}


@pytest.mark.parametrize("known", [True, False])
def test_a_broker_that_is_away_before_there_is_a_record_leaves_one(
    installed: Install, monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    """Celery mostly finds it away before it has its message ready; a name's publisher may not know
    the task."""
    app = installed({"task_ignore_result": True})
    task = fetch(app)

    def away(*_: Any, **__: Any) -> Any:
        raise OperationalError("no broker")

    monkeypatch.setattr(app.celery.amqp, "send_task_message", away)
    header = {"headers": {"progress": {"task_type": "other", "symbol": "aapl"}}}
    send = task.apply_async if known else partial(app.celery.send_task, "elsewhere", **header)
    with pytest.raises(OperationalError):
        send(("aapl",), task_id="t", parent_id="p", expires=60)
    record = app.record("t")
    assert (record.status, record.error_cause) == ("error", "not_published")
    assert (record.symbol, record.parent_id) == ("AAPL" if known else "aapl", "p")


def test_a_publish_that_raises_leaves_a_running_task_alone(
    installed: Install, redis_url: str
) -> None:
    app = installed({"task_ignore_result": True})
    running = Records(redis_url).start("running")
    with pytest.raises(OperationalError):
        unreachable(app).apply_async(("aapl",), task_id="running")
    assert app.record("running") == running
