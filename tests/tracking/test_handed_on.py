"""What a job's own publishes say: headers that it hands on, a limit that comes in between."""

import threading
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from celery.exceptions import SoftTimeLimitExceeded

from progress_backend import progress_task
from progress_backend.store import exchange
from progress_backend.tracking.headers import CREATED_AT, DIGEST, HEADER
from tests.apps import App, in_process, working
from tests.waiting import eventually

CONF = in_process("handed_on")


@pytest.fixture
def app(redis_url: str) -> Iterator[App]:
    with closing(App(redis_url, CONF)) as app:
        yield app


def test_headers_that_are_handed_on_say_nothing_of_the_child(app: App) -> None:
    sent: dict[str, str] = {}
    ran: list[str] = []

    def runs(self: Any) -> None:
        ran.append(self.request.id)

    def is_tracked(self: Any) -> None:
        runs(self)

    tracked = app.task(name="tracked", bind=True, shared=False)(progress_task(is_tracked))
    plain = app.task(name="plain", bind=True, shared=False)(runs)

    def hands_on(self: Any) -> None:
        handed = getattr(self.request, HEADER)
        assert DIGEST in handed
        assert CREATED_AT in handed
        for task in (tracked, plain):
            sent[task.name] = task.apply_async(headers={HEADER: handed, "trace": "1"}).id

    marked = progress_task(task_type="of the parent", symbol="7203.T")(hands_on)
    parent = app.task(name="parent", bind=True, shared=False)(marked)
    with working(app.celery, pool="threads"):
        parent_id = parent.delay().id
        eventually(lambda: len(ran) == 2)
        eventually(lambda: app.record(sent["tracked"]).ended)
    record = app.record(sent["tracked"])
    assert (record.task_type, record.symbol, record.status) == ("tracked", None, "completed")
    assert app.record(parent_id).symbol == "7203.T"
    assert app.document(sent["plain"]) == {}


def test_a_soft_time_limit_that_comes_while_a_task_is_published_reaches_the_job(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, asked = threading.get_ident(), exchange.Exchange._asked

    def interrupted(*args: Any) -> list[Any]:
        if threading.get_ident() != mine:  # a sender's, say
            return asked(*args)
        raise SoftTimeLimitExceeded

    def job() -> None:
        pass

    task = app.task(name="job", shared=False)(progress_task(job))
    task.delay()
    monkeypatch.setattr(exchange.Exchange, "_asked", interrupted)
    with pytest.raises(SoftTimeLimitExceeded):
        task.delay()
    # Until then its thread may hold the connection, and the next publish would use another.
    outbox = app.tracker.process.sender._outbox
    eventually(lambda: not len(outbox), what="the sender has sent what was interrupted")
    with pytest.raises(SoftTimeLimitExceeded):
        app.celery.send_task("job")
    monkeypatch.undo()
    again = task.delay()
    assert app.record(again.id).status == "created"


def test_metadata_that_is_too_large_to_travel_is_in_the_record(app: App) -> None:
    seen: list[Any] = []

    def looks(self: Any) -> None:
        seen.append(getattr(self.request, HEADER))

    for size, travels in ((1_000, True), (100_000, False)):
        marked = progress_task(metadata={"notes": "x" * size})(looks)
        name = f"job {size}"
        task = app.task(name=name, bind=True, shared=False)(marked)
        with working(app.celery, pool="threads"):
            task_id = task.delay().id
            eventually(lambda task_id=task_id: app.record(task_id).ended)
        assert ("metadata" in seen[-1]) is travels
        record = app.record(task_id)
        assert (record.status, record.metadata) == ("completed", {"notes": "x" * size})
