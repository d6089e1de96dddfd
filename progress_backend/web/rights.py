"""What each caller may do; pure.

A caller is the holder of a token, or anyone if none is required. A route names what it does
(`Action`) to what (`Resource`), and the rules here hold for all routes and sockets.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeVar

from ..credentials.tokens import Token
from ..record.list_request import ListRequest

#: What a request does.
Action = Literal["read", "list", "create", "update", "cancel", "start", "stack", "metrics"]
#: What it does it to: one task or workflow, those of a list, or all of the work.
Kind = Literal[
    "task", "workflow", "tasks", "workflows", "workers", "figures", "jobs", "job", "metrics"
]

#: Actions that change something.
WRITES: Final = ("create", "update", "cancel", "start")


@dataclass(frozen=True, slots=True)
class Resource:
    """What a request reads or changes.

    Attributes:
        kind: "task", "workflow", "tasks" (a list, its socket, or a task to be created),
            "workflows", "workers", "figures", "jobs" (all), "job" (one, to be started), "metrics".
        id: id of the task or workflow, name of the job; None for a list.
        task_type: task type of the requested list, or of the task; None: not known, or any type.
        workflow_id: id of the workflow of the requested members, or of the task's outermost
            workflow.
        owner: owner of the requested tasks, or of the task or all of the workflow's members.
    """

    kind: Kind
    id: str | None = None
    task_type: str | None = None
    workflow_id: str | None = None
    owner: str | None = None
    #: Of a task: whether other programs may start it.
    startable: bool = False


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever sent a request, as its token says.

    Attributes:
        name: the token's name; "" if no token is required.
        writes: whether the caller may create, change, cancel and start.
        starts: whether the caller may start jobs, and cancel, pause and resume the tasks of such
            jobs.
        task_type: the only task type that the caller may see; None: all.
        only: the only task or workflow that the caller may see; None: all.
        until: when the caller's share token expires, in seconds since 1970; None: it has none.
        token: the configured token that was sent; None: another, or none.
        owner: the caller may see only this owner's tasks; None: all tasks.
    """

    name: str = ""
    writes: bool = False
    starts: bool = False
    task_type: str | None = None
    only: Resource | None = None
    until: float | None = None
    owner: str | None = None
    token: Token | None = None

    @property
    def limited(self) -> bool:
        """Whether the caller may see a part of the tasks alone."""
        return self.task_type is not None or self.only is not None or self.owner is not None

    def changes(self, action: Action, resource: Resource) -> bool:
        """Whether the caller may do an action of `WRITES`, if it may see the resource."""
        if self.writes or not self.starts:
            return self.writes
        own = resource.startable or (resource.kind == "tasks" and resource.id is None)
        return action == "start" or (action in ("update", "cancel") and own)


#: A list, or the request for it.
Listed = TypeVar("Listed", Resource, ListRequest)
#: The fields of an update with which a caller that may only start pauses and resumes a task.
_OF_A_PAUSE: Final = frozenset({"status", "reason", "by"})


#: Where no token is asked for.
ANYONE: Final = Caller(writes=True)


@dataclass(frozen=True, slots=True)
class Refusal:
    """The status and detail of a request that is refused.

    Attributes:
        kind: the limit that it is above; "origin": the page's origin is not allowed; else "".
        retry_after_s: seconds after which the request may be sent again; 0: not known.
    """

    status: int
    detail: str
    kind: str = ""
    retry_after_s: int = 0


_MAY_START: Final = (
    "this token only permits to read, start jobs, and cancel, pause and resume their tasks"
)
#: Of an update with more than a pause or a resume.
ONLY_PAUSES: Final = Refusal(403, "this token pauses and resumes its jobs, and updates no values")


def refuses_values(caller: Caller, given: Collection[str]) -> bool:
    """Whether an update with these fields has more than a caller with the right to start may
    change."""
    return caller.starts and not caller.writes and not _OF_A_PAUSE.issuperset(given)


def needs_record(caller: Caller, resource: Resource) -> bool:
    """Whether the answer for this caller depends on what is in a task's record."""
    if resource.kind != "task" or not (caller.limited or caller.starts):
        return False
    return caller.only is None or (caller.only.kind == "workflow" and caller.only.id != resource.id)


def narrowed(caller: Caller, asked: Listed) -> Listed:
    """The part of a list that the caller may see, where a request asks for all of it."""
    if asked.workflow_id or not caller.limited:
        return asked
    owner = asked.owner or caller.owner
    return replace(asked, task_type=asked.task_type or caller.task_type, owner=owner)


def sees_stacks(caller: Caller) -> bool | None:
    """Whether a caller may see stacks and tracebacks, which show the site's source; None: if the
    site's own function permits it."""
    if caller.owner is not None and caller.until is None:
        return None
    return caller.writes and not caller.limited


def sees_errors(caller: Caller) -> bool | None:
    """Whether a caller may see what exceptions say; None: with the setting `show_errors`."""
    return False if caller.until is not None else True if caller.owner is None else None


def refusal(caller: Caller, action: Action, resource: Resource) -> Refusal | None:
    """The refusal of what a caller asks for; None if it passes.

    That of a list has been `narrowed`, one of a task that `needs_record` has what the record says,
    one of a workflow its owner, where the caller has one.
    """
    may = caller.changes(action, resource) if action in WRITES else True
    if not may or (resource.kind == "jobs" and not (caller.writes or caller.starts)):
        return Refusal(403, _MAY_START if caller.starts else "this token only permits to read")
    if caller.only is not None:
        if _is_shared(caller.only, resource):
            return None
        return Refusal(403, f"this token is for one {caller.only.kind}, and not for another")
    if resource.kind == "jobs":  # a list: it has those that the caller may start
        return None
    if (
        caller.task_type is not None
        and resource.kind != "figures"
        and (
            resource.kind not in ("task", "tasks", "job") or resource.task_type != caller.task_type
        )
    ):
        return Refusal(403, f"this token is for tasks of type {caller.task_type!r} alone")
    if caller.owner is not None and (
        resource.kind not in ("task", "tasks", "workflow", "job") or resource.owner != caller.owner
    ):
        return Refusal(403, f"this token is for the tasks of {caller.owner!r} alone")
    return None


def _is_shared(shared: Resource, resource: Resource) -> bool:
    """Whether a token for one task or workflow covers the resource; a workflow's covers members."""
    if shared.kind == "workflow" and resource.kind in ("tasks", "task"):
        return shared.id in (resource.workflow_id, resource.id)
    return (shared.kind, shared.id) == (resource.kind, resource.id)
