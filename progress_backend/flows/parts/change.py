"""The change of a record by a commit, and what makes parts of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from ...operations.commit import Part
from ...operations.index_entry import Facets, StoredFacets
from ...record.events import EVENTS, Event
from ...record.model import Task, TaskStatus


class Change(NamedTuple):
    """A record before and after a commit."""

    #: None where none is stored.
    before: Task | None
    after: Task
    #: The facets that are stored before the commit, and after it.
    facets_before: StoredFacets
    facets_after: Facets
    #: Each event, with the record before and after it.
    steps: tuple[tuple[Task | None, Event, Task], ...]
    #: The next record as it is stored.
    document: bytes

    @property
    def completes(self) -> bool:
        """Whether it completes the task, or completes it again in another run."""
        before, after = self.before, self.after
        if after.status != TaskStatus.COMPLETED:
            return False
        if before is None or before.status != TaskStatus.COMPLETED:
            return True
        return before.attempt != after.attempt


def always(before: Task | None, event: Event) -> bool:
    """Every commit of the event."""
    return True


def of_a_member(before: Task | None, event: Event) -> bool:
    """Commits of a workflow's member."""
    identity = getattr(event, "identity", None)
    joins = identity is not None and identity.member is not None
    return joins or (before is not None and before.member is not None)


#: Whether a part may add to the commit of an event, by the record before it.
Reacts = Callable[[Task | None, Event], bool]


class CommitPart(NamedTuple):
    """What a feature adds to commits, and the events to which it reacts."""

    #: Makes the parts of a commit.
    parts: Callable[[Change], Iterable[Part]]
    #: The events that it reacts to: to commits of others alone it adds nothing.
    events: frozenset[type[Event]] = EVENTS
    #: `value_in_place` writes a value without parts if none may add to it; of a run's later values
    #: it asks only for those with details. `first_records` writes a first record with the parts of
    #: an alike one, if all of these are `shared`.
    when: Reacts = always
