"""Applies requests for whole workflows to a member's record. A flow; pure."""

from __future__ import annotations

from ..operations import workflows
from ..operations.acts import drop
from ..operations.commit import Committed
from ..record.events import Created, Directed, Event, Planned, Unreached
from ..record.model import Task
from .flow import Flow

#: Events that create a record if there is none, mostly.
MAKING = (Created, Planned)


def followed(
    events: tuple[Event, ...], committed: Committed, before: Task | None, after: Task
) -> Flow[tuple[Event, ...]]:
    """A member's events, followed by the requests because of which their commit was refused. If all
    members have ended, and a record starts again, the canvas was published again: earlier requests
    are not for it."""
    directed: list[Event] = []
    for workflow_id, act in committed.acts:
        again = before is not None and before.ended and not after.ended
        if again and isinstance(events[0], MAKING):
            found = yield from workflows.figures(workflow_id, act.at_ms)
            if found.ended == found.total:
                yield from drop(workflow_id, act.id)
                continue
        directed.append(Directed(workflow_id=workflow_id, act=act))
    if isinstance(events[0], Unreached) and directed:
        return tuple(directed)  # a planned member gets the earlier request instead
    return (*events, *directed)
