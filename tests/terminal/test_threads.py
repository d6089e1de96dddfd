"""Calls in threads of their own: their outcomes, and what they leave to the main thread."""

import signal
import threading

import pytest

from progress_backend.terminal.threads import in_thread


def test_a_call_hands_over_its_outcome_or_its_error() -> None:
    assert in_thread(lambda: 1).result(60) == 1
    with pytest.raises(ZeroDivisionError):
        in_thread(lambda: 1 // 0).result(60)


def test_signals_are_left_to_the_main_thread() -> None:
    held = in_thread(lambda: signal.pthread_sigmask(signal.SIG_BLOCK, set())).result(60)
    assert {signal.SIGINT, signal.SIGTERM, signal.SIGWINCH} <= set(held)


def test_the_end_of_the_program_waits_for_no_call() -> None:
    assert in_thread(lambda: threading.current_thread().daemon).result(60)
