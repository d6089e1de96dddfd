"""`track(iterable)`: counted right whatever the loop does, ended when the task is."""

import gc
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from progress_backend.record import events as ev
from progress_backend.runs.counting import counted
from progress_backend.runs.run import Run, TaskCancelled
from tests.runs.test_run import Desk


def new_run() -> Run:
    run = Run("t", ev.Identity(task_type="x"), Desk())
    run.newest()
    return run


def figure(run: Run) -> int | None:
    """What the sender would record now, as it stands."""
    return run.current if run.loop is None else run.loop.done


@given(st.lists(st.integers(), max_size=50) | st.integers(0, 3_000).map(range))
def test_it_yields_the_items_as_they_are(items) -> None:
    run = new_run()
    assert list(counted(run, items, len(items))) == list(items)
    assert figure(run) == len(items)


@pytest.mark.parametrize("length", [0, 1, 1_023, 1_024, 1_025, 2_048, 5_000])
def test_the_item_at_work_is_not_done(length: int) -> None:
    run = new_run()
    for n, _ in enumerate(counted(run, range(length), length)):
        if n % 97 == 0 or n > length - 3:
            assert figure(run) == n
    assert run.loop is None
    assert run.newest() == ev.Progressed(
        current=length, total=length, message=f"処理中... ({length}/{length})"
    )


@pytest.mark.parametrize("by", ["break", "an error"])
def test_a_loop_that_is_left_keeps_what_was_done(by: str) -> None:
    run = new_run()
    with suppress(LookupError):
        for item in counted(run, range(100), 100):
            if item == 10:
                if by == "break":
                    break
                raise LookupError
    gc.collect()
    assert run.loop is None
    assert figure(run) == run.newest().current == 10


def test_an_error_of_the_source_is_the_jobs() -> None:
    def source():
        yield 1
        raise LookupError("page 2")

    run = new_run()
    with pytest.raises(LookupError, match="page 2"):
        list(counted(run, source(), None))
    gc.collect()
    # Whether item 1 was done cannot be seen from here: one less is counted rather than one more.
    assert figure(run) == 0


@pytest.mark.parametrize(("at", "length"), [(-1, 5), (4, 5), (1_500, 5_000)])
def test_a_cancelled_task_ends_at_its_next_item(at: int, length: int) -> None:
    """Also before its first and after its last."""
    run, seen = new_run(), list[int]()

    def work() -> None:
        for item in counted(run, range(length), length):
            seen.append(item)
            if item == at:
                run.receive_status("cancelled")

    if at < 0:
        run.receive_status("cancelled")
    with pytest.raises(TaskCancelled):
        work()
    assert seen == list(range(at + 1))


def test_a_paused_task_waits_at_its_next_item_and_loses_none() -> None:
    run, seen = new_run(), []
    for item in counted(run, range(3_000), 3_000):
        seen.append(item)
        if item in (10, 1_024, 2_047):
            run.receive_status("paused")
    assert seen == list(range(3_000))
    assert run.sender.waited == 3
    assert figure(run) == 3_000


@contextmanager
def beside(work: Callable[[Run], None], run: Run) -> Iterator[None]:
    """Another thread does it over and over meanwhile."""
    over = threading.Event()

    def again() -> None:
        while not over.is_set():
            work(run)

    thread = threading.Thread(target=again)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_interruptions_from_another_thread_lose_no_item() -> None:
    def interrupt(run: Run) -> None:
        if run.loop is not None:
            run.loop.interrupt()

    run = new_run()
    with beside(interrupt, run):
        assert sum(counted(run, range(100_000), 100_000)) == sum(range(100_000))
    assert figure(run) == 100_000


def test_the_count_never_runs_ahead_of_the_loop() -> None:
    begun, seen = [0], list[bool]()

    def look(run: Run) -> None:
        if (loop := run.loop) is not None:
            done = loop.done
            seen.append(done <= begun[0])

    run = new_run()
    with beside(look, run):
        for item in counted(run, range(10**7), None):
            begun[0] = item + 1
            if len(seen) > 500:
                break
    assert len(seen) > 500
    assert all(seen)


def test_loops_in_a_loop_give_the_count_back() -> None:
    run = new_run()
    for n, _ in enumerate(counted(run, range(3), 3)):
        assert figure(run) == n
        for inner, _ in enumerate(counted(run, range(5), 5)):
            assert figure(run) == inner
    assert figure(run) == 3


def test_loops_that_take_turns_leave_the_count_to_the_job() -> None:
    run = new_run()
    for _ in zip(counted(run, range(3), 3), counted(run, range(9), 9), strict=False):
        pass
    gc.collect()
    assert run.loop is None
    run.offer(7)
    assert figure(run) == 7


def test_it_costs_no_call_an_item() -> None:
    """Shown by the types: nothing between two items is Python's."""
    loop = counted(new_run(), range(10), 10)
    assert type(loop).__module__ == "itertools"
    assert list(islice(loop, 3)) == [0, 1, 2]
