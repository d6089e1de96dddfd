"""Canvases whose signatures have no app of their own, sent by a client and from within a worker."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from celery import _state
from celery.result import result_from_tuple

from tests.integration.canvases import ANSWERS, CANVASES
from tests.integration.world import TIMEOUT_S, World
from tests.waiting import eventually

pytestmark = pytest.mark.integration


@pytest.fixture(autouse=True)
def current(world: World) -> Iterator[None]:
    """The world's app is the one that a signature without an app takes."""
    before = _state._tls.current_app
    world.app.set_current()
    world.store.flushdb()
    yield
    _state._tls.current_app = before


def all_end(world: World, results: dict[str, Any], *, senders: int = 0) -> None:
    """Each canvas gives what it should, and each tracked task in it has its record."""
    answers = {
        kind: result.get(timeout=TIMEOUT_S, disable_sync_subtasks=False)
        for kind, result in results.items()
    }
    assert answers == {kind: answer for kind, (answer, _) in ANSWERS.items()}
    records = senders + sum(records for _, records in ANSWERS.values())
    eventually(lambda: world.store.zcard("tasks|status=completed") == records, TIMEOUT_S)
    assert world.store.zcard("tasks") == records


def test_sent_by_a_client(world: World) -> None:
    all_end(world, {kind: canvas().apply_async() for kind, canvas in CANVASES.items()})


def test_sent_from_within_a_worker(world: World) -> None:
    senders = {kind: world.app.send_task("sends_canvas", [kind]) for kind in CANVASES}
    results = {
        kind: result_from_tuple(sender.get(timeout=TIMEOUT_S), app=world.app)
        for kind, sender in senders.items()
    }
    all_end(world, results, senders=len(senders))
