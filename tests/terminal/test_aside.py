"""Calls in a thread of their own: their outcomes, and what they leave to the main thread."""

from __future__ import annotations

import signal
import threading
import time

import pytest

from progress_backend.terminal.aside import Aside


def test_calls_are_carried_out_in_order_and_tell_their_errors() -> None:
    seen: list[int] = []
    with Aside() as aside:
        asked = [aside.ask(lambda n=n: seen.append(n)) for n in range(20)]  # type: ignore[misc]
        failed = aside.ask(lambda: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            failed.result(20)
        assert all(each.done() for each in asked)
    assert seen == list(range(20))


def test_signals_are_left_to_the_main_thread() -> None:
    with Aside() as aside:
        held = aside.ask(lambda: signal.pthread_sigmask(signal.SIG_BLOCK, set())).result(20)
    assert {signal.SIGINT, signal.SIGTERM, signal.SIGWINCH} <= set(held)


def test_what_is_under_way_is_not_waited_for() -> None:
    going_on = threading.Event()
    begun = time.monotonic()
    with Aside() as aside:
        outcome = aside.ask(lambda: going_on.wait(20))
    assert time.monotonic() - begun < 10
    assert not outcome.done()
    going_on.set()
    assert outcome.result(20)
