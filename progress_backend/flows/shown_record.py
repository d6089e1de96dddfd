"""A record as a reader gets it: with estimates, and its place if it waits. Flows; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from ..errors import TaskNotFound
from ..operations import places, records
from ..operations.call import all_of
from ..record import light_row, reader_view, responses, shown
from ..record.document import written
from ..record.fields import Body
from ..record.past_runs import History, history
from .flow import Flow
from .task_flows import Records


def record(task_id: str) -> Flow[Body]:
    """A record as a reader gets it.

    Raises:
        TaskNotFound: there is none.
        ForeignValue: the value that is stored there is no record.
    """
    (stored,) = yield from records.read((task_id,))
    if stored is None:
        raise TaskNotFound(task_id)
    return reader_view.seen(stored, task_id)


def complete(
    flows: Records, made: Sequence[tuple[bytes, Body]], now: datetime, known: dict[str, History]
) -> Flow[None]:
    """Adds to records, as they are to be read now, what their documents do not say: estimates, and
    the place and start of tasks that wait. `known` has the past runs of types; those that are
    missing are read."""
    tasks = [shown.waiting(record, document) for document, record in made]
    aheads = iter((yield from places.before([task for task in tasks if task is not None])))
    past = [record.task_type for _, record in made if shown.needs_history(record)]
    types = dict.fromkeys([*past, *(task.task_type for task in tasks if task is not None)])
    missing = [task_type for task_type in types if task_type not in known]
    runs = yield from all_of(*map(records.runs_of, missing))
    known |= zip(missing, map(history, runs), strict=True)
    for task, (_, record) in zip(tasks, made, strict=True):
        if shown.needs_history(record):
            shown.with_history(record, known[record.task_type])
        if task is not None and (ahead := next(aheads)) is not None:
            shown.placed(record, ahead, known[task.task_type])
        responses.as_of(record, now, flows.settings.locale)


def rows(
    flows: Records,
    found: Iterable[tuple[str, bytes | None]],
    now: datetime | None,
    *,
    light: bool = False,
) -> Flow[list[tuple[str, bytes]]]:
    """The JSON of a list's rows of the tasks that have a document; at `now`, if that is given, with
    the places of those that wait."""
    made = {i: (value, reader_view.row(value, i)) for i, value in found if value is not None}
    if now is not None:
        waiting = [one for one in made.values() if shown.waiting(one[1], one[0]) is not None]
        if waiting:
            yield from complete(flows, waiting, now, {})
        for _, record in made.values():
            responses.as_of(record, now, flows.settings.locale)
    write = light_row.row if light else written
    return [(task_id, write(record)) for task_id, (_, record) in made.items()]


def current(flows: Records, task_id: str, now: datetime) -> Flow[Body | None]:
    """A record as it is to be read now, complete; None if there is none.

    Raises:
        ForeignValue: the value that is stored there is no record.
    """
    (stored,) = yield from records.read((task_id,))
    if stored is None:
        return None
    found = reader_view.seen(stored, task_id)
    yield from complete(flows, [(stored, found)], now, {})
    return found
