"""A fork waits a moment for threads that hold other libraries' locks, and no child has them."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from progress_backend.runs import fork_guard
from progress_backend.runs.fork_guard import no_fork_in_between
from tests.stopwatch import quickest

# That is what it is about.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")


@contextmanager
def a_thread_inside(lock: threading.Lock, out: threading.Event) -> Iterator[threading.Thread]:
    """A thread of ours that holds another object's lock until it is let go."""
    inside = threading.Event()

    def work() -> None:
        with no_fork_in_between(), lock:
            inside.set()
            out.wait(60)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    assert inside.wait(60)
    try:
        yield thread
    finally:
        out.set()
        thread.join(10)


def forked(work: Callable[[], bool]) -> bool:
    """What it says in a forked child; False if the child hangs."""
    if (child := os.fork()) == 0:
        signal.alarm(60)  # ends one that waits without end
        ok = False
        try:
            ok = work()
        finally:
            os._exit(0 if ok else 1)
    return os.waitpid(child, 0)[1] == 0


def test_a_child_has_no_lock_of_a_thread_that_was_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fork_guard, "WAIT_S", 60)
    lock, out = threading.Lock(), threading.Event()
    with a_thread_inside(lock, out):
        threading.Timer(0.3, out.set).start()
        assert forked(lambda: lock.acquire(timeout=60))
        assert out.is_set(), "the fork has waited"


def test_it_waits_for_a_bound_and_not_twice_for_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fork_guard, "WAIT_S", 0.4)
    out = threading.Event()
    with a_thread_inside(threading.Lock(), out):
        began = time.monotonic()
        assert forked(lambda: True)
        assert time.monotonic() - began >= 0.4 > quickest(lambda: forked(lambda: True))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_signals_handler_that_raises_in_the_wait_leaves_no_lock(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As a job's soft time limit; Python drops what a function that it calls at a fork raises."""
    raised = list[int]()

    def limit(number: int, _: object) -> None:
        raised.append(number)
        raise TimeoutError

    def awaited(_: object) -> bool:
        signal.raise_signal(signal.SIGUSR1)
        return True

    monkeypatch.setattr(fork_guard._Inside, "awaited", awaited)
    before = signal.signal(signal.SIGUSR1, limit)
    try:
        with no_fork_in_between():
            pass  # there is a guard
        assert forked(lambda: True)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert raised
    with a_thread_inside(threading.Lock(), threading.Event()):
        pass  # another thread comes in


def test_the_thread_that_forks_does_not_wait_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """And both go on with it, the child also where it leaves what its parent entered."""
    monkeypatch.setattr(fork_guard, "WAIT_S", 60)

    def use() -> bool:
        with no_fork_in_between():
            return forked(lambda: True)

    with no_fork_in_between():
        child = os.fork()
    if child == 0:
        signal.alarm(60)
        with no_fork_in_between():
            os._exit(0 if use() else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert use()
