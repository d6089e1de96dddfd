from datetime import timedelta

import pytest
from hypothesis import given, settings

from progress_backend.errors import TransitionRefused
from progress_backend.flows import stored_record
from progress_backend.flows.stored_record import facets_of, milliseconds
from progress_backend.record import events as ev
from progress_backend.record import task_json
from progress_backend.record.model import Task, Worker
from progress_backend.settings import Settings
from tests.strategies import NOW, identities, tasks


@settings(max_examples=25)
@given(tasks())
def test_an_ended_task_has_no_lease_unless_its_run_has_yet_to_end(task) -> None:
    facets = facets_of(task)
    assert facets[:3] == (task.status, task.task_type, task.symbol)
    held = not task.ended or task.requested is not None
    assert facets.lease == (task.worker.lease if task.worker and held else None)


def test_milliseconds_since_1970() -> None:
    assert milliseconds(NOW + timedelta(microseconds=1_999)) == 1_705_314_600_001


@settings(max_examples=25)
@given(identities)
def test_a_worker_knows_the_record_that_its_publisher_made(identity) -> None:
    event = ev.Created(identity=identity, expires=NOW)
    base = stored_record.created("t", event, NOW, "digest")
    assert (base.task.revision, base.digest) == (1, "digest")
    assert base.task == task_json.decode(task_json.encode(base.task))
    assert (base.task.status, base.task.created_at) == ("created", NOW)


IDENTITY = ev.Identity(task_type="t", total_items=10)
FIRST, SECOND = (
    ev.Started(identity=IDENTITY, worker=Worker(f"lease-{n}", f"w{n}")) for n in (1, 2)
)
#: Of the second run: its value, and an end without a success.
ITS_VALUE = ev.Progressed(attempt=2, current=3, details={"second": 1}, results={"second": 1})
NONE = ev.Failed(attempt=2, error_message="it broke")
#: Of the first run, which goes on beside it.
VALUE = ev.Progressed(attempt=1, current=9, details={"first": 1}, results={"rows": 9})
SUCCESS = ev.Completed(attempt=1)


def after(task: Task | None, *happened: ev.Event) -> Task:
    for event in happened:
        task = stored_record.steps("t", task, (event,), NOW, Settings())[-1][2]
    assert task is not None
    return task


def test_the_values_of_an_older_run_come_with_its_success() -> None:
    """The record refuses the value alone: it ended with the newer run."""
    ended = after(None, FIRST, SECOND, ITS_VALUE, NONE)
    with pytest.raises(TransitionRefused):
        after(ended, VALUE)
    (_, _, valued), (before, _, task) = stored_record.steps(
        "t", ended, (VALUE, SUCCESS), NOW, Settings()
    )
    assert before is valued
    assert (task.status, task.attempt, task.error_message) == ("completed", 2, None)
    assert (task.current_items, task.total_items) == (9, 10)
    assert (task.results, task.processing_details) == ({"rows": 9}, {"first": 1})


@pytest.mark.parametrize(
    ("before", "end"),
    [
        ((), SUCCESS),  # the newer run lives
        ((NONE,), NONE.replace(attempt=1)),
        ((ev.Completed(attempt=2),), SUCCESS),
        ((NONE,), VALUE),
        ((NONE,), ev.Completed()),  # from no run
    ],
)
def test_an_end_that_is_refused_brings_no_values(before: tuple[ev.Event, ...], end) -> None:
    ended = after(None, FIRST, SECOND, ITS_VALUE, *before)
    with pytest.raises(TransitionRefused):
        stored_record.steps("t", ended, (VALUE, end), NOW, Settings())
