"""A task that is replaced by others: each has a record of its own, one goes on with the first."""

import contextlib
import json
from collections.abc import Iterator
from typing import Any

import celery
import pytest
import redis
from celery import chain, chord, group
from kombu.exceptions import EncodeError

from progress_backend import ProgressNotifier, progress_task
from tests.apps import App, in_process, working
from tests.conftest import flushed
from tests.waiting import eventually


@pytest.fixture(scope="module")
def app(session_redis_url: str) -> Iterator[App]:
    """A worker runs the tasks: fetch and parent are tracked, plain is not."""
    settings = in_process("replacing")
    opened = App(flushed(session_redis_url), settings, update_interval_s=60)
    with contextlib.closing(opened) as app:
        app.task(name="fetch", shared=False)(progress_task(symbol=lambda symbol: symbol)(fetch))
        app.task(name="parent", bind=True, shared=False)(progress_task(symbol="P")(parent))
        app.task(name="plain", shared=False)(plain)
        app.task(name="unmarked", bind=True, shared=False)(unmarked)
        for body in (goes_on, retries, again, logs):
            app.task(name=body.__name__, bind=True, shared=False)(progress_task(body))
        # A worker sets the level of this process's log, for good.
        with working(app.celery, pool="threads", loglevel="WARNING"):
            yield app


def fetch(symbol: str) -> str:
    return symbol


def plain() -> None:
    pass


def parent(self: Any, shape: str) -> Any:
    fetch, plain = (self.app.tasks[name].si for name in ("fetch", "plain"))
    raise self.replace(SHAPES[shape](fetch, plain))


def unmarked(self: Any) -> Any:
    raise self.replace(self.app.tasks["plain"].si())


def goes_on(self: Any) -> str:
    try:
        self.replace(self.app.tasks["fetch"].si(object()))
    except EncodeError:
        return "not replaced"
    raise AssertionError("an object cannot be sent")


def retries(self: Any, value: Any = None) -> None:
    raise self.retry(args=(object(),), countdown=0)


def again(self: Any) -> None:
    if not self.request.retries:
        raise self.retry(countdown=0)


def log_of(task_id: str) -> str:
    return f"progress_log:{task_id}"


def logs(self: Any, url: str) -> None:
    progress = ProgressNotifier(self)
    progress.log("first")
    with redis.Redis.from_url(url) as store:
        eventually(lambda: store.xlen(log_of(self.request.id)))
    progress.log("last")
    raise self.replace(self.app.tasks["fetch"].si("a"))


SHAPES: dict[str, Any] = {
    "untracked": lambda fetch, plain: plain(),
    "group": lambda fetch, plain: group(fetch("a"), fetch("b"), plain()),
    "chain": lambda fetch, plain: chain(fetch("a"), plain(), fetch("b"), plain()),
    "chord": lambda fetch, plain: chord([fetch("a"), fetch("b")], plain()),
    "chord to chain": lambda fetch, plain: chain(group(fetch("a"), fetch("b")), plain(), plain()),
    "chain to group": lambda fetch, plain: chain(plain(), group(fetch("a"), fetch("b"))),
}


if celery.VERSION < (5, 7):
    # Celery 5.6 gives the id to no part of it: its own result is PENDING for ever.
    del SHAPES["chain to group"]


def ended(app: App, task_id: str) -> None:
    eventually(lambda: app.record(task_id).status == "completed", what=f"end of {task_id}")


@pytest.mark.parametrize("shape", SHAPES)
def test_each_has_its_own_record_and_the_kept_id_its_old_one(app: App, shape: str) -> None:
    parent_id = app.celery.tasks["parent"].delay(shape).id
    ended(app, parent_id)
    record = app.record(parent_id)
    assert (record.task_type, record.symbol, record.attempt) == ("parent", "P", 2)
    assert all(app.record(task_id).parent_id != task_id for task_id in app.records())
    records = [app.record(task_id) for task_id in app.records() if task_id != parent_id]
    members = [record for record in records if record.root_id == parent_id]
    assert {(member.status, member.attempt) for member in members} <= {("completed", 1)}
    wanted = [] if shape == "untracked" else [("fetch", "a"), ("fetch", "b")]
    assert sorted((member.task_type, str(member.symbol)) for member in members) == wanted


def test_a_retried_task_is_no_parent_of_its_own(app: App) -> None:
    task_id = app.celery.tasks["again"].delay().id
    ended(app, task_id)
    record = app.record(task_id)
    assert (record.attempt, record.parent_id) == (2, None)


def test_a_task_is_replaced_that_only_its_messages_header_tracks(app: App) -> None:
    about = {"progress": {"symbol": "U"}}
    task_id = app.celery.tasks["unmarked"].apply_async(headers=about).id
    ended(app, task_id)
    assert (app.record(task_id).symbol, app.record(task_id).attempt) == ("U", 2)


def test_a_task_continues_if_its_replacement_cannot_be_sent(app: App) -> None:
    task_id = app.celery.tasks["goes_on"].delay().id
    ended(app, task_id)
    assert app.record(task_id).results == {"result": "not replaced"}


def test_a_retry_that_cannot_be_sent_ends_the_task_with_that_error(app: App) -> None:
    task_id = app.celery.tasks["retries"].delay().id
    record = eventually(lambda: (r := app.record(task_id)).ended and r)
    assert (record.status, record.error_cause) == ("error", "rejected")
    assert (record.error_message or "").startswith("Reject: EncodeError: ")


def test_lines_before_a_replacement_are_stored(app: App, session_redis_url: str) -> None:
    """Also those since the sender's thread has stored others, a second ago at most."""
    task_id = app.celery.tasks["logs"].delay(session_redis_url).id
    ended(app, task_id)
    with redis.Redis.from_url(session_redis_url) as store:
        lines = [json.loads(line[b"j"])["text"] for _, line in store.xrange(log_of(task_id))]
    assert lines == ["first", "last"]
