"""Threads that end with their process (greenlets under gevent) and receive no signal.

A signal to a process goes to any thread that does not block it. A prefork child blocks SIGTERM in
its main thread while it writes into the queue of results that it may share with all other children:
a second SIGTERM, received by another thread, would end it with the queue's lock held, and no child
could write a result again. Programs that a thread starts inherit what it blocks: none may be.
"""

from __future__ import annotations

import _thread
import contextlib
import logging
import signal
import threading
from collections.abc import Callable, Iterator
from types import BuiltinFunctionType

logger = logging.getLogger(__name__)

#: What a thread causes itself: blocked, it ends the process before faulthandler writes a traceback.
_FAULTS = ("SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL")


def daemon(name: str, work: Callable[[], None]) -> threading.Thread | None:
    """Starts a daemon thread; None, with a log line, where the system has no thread left."""
    thread = threading.Thread(target=work, name=name, daemon=True)
    try:
        # A greenlet is this thread, and others run before it has started.
        native = isinstance(_thread.start_new_thread, BuiltinFunctionType)
        with _blocked() if native else contextlib.nullcontext():
            thread.start()
    except RuntimeError as error:
        logger.warning("the thread %s cannot be started yet: %s", name, error)
        return None
    return thread


def native_daemon(name: str, work: Callable[[], None]) -> None:
    """The same, but a thread of the operating system where gevent has patched threading."""
    try:
        from gevent.monkey import get_original
    except ImportError:
        daemon(name, work)
    else:
        with _blocked():
            get_original("_thread", "start_new_thread")(work, ())


@contextlib.contextmanager
def _blocked() -> Iterator[None]:
    """A thread that is started meanwhile receives no signal from its first line on: it inherits
    what this one blocks."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    # Asked for first: a handler of a signal that has arrived may raise out of any call.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    faults = {getattr(signal, name, None) for name in _FAULTS}
    try:
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals() - faults)
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
