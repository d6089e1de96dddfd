"""The first estimate of a task, at the pace of its type's last runs: until the task has a rate of
its own; of one whose total is not known by how long those runs took, to its end."""

from __future__ import annotations

from . import estimate
from .json_text import document_of, parsed
from .local_time import moment
from .model import TaskStatus, rendered
from .past_runs import History
from .task_json import written_range


def needless(document: bytes) -> bool:
    """Whether a document certainly needs no estimate from its type: it has its own, or its task has
    ended or is paused."""
    if b'"estimated_completion":null' not in document:
        return True
    return b'"status":"created"' not in document and b'"status":"running"' not in document


def type_of(document: bytes) -> str | None:
    """The task type whose past runs estimate the end of the task in a checked document; None if the
    document needs no estimate from it."""
    if needless(document):
        return None
    body = parsed(document)
    if body["status"] not in (TaskStatus.CREATED, TaskStatus.RUNNING):
        return None
    # Of a run whose total is not known its own rate tells nothing.
    needed = body["rate"] is None or not body["progress"]["total"]
    return str(body["task_type"]) if needed else None


def estimated(document: bytes, history: History) -> bytes:
    """The document with its estimated end by what its type's past runs say."""
    body = parsed(document)
    items, each = body["progress"]["total"], history.pace
    whole = not items
    if whole:
        items, each = 1, history.whole
    since = body["updated_at"]
    # A message that waits for its time, of a first run or a retry, has all items before it.
    eta = body["delivery"] and body["delivery"].get("eta")
    if body["status"] == TaskStatus.CREATED:
        since = body["created_at"]
    elif eta is None and whole:
        since = body["attempt_started_at"] or body["start_time"]
    elif eta is None:
        items -= body["progress"]["current"]
    if since is None:
        return document
    begins = max(moment(since), moment(eta)) if eta else moment(since)
    ending, found = estimate.first_estimate(begins, items, each, history.runs)
    if ending is None:
        return document
    body["estimated_completion"] = rendered(ending)
    if found is not None:
        body["estimate"] = written_range(found)
    return document_of(body)
