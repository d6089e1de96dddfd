"""Trace contexts in headers, which may hold anything."""

import pytest

from progress_backend.record import events as ev
from progress_backend.record.traces import trace_id_of, traceparent
from tests.record.steps.given import after

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_a_trace_context_has_its_trace_id() -> None:
    assert traceparent(TRACE) == TRACE
    assert trace_id_of(TRACE) == "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.mark.parametrize(
    "given",
    [
        *(None, 5, b"00", "", f"{TRACE}-more", f"{TRACE}\n", TRACE.upper(), f"01{TRACE[2:]}"),
        f"00-{'0' * 32}-00f067aa0ba902b7-01",
        f"00-4bf92f3577b34da6a3ce929d0e0e4736-{'0' * 16}-01",
        "00-４bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    ],
)
def test_anything_else_is_none(given: object) -> None:
    assert traceparent(given) is None
    assert trace_id_of(given) is None


def test_that_of_the_newest_run_stays() -> None:
    """Instrumentation puts one into the message after the record is made, mostly."""
    later = TRACE.replace("00f067aa0ba902b7", "00f067aa0ba902b8")
    task = after(None, ev.Created(identity=ev.Identity("x")))
    for number, (given, kept) in enumerate(((TRACE, TRACE), (later, later), (None, later))):
        identity = ev.Identity("x", traceparent=given)
        task = after(task, ev.Started(identity=identity, retries=number))
        assert task.traceparent == kept
        task = after(task, ev.Retried(message="again", retries=number + 1))
