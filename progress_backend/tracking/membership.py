"""Membership in workflows: the message header by which it travels, on every message of a canvas."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final, NamedTuple

from ..errors import ForeignValue
from ..flows.stored_record import Base
from ..operations import records
from ..record import canvas
from ..record.caller_events import MAX_ITEMS
from ..record.model import MAX_ID, Member, is_plain
from .decorator import HEADER
from .identity import WORKFLOW, member_in, owner_in
from .tracker import Tracker

#: Attribute of a request: the ids of the messages that Celery sends when its task ends.
_NEXT: Final = "_progress_next"
#: Bodies that publish one another within one workflow: a task that publishes itself for ever would
#: never let it end.
MOST_GENERATIONS: Final = 32


class Joined(NamedTuple):
    """A message that belongs to workflows."""

    member: Member
    #: What runs after the message's own task.
    ahead: canvas.Embed
    #: Whether the message goes on with a canvas that was sent before: its task is planned, mostly.
    goes_on: bool
    #: The name that the caller gives to the workflow.
    name: str | None = None
    #: How many members the caller expects it to have.
    total: int | None = None
    #: The owner of the workflow that the message's publisher is a member of.
    owner: str | None = None


def join(tracker: Tracker, headers: dict[str, Any], body: Any) -> Joined | None:
    """The workflows of a message that is about to leave, which its header tells from now on; None
    for a single task's."""
    joined = _joined(tracker, headers, body)
    if joined is None:
        headers.pop(WORKFLOW, None)
        return None
    headers[WORKFLOW] = header_of(joined.member, joined.owner)
    return joined


def header_of(member: Member, owner: str | None = None) -> dict[str, Any]:
    """The header of a member's message, with the owner of its workflow."""
    outermost, *own = member.workflows
    header: dict[str, Any] = {"id": outermost, "generation": member.generation}
    if own:
        header["canvas"] = own[0]
    if owner is not None:
        header["owner"] = owner
    return header


def begins_as(joined: Joined, owner: str | None, headers: dict[str, Any]) -> None:
    """Writes into the header of a message that begins a canvas whose task it is: all that follow
    have that owner, unless they have their own."""
    if owner is not None and not joined.goes_on:
        headers[WORKFLOW]["owner"] = owner


def _joined(tracker: Tracker, headers: dict[str, Any], body: Any) -> Joined | None:
    ahead = canvas.embed_of(body)
    publisher = tracker.app.current_worker_task
    request = None if publisher is None else publisher.request
    if headers.get("retries"):
        known, owner = member_in(headers), owner_in(headers)
        if known is None and request is not None and request.id == headers.get("id"):
            known, owner = member_in(request), owner_in(request)
        return None if known is None else Joined(known, ahead, True, owner=owner)
    if request is None:
        inherited, owner = _of_parent(tracker, headers)
    else:
        inherited, owner = member_in(request), owner_in(request)
    grouped = headers.get("group_index") is not None
    single = ahead.says_nothing and not grouped and headers.get("task") != canvas.CHORD_UNLOCK
    if inherited is None and single:
        return None
    if request is None and inherited is not None:  # an errback that a worker's main process sends
        return Joined(inherited, ahead, True, owner=owner)
    if request is not None and _goes_on(tracker, publisher, headers):
        return None if inherited is None else Joined(inherited, ahead, True, owner=owner)
    given = headers.get(HEADER)
    about = given.get("workflow", {}) if isinstance(given, dict) else {}
    if about is None or (inherited and inherited.generation + 1 >= MOST_GENERATIONS):
        inherited = owner = None
    about = about if isinstance(about, dict) else {}
    name = about.get("name")
    args = body[0] if isinstance(body, (list, tuple)) and body else ()
    own = canvas.workflow_of(headers, ahead, args)
    if own is not None and not _is_id(own):
        own = None
    if inherited is None:
        if own is None:
            return None
        member = Member((own,))
    else:
        ids = inherited.workflows if own is None else (inherited.workflows[0], own)
        member = Member(tuple(dict.fromkeys(ids)), inherited.generation + 1)
    named = name if isinstance(name, str) else None
    return Joined(member, ahead, False, named, _total(about.get("total")), owner)


def _total(given: object) -> int | None:
    """A number of members in a header, which may hold anything; None for what is none."""
    return given if type(given) is int and 0 < given <= MAX_ITEMS else None


def _goes_on(tracker: Tracker, publisher: Any, headers: Mapping[str, Any]) -> bool:
    """Whether a message goes on with its publisher's canvas, instead of being sent by its body."""
    request = publisher.request
    if headers.get("replaced_task_nesting") or publisher.name == canvas.CHORD_UNLOCK:
        return True
    process = tracker.process
    run = process.run_of(request) if process is not None else None
    if run is not None and run.closed and not run.entered:
        return True
    following: frozenset[str] | None = getattr(request, _NEXT, None)
    if following is None:
        following = frozenset(canvas.next_ids(ahead_of(request)))
        setattr(request, _NEXT, following)
    return headers.get("id") in following


def ahead_of(request: Any) -> canvas.Embed:
    """What runs after the task of a request."""
    parts = (getattr(request, name, None) for name in ("chain", "chord", "callbacks"))
    return canvas.embed(*parts)


def _of_parent(tracker: Tracker, headers: Mapping[str, Any]) -> tuple[Member | None, str | None]:
    """The workflows of a message's parent, and its owner, read from its record: a worker's main
    process sends errbacks without a current task."""
    parent_id, process = headers.get("parent_id"), tracker.process
    if not isinstance(parent_id, str) or process is None or tracker.worker() is None:
        return None, None
    documents = process.sender.ask(records.read((parent_id,)))
    with suppress(ForeignValue):
        if documents and documents[0] is not None:
            task = Base.of(documents[0]).task
            return _anew(task.member), task.owner
    return None, None


def _anew(member: Member | None) -> Member | None:
    return None if member is None else Member(member.workflows, member.generation)


def _is_id(text: str) -> bool:
    return 0 < len(text) <= MAX_ID and is_plain(text)
