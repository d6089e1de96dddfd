"""What is wrong with a canvas' workflow once all is calm; pure."""

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from progress_backend.record.model import STATUSES
from progress_backend.record.workflow import WorkflowCounts

#: What a record says where Celery has stored this.
_AGREES = {"SUCCESS": "completed", "FAILURE": "error", "REVOKED": "cancelled"}
#: Status and state of a task that was terminated as its process was killed.
_BOTH = frozenset({("cancelled", "FAILURE"), ("error", "REVOKED")})
#: Causes of errors of which Celery stores nothing.
_UNSTORED = frozenset({"upstream", "never_published", "lost"})


@dataclass
class Case:
    """All that is known of one canvas."""

    workflow_id: str
    figures: WorkflowCounts
    #: The members' records by id.
    members: Mapping[str, dict[str, Any]]
    #: Celery's states of the members.
    states: Mapping[str, str]
    #: Ids of the canvas' tasks with a body that has begun.
    ran: Sequence[str] = ()
    #: Whether a worker has ended that had acknowledged messages of tasks that had not begun.
    worker_died: bool = False


def faults(case: Case) -> Iterator[str]:
    """What is wrong, in a line each."""
    figures, members = case.figures, case.members
    if not figures.total:
        yield "there is no workflow"
    waits = {i for i, one in members.items() if _unsent(case, i, one)}
    waiting = {i for i, one in members.items() if one["status"] not in _AGREES.values()}
    planned = {i for i in waiting if members[i].get("planned")}
    wait = waits or _may_have_left(case, planned)
    if len(planned) != figures.planned or (planned and not wait):
        yield f"planned members are left: {figures}"
    counted = Counter(one["status"] for one in members.values())
    by_status = dict(zip(STATUSES, figures.counts, strict=True))
    if by_status != {status: counted[status] for status in STATUSES}:
        yield f"the figures say {by_status}, the records {dict(counted)}"
    if figures.open and not (waiting and waiting - planned <= waits):
        yield f"it is open: {figures}"
    ended = _status(counted)
    whole = figures.percentage == 100
    if not figures.open and (whole, figures.status) != (ended == "completed", ended):
        yield f"it has ended as {figures.status} at {figures.percentage} %: {dict(counted)}"
    for task_id in case.ran:
        if task_id not in members:
            yield f"{task_id} has run, and is no member"
    twice = any(_ended_twice(one, case.states[i]) for i, one in members.items())
    for task_id, one in members.items():
        if twice and (one.get("planned") or _ended_twice(one, case.states[task_id])):
            continue
        if task_id not in waits | planned and not _right(one, case.states[task_id]):
            yield f"{task_id} is {case.states[task_id]} in Celery, and {_about(one)}"


def unsent(case: Case) -> int:
    """How many publishes died before their messages left; of a group's members all wait."""
    waiting = {i: one for i, one in case.members.items() if _unsent(case, i, one)}
    return len({one.get("parent_id") or task_id for task_id, one in waiting.items()})


def _status(counted: Mapping[str, int]) -> str:
    return next((s for s in ("error", "cancelled") if counted.get(s)), "completed")


def _unsent(case: Case, task_id: str, one: dict[str, Any]) -> bool:
    """Whether a message never left, since a pool process was killed as it was about to send it, or
    died with a worker that had acknowledged it. In a store such a task looks like one that still
    waits."""
    revoked = one["task_type"] == "revoked" and case.states[task_id] == "REVOKED"  # before it left
    if (case.states[task_id] in _AGREES and not revoked) or one.get("worker") is not None:
        return False
    if one["status"] == "running":  # replaced, or retried: what goes on with its id was not sent
        retried = case.states[task_id] == "RETRY" and case.worker_died
        return retried or bool(one["task_type"].startswith("replaced"))
    unsent = one["status"] == "created" and not one.get("planned") and task_id not in case.ran
    return unsent and (one.get("parent_id") is not None or case.worker_died)


def _may_have_left(case: Case, planned: Iterable[str]) -> bool:
    """Whether planned members wait for days: the process of one before them died after Celery had
    stored its success, so that a message of theirs may stand in a queue. Celery has no end."""
    if any(case.states[task_id] in _AGREES for task_id in planned):
        return False
    return any(case.members[task_id]["_"].get("unseen") for task_id in planned)


def _ended_twice(one: dict[str, Any], state: str) -> bool:
    """Whether Celery reported two ends, a revoke and the death of a process that a kill met at the
    same time: the record keeps the first, Celery the last, and those behind it follow either."""
    ends = (one["status"], state)
    return one["task_type"] == "terminated" and ends in _BOTH


def _right(one: dict[str, Any], state: str) -> bool:
    if state == "REVOKED" and one.get("planned"):
        # Celery stores a revoke at once: here of a task with a message that never left.
        return one["status"] == "cancelled" or one.get("error_cause") in _UNSTORED
    if state in _AGREES:
        return bool(one["status"] == _AGREES[state])
    if one["status"] == "error":
        return one.get("error_cause") in _UNSTORED
    # Celery may store RETRY after the end of the next run.
    return one["status"] == "cancelled" or state == "RETRY"


def _about(one: dict[str, Any]) -> str:
    names = (
        "task_type",
        "status",
        "error_cause",
        "error_message",
        "attempt",
        "planned",
        "parent_id",
    )
    names += ("control", "worker", "revision", "updated_at")
    return str({name: one.get(name) for name in names})


def backwards(samples: Sequence[tuple[float, int]]) -> list[str]:
    """Where a percentage fell although no member was added; each sample has it and the members.
    While an end is taken back it is 99.9 instead of 100."""
    pairs = itertools.pairwise(samples)
    return [
        f"from {before} % of {members} to {after} % of {more}"
        for (before, members), (after, more) in pairs
        if after < min(before, 99.9) and more <= members
    ]
