"""JSON of a task: the stored document, and the HTTP bodies and messages made from it. JSON names
are here (and in `Task.to_dict`, which the specification asks for).

A document is the JSON text under `task:{task_id}`: `Task.to_dict()` and the fields that are added
to it. The body of GET status is the document as it is stored.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from hashlib import sha1
from typing import Any, Final

from ..errors import TooLarge
from .default_texts import Locale, text
from .document_check import MAX_DOCUMENT_BYTES, body_of
from .estimate import ending, rate_text, remaining_seconds, seconds_text
from .json_text import document_of, dumps
from .local_time import moment
from .model import ENDED, Delivery, Member, Task, Worker, rendered, replace

#: Largest JSON of one of a task's dictionaries when a too large document is shortened.
_CLIPPED_FIELD_BYTES: Final = 16 * 1024
_CLIPPED_TEXT: Final = 2_000
_AGAIN_UNTIL: Final = b'"may_come_again_until":'
#: A list's row has at most so many bytes of the caller's own values; else it names what it omits.
MOST_GIVEN: Final = 1024
#: The caller's own values are between the first of the one name and the last of the other, and
#: nothing else is: no JSON text holds an unescaped quote.
GIVEN: Final = b'"results":'
OURS: Final = b'"created_at":'
OMITTED: Final = b'"omitted":["results","processing_details","metadata"],'
#: Bytes of the three fields when they are empty.
_EMPTY: Final = len(b'"results":{},"processing_details":{},"metadata":{},')
_NEVER: Final = b"null,"
#: Documents with an end that is not final yet whose later text is cached, and the largest of those.
_REMEMBERED: Final = 4_096
_SMALL: Final = 4_096
_STATUS: Final = re.compile(rb'"status":"(\w+)"')


def encode(task: Task) -> bytes:
    """A task as the document that is stored.

    Raises:
        TooLarge: the document would be above `MAX_DOCUMENT_BYTES`.
    """
    body = _document(task)
    if task.unknown:
        names = list(body)
        ours = {name: body.pop(name) for name in names[names.index("created_at") :]}
        body = {**body, **task.unknown, **ours}
    document = document_of(body, task.metadata, task.results, task.processing_details, task.unknown)
    if len(document) > MAX_DOCUMENT_BYTES:
        raise TooLarge(
            f"the record of task {task.task_id} would take {len(document)} bytes, at most "
            f"{MAX_DOCUMENT_BYTES} are kept; put large values elsewhere and record where"
        )
    return document


def clipped(task: Task) -> Task:
    """The task with a note of their size in place of its large values."""

    def clip(values: dict[str, Any]) -> dict[str, Any]:
        size = len(dumps(values).encode("utf-8", "replace"))
        return values if size <= _CLIPPED_FIELD_BYTES else {"truncated": True, "bytes": size}

    return replace(
        task,
        metadata=clip(task.metadata),
        results=clip(task.results),
        processing_details=clip(task.processing_details),
        message=task.message[:_CLIPPED_TEXT],
        error_message=task.error_message and task.error_message[:_CLIPPED_TEXT],
    )


def digest(document: bytes) -> str:
    """The SHA-1 of a document, in hex, which `commit.lua` compares."""
    return sha1(document, usedforsecurity=False).hexdigest()


def _document(task: Task) -> dict[str, Any]:
    body = task.to_dict()
    remaining = remaining_seconds(task)
    filled = {} if task.rate is None else _estimates(task, remaining)
    if filled:
        body["processing_details"] = {**filled, **task.processing_details}
    body["created_at"] = rendered(task.created_at)
    body["estimated_completion"] = rendered(ending(task, remaining))
    body["attempt"] = task.attempt
    body["attempt_started_at"] = rendered(task.attempt_started_at)
    body["retries"] = task.retries
    body["worker"] = None if task.worker is None else _worker(task.worker)
    body["delivery"] = None if task.delivery is None else _delivery(task.delivery)
    body["parent_id"] = task.parent_id
    body["root_id"] = task.root_id
    body["group_id"] = task.group_id
    if task.member is not None:
        body["workflow"] = _workflow(task.member)
        if task.member.planned:
            body["planned"] = True
    if not task.keeps_results:
        body["keeps_results"] = False
    body["error_cause"] = task.error_cause
    body["control"] = task.control
    body["rate"] = task.rate
    if task.clock_behind_s is not None:
        body["clock_behind_s"] = task.clock_behind_s
    if task.clock_back_s:
        body["clock_back_s"] = task.clock_back_s
    body["estimated_details"] = list(filled)
    again_until = None if task.delivery is None else task.delivery.again_until
    # The last three, where `as_of` and `entity_tag` look.
    body["may_come_again_until"] = rendered(again_until)
    body["final"] = task.ended and again_until is None
    body["revision"] = task.revision
    return body


def _estimates(task: Task, remaining: float | None) -> dict[str, str]:
    """The processing details for the rate and the remaining time, unless the caller gave his
    own."""
    given, texts = task.processing_details, {}
    rate, left = rate_text(task.rate), seconds_text(remaining)
    if rate is not None and "processing_rate" not in given:
        texts["processing_rate"] = rate
    if left is not None and "estimated_remaining" not in given:
        texts["estimated_remaining"] = left
    return texts


def _worker(worker: Worker) -> dict[str, Any]:
    body: dict[str, Any] = {"lease": worker.lease, "name": worker.name}
    if worker.task is not None:
        body["task"] = worker.task
    if worker.run is not None:
        body["run"] = worker.run
    if worker.clock_ahead_s:
        body["clock_ahead_s"] = worker.clock_ahead_s
    return {**body, **dict(worker.unknown)} if worker.unknown else body


def _delivery(delivery: Delivery) -> dict[str, Any]:
    body = {
        "eta": rendered(delivery.eta),
        "expires": rendered(delivery.expires),
        "again_s": delivery.again_s,
    }
    return {**body, **dict(delivery.unknown)} if delivery.unknown else body


def _workflow(member: Member) -> dict[str, Any]:
    outermost, *own = member.workflows
    body: dict[str, Any] = {"id": outermost}
    if own:
        body["canvas"] = own[0]
    body["generation"] = member.generation
    body["share"] = member.share
    if member.unseen:
        body["unseen"] = True
    return body


def decode(document: bytes, task_id: str | None = None) -> Task:
    """A stored document as a Task.

    Raises:
        ForeignValue: the value is no record, or (where `task_id` is given) another task's.
    """
    body = body_of(document, task_id)
    details = body["processing_details"]
    for name in body["estimated_details"]:
        details.pop(name, None)
    worker = body["worker"]
    return Task(
        task_id=body["task_id"],
        task_type=body["task_type"],
        symbol=body["symbol"],
        status=body["status"],
        current_items=body["progress"]["current"],
        total_items=body["progress"]["total"],
        message=body["current_status"],
        started_at=_time(body["start_time"]),
        updated_at=_time(body["updated_at"]),
        completed_at=_time(body["end_time"]),
        results=body["results"],
        processing_details=details,
        error_message=body["error_message"],
        metadata=body["metadata"],
        created_at=_time(body["created_at"]),
        attempt=body["attempt"],
        attempt_started_at=_time(body["attempt_started_at"]),
        retries=body["retries"],
        worker=_worker_of(worker) if worker else None,
        delivery=_delivery_of(body),
        parent_id=body["parent_id"],
        root_id=body["root_id"],
        group_id=body["group_id"],
        member=_member_of(body) if body.get("workflow") else None,
        keeps_results=body.get("keeps_results", True),
        error_cause=body["error_cause"],
        control=body["control"],
        rate=body["rate"],
        clock_behind_s=body.get("clock_behind_s"),
        clock_back_s=body.get("clock_back_s", 0),
        revision=body["revision"],
        unknown={name: body[name] for name in body.keys() - _KNOWN},
    )


def _worker_of(body: Mapping[str, Any]) -> Worker:
    return Worker(
        *(body["lease"], body["name"], body.get("task"), body.get("run")),
        clock_ahead_s=body.get("clock_ahead_s", 0),
        unknown=_others(body, _OF_WORKER),
    )


def _member_of(body: Mapping[str, Any]) -> Member:
    workflow = body["workflow"]
    own = workflow.get("canvas")
    return Member(
        (workflow["id"],) if own is None else (workflow["id"], own),
        generation=workflow.get("generation", 0),
        planned=body.get("planned", False),
        unseen=workflow.get("unseen", False),
        share=workflow.get("share", 0),
    )


def _delivery_of(body: Mapping[str, Any]) -> Delivery | None:
    delivery, again_until = body["delivery"], _time(body["may_come_again_until"])
    if not delivery:
        return None if again_until is None else Delivery(again_until=again_until)
    return Delivery(
        eta=_time(delivery.get("eta")),
        expires=_time(delivery.get("expires")),
        again_s=delivery.get("again_s"),
        again_until=again_until,
        unknown=_others(delivery, _OF_DELIVERY),
    )


def _others(body: Mapping[str, Any], known: frozenset[str]) -> tuple[tuple[str, Any], ...]:
    """Fields that another version of this library has written, which are written again
    unchanged."""
    if body.keys() <= known:
        return ()
    return tuple((name, value) for name, value in body.items() if name not in known)


_OF_WORKER: Final = frozenset({"lease", "name", "task", "run", "clock_ahead_s"})
_OF_DELIVERY: Final = frozenset({"eta", "expires", "again_s"})


#: The fields of a document, with those that are left out where they have their default.
_KNOWN: Final = _document(Task("", "")).keys() | {
    *("keeps_results", "clock_behind_s", "clock_back_s"),
    *("workflow", "planned"),
}


def _time(text: str | None) -> datetime | None:
    return None if text is None else moment(text)


# Bodies made from documents


def update_message(body: Mapping[str, Any], type_: str) -> bytes:
    """The WebSocket or SSE message (specification 2.3) for a document, as JSON text.

    `type_` is "task_created" or "progress_update".
    """
    message = {
        "type": type_,
        "task_id": body["task_id"],
        "status": body["status"],
        "progress": body["progress"],
        "message": body["current_status"],
        "timestamp": body["updated_at"] or body["created_at"],
        "revision": body["revision"],
        "task_type": body["task_type"],
        "symbol": body["symbol"],
        "estimated_completion": body["estimated_completion"],
        "processing_details": body["processing_details"],
        "rate": body.get("rate"),
        "estimated_details": body.get("estimated_details", []),
        "created_at": body["created_at"],
        "final": is_final(body),
        "may_come_again_until": body.get("may_come_again_until"),
    }
    if body.get("control") is not None:
        message["control"] = body["control"]
    if body["status"] in ENDED:
        message["results"] = body["results"]
        message["error_message"] = body["error_message"]
    return document_of(message)  # values that were read from JSON are plain


def heartbeat_message(now: datetime) -> bytes:
    """The message to a client that asked for heartbeats that this process receives updates."""
    return document_of({"type": "heartbeat", "timestamp": rendered(now)})


def stale_message(since: datetime) -> bytes:
    """The message to a client that asked for heartbeats since when no updates are received."""
    return document_of({"type": "stale", "since": rendered(since)})


def reload_message() -> bytes:
    """The message to a client that asked for heartbeats that it missed updates and has to read the
    list again."""
    return document_of({"type": "reload"})


def version(body: Mapping[str, Any]) -> tuple[datetime | None, int]:
    """A record's created_at and revision: they order the versions of one task id."""
    return _time(body["created_at"]), body["revision"]


def is_final(body: Mapping[str, Any]) -> bool:
    """Whether a body's task has ended and no message can begin it again; an older version wrote no
    `final`, only a status."""
    return bool(body.get("final", body["status"] in ENDED))


def again_until(body: Mapping[str, Any]) -> datetime | None:
    """Until when the broker may deliver the task's message again, as the body has it."""
    return _time(body.get("may_come_again_until"))


def settled(document: bytes) -> bool:
    """Whether a document reads the same at any time: no time that passes makes its end final."""
    # One of the last names; text before it may be the caller's.
    at = document.rfind(_AGAIN_UNTIL)
    return at >= 0 and document.startswith(_NEVER, at + len(_AGAIN_UNTIL))


def as_of(document: bytes, now: datetime, locale: Locale) -> bytes:
    """A document as it is to be read now: an end is final once no message can take it back."""
    if settled(document):
        return document
    until, before, after = (_remembered if len(document) <= _SMALL else _by_time)(document, locale)
    return before if until is not None and until > now else after


def _by_time(document: bytes, locale: Locale) -> tuple[datetime | None, bytes, bytes]:
    """Until when a document's end may be taken back, and the document before and after that."""
    body = json.loads(document)
    until, ended = again_until(body), body["status"] in ENDED
    before, after = (_with_final(document, final, until, locale) for final in (False, ended))
    return until, before, after


def _with_final(document: bytes, final: bool, until: datetime | None, locale: Locale) -> bytes:
    body = json.loads(document)
    if body.get("final") is final:
        return document
    if until is not None:
        body["current_status"] = text(locale, "failed")
    revision = body.pop("revision", 0)  # the last
    body["final"], body["revision"] = final, revision
    return dumps(body).encode()


_remembered: Callable[[bytes, Locale], tuple[datetime | None, bytes, bytes]] = lru_cache(
    maxsize=_REMEMBERED
)(_by_time)


def entity_tag(document: bytes) -> str:
    """The ETag of a document: created_at, revision, and whether only the passing of time made its
    end final.

    It is weak, since the estimate of a task that has not begun may change without a new revision.
    It is read without parsing the JSON: the caller's own values are before created_at, so the last
    occurrence of each name is the right one.
    """
    created = document.rfind(b'"created_at":') + len(b'"created_at":')
    revision = document.rfind(b'"revision":') + len(b'"revision":')
    created_at = document[created : document.index(b",", created)].strip(b'"')
    later = "/final" if _settled_since(document) else ""
    return f'W/"{created_at.decode()}/{document[revision:-1].decode()}{later}"'


def _settled_since(document: bytes) -> bool:
    """Whether a document's end became final only by the time that has passed since it was
    written."""
    at = document.rfind(_AGAIN_UNTIL)
    if at < 0 or document.startswith(_NEVER, at + len(_AGAIN_UNTIL)):
        return False
    return b'"final":true,' in document[at:]


def status_of(document: bytes) -> str | None:
    """The status in a document or a list's row, without parsing all of it; None if there is
    none."""
    ours = max(document.find(GIVEN), document.find(OMITTED), 0)  # only one of them occurs
    found = _STATUS.search(document, 0, ours)
    return None if found is None else found[1].decode()


def created_body(document: bytes) -> bytes:
    """The response body to a creation (specification 2.1)."""
    body = json.loads(document)
    names = ("task_id", "status", "task_type", "symbol")
    answer = {name: body[name] for name in names}
    answer["total_items"] = body["progress"]["total"]
    answer["created_at"] = body["created_at"]
    answer["estimated_completion"] = body["estimated_completion"]
    return dumps(answer).encode()


def row(document: bytes) -> bytes:
    """A document as a list's row: unchanged, unless the caller's own values are too long for a
    list."""
    if len(document) <= MOST_GIVEN:
        return document
    given, ours = document.find(GIVEN), document.rfind(OURS)
    if given < 0 or ours - given <= MOST_GIVEN + _EMPTY:
        return document
    return document[:given] + OMITTED + document[ours:]


def list_body(
    documents: Iterable[bytes], pagination: Mapping[str, int], summary: Mapping[str, int]
) -> bytes:
    """The response body of the list (specification 2.2), made of its rows."""
    tail = f'],"pagination":{dumps(pagination)},"summary":{dumps(summary)}}}'
    return b'{"tasks":[' + b",".join(documents) + tail.encode()
