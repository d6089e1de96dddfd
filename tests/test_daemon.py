"""Threads of the library: which signals they receive, and what their start leaves behind."""

import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue

import pytest

from progress_backend.daemon import daemon, native_daemon

#: Those a process's parent, terminal, timer or Celery's own pool sends.
SENT = {
    signal.SIGINT,
    signal.SIGTERM,
    signal.SIGHUP,
    signal.SIGUSR1,
    signal.SIGALRM,
    signal.SIGPROF,
}


def blocked() -> set[int]:
    return set(signal.pthread_sigmask(signal.SIG_BLOCK, ()))


@pytest.mark.parametrize("start", [daemon, native_daemon])
def test_a_thread_receives_no_signal_but_its_own_faults(start: Callable[..., object]) -> None:
    before, seen = blocked(), SimpleQueue[set[int]]()
    start("masked", lambda: seen.put(blocked()))
    in_it = seen.get(timeout=60)
    assert in_it >= SENT
    assert not in_it & {signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL}
    assert blocked() == before


def test_a_handler_that_raises_meanwhile_leaves_nothing_blocked() -> None:
    """As a soft time limit's; the signal is blocked while the thread starts."""

    def limit(*_: object) -> None:
        raise TimeoutError

    before, handler = blocked(), signal.signal(signal.SIGUSR1, limit)
    started = threading.Thread.start

    def start(thread: threading.Thread) -> None:
        started(thread)
        signal.raise_signal(signal.SIGUSR1)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(threading.Thread, "start", start)
        with pytest.raises(TimeoutError):
            daemon("limited", lambda: None)
    signal.signal(signal.SIGUSR1, handler)
    assert blocked() == before


def test_greenlets_leave_the_signals_of_their_thread(tmp_path: Path) -> None:
    """Two that start at once, and a native thread beside them."""
    code = """
from gevent import monkey
monkey.patch_all()
import gevent, signal
from progress_backend.daemon import daemon, native_daemon
blocked = lambda: set(signal.pthread_sigmask(signal.SIG_BLOCK, ()))
before, seen, native = blocked(), [], []
first, second = (gevent.spawn(daemon, name, lambda: seen.append(blocked())) for name in "ab")
gevent.joinall([first, second])
native_daemon("n", lambda: native.append(blocked()))
with gevent.Timeout(20):
    while len(seen) < 2 or not native:
        gevent.sleep(0.01)
assert seen == [before, before] and blocked() == before, (seen, blocked())
assert signal.SIGTERM in native[0], native
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=300, cwd=tmp_path)
