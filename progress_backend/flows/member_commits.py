"""Commits of the same event to several members of a workflow; those that fail are tried again.
Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from ..errors import TaskNotFound
from ..record.events import Event
from .flow import Flow
from .gather import together
from .stored_record import Base
from .task_flows import Flows

#: How often a commit is tried, each time against so many concurrent writers as `Flows.apply` is.
_TRIES: Final = 3


def commit_each(flows: Flows, bases: Sequence[Base], event: Event, now: datetime) -> Flow[bool]:
    """Records an event of each of these records; whether that is done. Those whose
    commits fail again and again are logged; a record that is gone needs none."""
    known = {base.task.task_id: base for base in bases}
    failed: dict[str, Exception] = {}
    for _ in range(_TRIES):
        steps = [flows.apply(i, (event,), now, base=b, clip=True) for i, b in known.items()]
        outcomes = zip(known, (yield from together(steps)), strict=True)
        failed = {i: one for i, one in outcomes if isinstance(one, Exception)}
        failed = {i: one for i, one in failed.items() if not isinstance(one, TaskNotFound)}
        if not failed:
            return True
        known = {i: known[i] for i in failed}
    what = f"{type(event).__name__} is not recorded of a workflow's member"
    for task_id, error in failed.items():
        flows.fault(what, error, task_id)
    return False
