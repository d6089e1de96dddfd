from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings

from progress_backend.flows import stored_record
from progress_backend.flows.stored_record import facets_of, milliseconds
from progress_backend.record import events as ev
from progress_backend.record import task_json
from tests.strategies import NOW, identities, tasks


@settings(max_examples=25)
@given(tasks())
def test_an_ended_task_has_no_lease_unless_its_run_has_yet_to_end(task) -> None:
    facets = facets_of(task)
    assert facets[:3] == (task.status, task.task_type, task.symbol)
    held = not task.ended or task.asked is not None
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
