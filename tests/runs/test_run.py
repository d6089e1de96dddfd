"""What a job hands over, and what it receives; the sender behind it stands in by its protocol."""

import pytest
from celery.exceptions import Ignore

from progress_backend.record import events as ev
from progress_backend.runs.run import Run, TaskCancelled
from progress_backend.settings import Settings


class Desk:
    """Counts what a run asks of its sender; `then` is the record's status after a pause."""

    always = False
    settings = Settings()

    def __init__(self) -> None:
        self.woken = 0
        self.waited = 0
        self.closed: list[Run] = []
        self.then = "running"

    def wake(self) -> None:
        self.woken += 1

    def wait_while_paused(self, run: Run) -> None:
        self.waited += 1
        run.receive_status(self.then)

    def close(self, run: Run) -> None:
        self.closed.append(run)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def run(desk: Desk) -> Run:
    return Run("t", ev.Identity(task_type="x", total_items=252), desk)


def test_the_newest_value_is_taken_once(run: Run) -> None:
    assert run.newest() is None
    run.attempt, run.results, run.error_text = 3, {"r": 1}, "why"
    run.offer(1, details={"a": 0, "b": 2})
    run.offer(150, 252, "m", {"a": 1}, "save")
    assert run.newest() == ev.Progressed(
        attempt=3,
        current=150,
        total=252,
        message="m",
        details={"a": 1, "b": 2, "phase": "save"},
        results={"r": 1},
        error_message="why",
    )
    assert run.newest() is None
    run.offer("many", "all")
    newest = run.newest()
    assert (newest.current, newest.total) == (None, None)


def test_only_the_first_value_a_new_total_and_a_new_phase_wake_the_sender(
    run: Run, desk: Desk
) -> None:
    woken = []
    for values in [(1,), (2,), (3, 300), (4, 300), (5, None, None, None, "a"), (6,)]:
        run.offer(*values)
        woken.append(desk.woken)
    assert woken == [1, 1, 2, 2, 3, 3]


def test_with_no_interval_every_value_does(run: Run, desk: Desk) -> None:
    desk.always = True
    for n in range(5):
        run.offer(n)
    assert desk.woken == 5


def test_a_value_without_a_message_takes_the_default(run: Run) -> None:
    run.offer(150)
    assert run.newest().message == "処理中... (150/252)"
    run.offer(3, 10)
    assert run.newest().message == "処理中... (3/10)"
    run.offer(3, 10, "")
    assert run.newest().message == ""
    run.offer(3, 10, 5)
    assert run.newest().message == "5"


def test_a_cancelled_run_raises_at_every_call(run: Run) -> None:
    run.offer(1)
    run.receive_status("cancelled")
    for _ in range(3):
        with pytest.raises(TaskCancelled, match="task t was cancelled"):
            run.offer(2)
        with pytest.raises(TaskCancelled):
            run.acknowledge()
    assert run.newest() is None
    assert issubclass(TaskCancelled, Ignore)
    run.receive_status("created")  # published again: the next run's record
    with pytest.raises(TaskCancelled):
        run.offer(2)


def test_a_paused_run_waits(run: Run, desk: Desk) -> None:
    for number, say in enumerate((lambda: run.offer(1), run.acknowledge), 1):
        run.receive_status("paused")
        say()
        assert desk.waited == number
    run.acknowledge()
    assert desk.waited == 2
    desk.then = "cancelled"  # while it waits
    run.receive_status("paused")
    for say in (lambda: run.offer(1), run.acknowledge):
        with pytest.raises(TaskCancelled):
            say()


def test_what_ends_it_interrupts_its_loop(run: Run) -> None:
    class Loop:
        done, interrupted = 7, 0

        def interrupt(self) -> None:
            self.interrupted += 1

    run.loop = loop = Loop()
    run.receive_status("running")
    assert loop.interrupted == 0
    run.receive_status("cancelled")
    run.receive_status("paused")
    assert loop.interrupted == 2
