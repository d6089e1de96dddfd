"""Begins the records of many tasks in one go. A flow, pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from . import commands as c
from . import wire
from .events import Created
from .flows import Flow, Flows
from .record import Applied, Base, encoded, facets_of, milliseconds
from .transition import transition

#: A task's id and what it is created as.
Begun = tuple[str, Created]


def create(flows: Flows, begun: Sequence[Begun], now: datetime) -> Flow[list[Applied]]:
    """Each as `Flows.apply` leaves it; what is there already is applied to by itself."""
    locale = flows.settings.locale
    tasks = [
        transition(None, event, now, task_id=task_id, locale=locale, revision=1)
        for task_id, event in begun
    ]
    written = [encoded(task, clip=True) for task in tasks]
    now_ms = milliseconds(now)
    commits = []
    for task, document in written:
        due = flows.due_ms(task, now_ms)
        commits.append(
            c.Commit(
                task_id=task.task_id,
                expected="",
                document=document,
                before=None,
                after=facets_of(task),
                ttl_ms=flows.ttl_ms(due, now_ms),
                due_ms=due,
                fresh=True,
            )
        )
    committed: list[c.Committed] = yield c.Commits(tuple(commits))
    applied: list[Applied] = []
    for (task, document), commit, answer, (task_id, event) in zip(
        written, commits, committed, begun, strict=True
    ):
        if answer.done:
            base = Base(task, wire.digest(document), commit.due_ms)
            applied.append(Applied(base, document))
        else:
            applied.append((yield from flows.apply(task_id, (event,), now, clip=True)))
    return applied
