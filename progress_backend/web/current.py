"""A task's document as it is now, for GET status, WebSockets and event streams."""

from __future__ import annotations

from ..errors import TaskNotFound
from ..record import reader_view
from ..record.first_estimate import needless
from .state import Api
from .stored_answer import described


async def current(api: Api, task_id: str) -> bytes:
    """A task's document: checked, in the reader's zone, with a first estimate where the task has
    no rate of its own, and final where no message can take its end back.

    Raises:
        TaskNotFound: there is no record.
        ForeignValue: the value that is stored there is no record.
        StoreUnavailable: the store does not answer.
    """
    stored = await api.reads.get(task_id)
    if stored is None:
        raise TaskNotFound(task_id)
    return await as_read(api, task_id, stored)


async def as_read(api: Api, task_id: str, stored: bytes) -> bytes:
    """A stored record as `current` gives it.

    Raises:
        ForeignValue: the value is no record of this task.
        StoreUnavailable: the store does not answer.
    """
    document = reader_view.seen(stored, task_id, api.zone)
    if not needless(document):
        document = await api.histories.estimated(document)
    if not described(document).settled:
        document = api.flows.as_of(document, await api.now())
    return document
