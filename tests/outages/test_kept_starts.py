"""A start that was kept while its worker could not reach the store, and a newer one elsewhere."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta

import pytest

from progress_backend.record import events as ev
from progress_backend.record.model import Worker
from progress_backend.runs.run import Run
from progress_backend.runs.sender import Sender
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from tests.records import Records

IDENTITY = ev.Identity(task_type="fetch_data", total_items=10)
MakeSender = Callable[[], Sender]


@pytest.fixture
def make_sender(server_url: str) -> Iterator[MakeSender]:
    """Each as in a process of its own."""
    with ExitStack() as stack:

        def make() -> Sender:
            store = stack.enter_context(Store(Settings(redis_url=server_url)))
            sender = Sender(store, None)
            stack.callback(sender.stop)
            return sender

        yield make


def started(lease: str) -> ev.Started:
    return ev.Started(identity=IDENTITY, worker=Worker(lease, lease))


def kept(sender: Sender, lease: str, *then: ev.Event) -> Run:
    """A run with a start, a minute ago, that waits for the store."""
    run = Run("t", IDENTITY, sender)
    start = started(lease).happened_at(sender.writer.store.measured_now() - timedelta(minutes=1))
    sender.writer.jobs.failed()
    assert sender.record(run, "t", start, *then) is None
    return run


def test_it_does_not_take_the_record_from_the_newer_one(
    make_sender: MakeSender, server_url: str
) -> None:
    here, there = make_sender(), make_sender()
    newer = Run("t", IDENTITY, here)
    here.record(newer, "t", started("here"))
    older = kept(there, "there", ev.Failed(error_message="killed"))
    there.flush()
    assert (older.refused, newer.refused) == (True, False)
    records = Records(server_url)
    record = records.get("t")
    assert (record.status, record.attempt, record.worker) == ("running", 1, Worker("here", "here"))
    here.record(newer, "t", ev.Completed(results={"by": "here"}))
    assert records.get("t").results == {"by": "here"}


def test_a_kept_end_is_recorded_once_the_newer_run_is_lost(
    make_sender: MakeSender, server_url: str
) -> None:
    here, there = make_sender(), make_sender()
    here.record(Run("t", IDENTITY, here), "t", started("here"))
    lost = ev.Lost(lease="here", error_message="silent", revision=1)
    Records(server_url).apply("t", lost)
    kept(there, "there", ev.Completed())
    there.flush()
    assert Records(server_url).get("t").status == "completed"
