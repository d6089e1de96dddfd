"""Membership in workflows: the header that names them, in every message of a canvas."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Final

from ..errors import ForeignValue
from ..flows.stored_record import ReadRecord
from ..operations import records
from ..record import canvas
from ..record.model import MAX_ID, MAX_ITEMS, Member, is_plain
from .headers import HEADER, WORKFLOW
from .identity import member_of, owner_of
from .publish import Publish
from .tracker import Tracker

#: Attribute of a request: the ids of the messages that Celery sends when its task ends.
_NEXT: Final = "_progress_next"
#: Longest chain of bodies, each published by the one before, within a workflow: with a task that
#: always publishes itself the workflow would never end.
MOST_GENERATIONS: Final = 32


def join(publish: Publish, body: Any) -> None:
    """Finds the workflows of a message before it is published, and writes them into its header;
    none for a single task."""
    publish.ahead, headers = canvas.embed_of(body), publish.headers
    owner = _joined(publish, body)
    if (member := publish.member) is None:
        publish.ahead = canvas.NOTHING
        headers.pop(WORKFLOW, None)
        return
    outermost, *own = member.workflows
    header: dict[str, Any] = {"id": outermost, "generation": member.generation}
    if own:
        header["canvas"] = own[0]
    if owner is not None:
        header["owner"] = owner
    headers[WORKFLOW] = header


def _joined(publish: Publish, body: Any) -> str | None:
    """Sets the workflows of a message; returns the owner of the workflow that its publisher is a
    member of."""
    headers, tracker = publish.headers, publish.tracker
    publisher = tracker.app.current_worker_task
    request = None if publisher is None else publisher.request
    if headers.get("retries"):
        given = headers.get(WORKFLOW)
        if member_of(given) is None and request is not None and request.id == headers.get("id"):
            given = getattr(request, WORKFLOW, None)
        publish.goes_on, publish.member = True, member_of(given)
        return owner_of(given)
    inherited: Member | None = None
    owner: str | None = None
    if request is None:
        if headers.get("parent_id") is not None:
            inherited, owner = _of_parent(tracker, headers["parent_id"])
    elif (given := getattr(request, WORKFLOW, None)) is not None:
        inherited, owner = member_of(given), owner_of(given)
    alone = headers.get("group_index") is None and headers.get("task") != canvas.CHORD_UNLOCK
    if inherited is None and alone and not any(publish.ahead):
        return None
    # A worker's main process sends errbacks without a current task.
    errback = request is None and inherited is not None
    if errback or (request is not None and _goes_on(publish, publisher)):
        publish.goes_on, publish.member = True, inherited
        return owner
    return _begun_by(publish, body, inherited, owner)


def _begun_by(
    publish: Publish, body: Any, inherited: Member | None, owner: str | None
) -> str | None:
    """Sets the workflows of a message that starts a canvas, or of a single task that a member's
    body publishes, with the name and total that its caller gives; returns the owner."""
    headers = publish.headers
    given = headers.get(HEADER)
    about = given.get("workflow", {}) if isinstance(given, dict) else {}
    if about is None or (inherited and inherited.generation + 1 >= MOST_GENERATIONS):
        inherited = owner = None
    if isinstance(about, dict):
        name, total = about.get("name"), about.get("total")
        publish.title = name if isinstance(name, str) else None
        # The header may hold anything.
        publish.total = total if type(total) is int and 0 < total <= MAX_ITEMS else None
    args = body[0] if isinstance(body, (list, tuple)) and body else ()
    own = canvas.workflow_of(headers, publish.ahead, args)
    if own is not None and not (0 < len(own) <= MAX_ID and is_plain(own)):
        own = None
    if inherited is not None:
        ids = inherited.workflows if own is None else (inherited.workflows[0], own)
        publish.member = Member(tuple(dict.fromkeys(ids)), inherited.generation + 1)
    elif own is not None:
        publish.member = Member((own,))
    return owner


def _goes_on(publish: Publish, publisher: Any) -> bool:
    """Whether a message is a step of its publisher's canvas, not sent by the publisher's body."""
    request, headers = publisher.request, publish.headers
    if headers.get("replaced_task_nesting") or publisher.name == canvas.CHORD_UNLOCK:
        return True
    process = publish.tracker.process
    run = process.run_of(request) if process is not None else None
    if run is not None and run.closed and not run.entered:
        return True
    following: frozenset[str] | None = getattr(request, _NEXT, None)
    if following is None:
        following = frozenset(canvas.next_ids(ahead_of(request)))
        setattr(request, _NEXT, following)
    return str(headers.get("id")) in following  # a caller may give a UUID


def ahead_of(request: Any) -> canvas.Embed:
    """What runs after the task of a request."""
    parts = (getattr(request, name, None) for name in ("chain", "chord", "callbacks"))
    return canvas.embed(*parts)


def _of_parent(tracker: Tracker, parent_id: Any) -> tuple[Member | None, str | None]:
    """The workflows of a message's parent, and its owner, read from its record: a worker's main
    process sends errbacks without a current task."""
    process = tracker.process
    if not isinstance(parent_id, str) or process is None or tracker.worker() is None:
        return None, None
    documents = process.sender.ask(records.read((parent_id,)))
    with suppress(ForeignValue):
        if documents and documents[0] is not None:
            task = ReadRecord.of(documents[0]).task
            if (member := task.member) is not None:
                return Member(member.workflows, member.generation), task.owner
            return None, task.owner
    return None, None
