"""A task's record as it is now, for GET status, WebSockets and event streams."""

from __future__ import annotations

from ..errors import TaskNotFound
from ..record import reader_view
from ..record.fields import Body
from ..record.responses import as_of
from .state import Api


async def as_read(api: Api, task_id: str, stored: bytes | None) -> Body:
    """A task's record, of what is stored: checked, in the reader's zone, with a first estimate
    where the task has no rate of its own, and final where no message can take its end back.

    Raises:
        TaskNotFound: there is none.
        ForeignValue: the value is no record of this task.
        StoreUnavailable: the store does not answer.
    """
    if stored is None:
        raise TaskNotFound(task_id)
    record = await api.histories.estimated(reader_view.seen(stored, task_id, api.zone))
    if record.may_come_again_until is not None:
        as_of(record, await api.now(), api.settings.locale)
    return record
