"""A request reaches a run within a second, however seldom it writes; for all runs of a process
together, and for nothing where none is open."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from progress_backend.operations import records
from progress_backend.record import events as ev
from progress_backend.record.model import Task, Worker
from progress_backend.record.task_json import decode
from progress_backend.runs.run import Run, TaskCancelled
from progress_backend.runs.sender import Sender
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from tests.asked import asks, names
from tests.outages.fleet import pass_time
from tests.stopwatch import FACTOR, Stopwatch
from tests.waiting import PATIENCE_S, eventually

#: The least time between two looks at what is asked of runs.
LOOK_S = 0.8
IDENTITY = ev.Identity(task_type="fetch_data", total_items=10)


@pytest.fixture
def reads() -> list[int]:
    """How many records each read of them was for."""
    return []


@pytest.fixture
def store(redis_url: str, reads: list[int], monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """Its progress is written once an hour."""
    with Store(Settings(redis_url=redis_url, update_interval_s=3_600)) as store:
        execute = store.execute

        def noted(command: Any) -> Any:
            if asks(command, "GETRANGE"):
                reads.append(len(names(command)))
            return execute(command)

        monkeypatch.setattr(store, "execute", noted)
        yield store


@pytest.fixture
def sender(store: Store) -> Iterator[Sender]:
    sender = Sender(store, None)
    yield sender
    sender.stop()


@pytest.fixture
def ask(redis_url: str) -> Iterator[Callable[..., object]]:
    """Says something of a task, as the API does."""
    with Store(Settings(redis_url=redis_url)) as other:

        def say(task_id: str, event: ev.Event) -> None:
            other.run(other.flows.apply(task_id, (event,), other.now()))

        yield say


def begun(
    sender: Sender, task_id: str, *, reports: bool = True, worker: Worker | None = None
) -> Run:
    run = Run(task_id, IDENTITY, sender)
    sender.record(run, task_id, ev.Started(identity=IDENTITY, worker=worker))
    sender.opened(run)
    if reports:
        run.offer(1)
        eventually(lambda: run.base is not None and run.base.task.current_items == 1)
        eventually(lambda: run.next_due > 0)
    return run


def recorded(sender: Sender) -> Task:
    (document,) = sender.writer.store.execute(records.read(("t",)))
    return decode(document)


def lose(sender: Sender, ask: Callable[..., object]) -> bool:
    """Records the run as lost, unless it has written meanwhile; whether it is."""
    task = recorded(sender)
    lease = None if task.worker is None else task.worker.lease
    ask("t", ev.Lost(lease=lease, error_message="silent", revision=task.revision))
    return recorded(sender).status == "error"


def within_two_reads(reads: list[int], condition: Callable[[], object]) -> None:
    """The next read has the request; one may have been under way when it was stored."""
    before = len(reads)
    with Stopwatch() as watch:
        eventually(condition)
    assert len(reads) - before <= 2 + watch.late_s / LOOK_S


def test_the_next_update_a_second_after_a_cancel_raises(
    sender: Sender, ask: Callable[..., object], reads: list[int]
) -> None:
    run = begun(sender, "t")
    ask("t", ev.Cancelled())
    within_two_reads(reads, lambda: run.cancelled)
    with pytest.raises(TaskCancelled):
        run.offer(2)


def test_all_runs_of_a_process_are_one_read_a_second(
    sender: Sender, reads: list[int], ask: Callable[..., object]
) -> None:
    runs = [begun(sender, f"t{number}") for number in range(20)]
    eventually(lambda: 20 in reads)  # a read leaves out runs that wrote a moment ago
    with Stopwatch() as watch:
        reads.clear()
        eventually(lambda: len(reads) >= 4)
    assert watch.seconds + watch.late_s >= 3 * LOOK_S
    assert watch.seconds < FACTOR * 4 * LOOK_S
    assert set(reads) == {20}
    ask("t7", ev.Cancelled())
    within_two_reads(reads, lambda: runs[7].cancelled)
    assert [run.cancelled for run in runs].count(True) == 1


def test_nothing_is_read_without_an_open_run_that_has_reported(
    sender: Sender, reads: list[int]
) -> None:
    before = set(threading.enumerate())
    quiet = begun(sender, "quiet", reports=False)
    assert set(threading.enumerate()) <= before, "no thread for a job that reports nothing"
    spoke = begun(sender, "spoke")
    spoke.close()
    sender.ended(spoke)
    reads.clear()
    pass_time(2)
    assert not reads
    assert quiet.listens


def test_so_is_a_cancel_of_a_run_that_was_recorded_as_lost_and_taken_back(
    sender: Sender, ask: Callable[..., object]
) -> None:
    run = begun(sender, "t")
    eventually(lambda: lose(sender, ask))
    eventually(lambda: run.status == "error")
    ask("t", ev.Progressed(attempt=1))
    eventually(lambda: run.status == "running")
    ask("t", ev.Cancelled())
    eventually(lambda: run.cancelled)


def test_a_paused_run_that_was_recorded_as_lost_and_taken_back_is_still_paused(
    sender: Sender, ask: Callable[..., object]
) -> None:
    run = begun(sender, "t", worker=Worker("w/1", "w"))
    ask("t", ev.Paused(by="api"))
    eventually(lambda: run.status == "paused")
    waits = threading.Thread(target=run.offer, args=(2,), daemon=True)
    waits.start()  # the job

    eventually(lambda: (task := recorded(sender)).requested is None and task.current_items == 2)
    eventually(lambda: lose(sender, ask))
    eventually(lambda: run.status == "error")
    ask("t", ev.RunRegained(owner="w/1", attempt=run.attempt))
    eventually(lambda: run.status == "paused")
    assert waits.is_alive()
    ask("t", ev.Resumed())
    waits.join(PATIENCE_S)
    assert (run.status, waits.is_alive()) == ("running", False)


@pytest.mark.parametrize(
    ("asked", "reports"), [(ev.Cancelled(by="api"), True), (ev.Paused(by="api"), False)]
)
def test_what_is_asked_of_a_task_reaches_its_older_run_too(
    sender: Sender, ask: Callable[..., object], asked: ev.Event, reports: bool
) -> None:
    """Its message was delivered again, and both runs live."""
    run = begun(sender, "t")
    ask("t", ev.Started(identity=IDENTITY, redelivered=True))
    ask("t", asked)
    if reports:
        run.offer(2, 20)  # at once, and refused
    eventually(lambda: run.status != "running")
    if not isinstance(asked, ev.Paused):
        with pytest.raises(TaskCancelled):
            run.offer(3)
        return
    ask("t", ev.Resumed())
    run.offer(3)  # waits until it has seen that
    assert run.status == "running"
    ask("t", ev.Cancelled(by="api"))
    eventually(lambda: run.cancelled)
