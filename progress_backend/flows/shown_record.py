"""A record as a reader gets it: with estimates, and its place if it waits. Flows; pure."""

from __future__ import annotations

from datetime import datetime

from ..operations import places, records
from ..record import first_estimate, past_runs, reader_view, responses, waiting
from ..record.document import written
from ..record.fields import Body
from .flow import Flow
from .task_flows import Flows


def record(flows: Flows, task_id: str) -> Flow[Body | None]:
    """A record as a reader gets it; None if there is none.

    Raises:
        ForeignValue: the value that is stored there is no record.
    """
    (stored,) = yield from records.read((task_id,))
    return None if stored is None else reader_view.seen(stored, task_id)


def estimated(flows: Flows, task_id: str) -> Flow[Body | None]:
    """A record with a first estimate where its task has no rate of its own; raises as `record`."""
    found = yield from record(flows, task_id)
    return None if found is None else (yield from _estimated(found))


def current(flows: Flows, task_id: str, now: datetime) -> Flow[bytes | None]:
    """A record's body as it is to be read now: `estimated`, with the task's place and the range of
    its start if the task waits; raises as `record`."""
    (stored,) = yield from records.read((task_id,))
    if stored is None:
        return None
    shown = yield from _estimated(reader_view.seen(stored, task_id))
    if (task := waiting.waiting(shown, stored)) is not None:
        (ahead,) = yield from places.before((task,))
        if ahead is not None:
            runs = yield from records.runs_of(task.task_type)
            waiting.placed(shown, ahead, past_runs.history(runs))
    elif first_estimate.has_usual(shown):
        runs = yield from records.runs_of(shown.task_type)
        first_estimate.with_usual(shown, past_runs.history(runs))
    return written(responses.as_of(shown, now, flows.settings.locale))


def _estimated(shown: Body) -> Flow[Body]:
    if (task_type := first_estimate.type_of(shown)) is None:
        return shown
    runs = yield from records.runs_of(task_type)
    return first_estimate.estimated(shown, past_runs.history(runs))
