"""Events of webhooks: which ones a change of a record makes, their ids, and their bodies as
CloudEvents 1.0 in JSON; pure."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from urllib.parse import quote

from .json_text import dumps
from .model import Task, rendered

#: Media type of a body.
CONTENT_TYPE: Final = "application/cloudevents+json"
#: Kind of the event that `webhook test` sends.
TEST: Final = "test"


def kinds(before: Task | None, after: Task) -> tuple[str, ...]:
    """The kinds of the events that a change makes: the status if the task has ended by it, and each
    warning that it had not before."""
    if after.ended:
        known_end = before is not None and before.ended and _end(before) == _end(after)
        return () if known_end else (after.status,)
    if after.warnings is None:
        return ()
    known = () if before is None or before.warnings is None else before.warnings.kinds
    return tuple(kind for kind in after.warnings.kinds if kind not in known)


def _end(task: Task) -> tuple[object, ...]:
    """The values by which ends differ: a run that was found lost may still fail by itself."""
    return task.status, task.attempt, task.error_cause


def event_id(subject: str, *parts: object) -> str:
    """The id of an event, the same however often the event is sent. It is ASCII, for a header, and
    has no full stop, which Standard Webhooks puts between what is signed, and no colon."""
    quoted = quote(subject, safe="", errors="surrogatepass")
    return "~".join([quoted.replace(".", "%2E").replace("~", "%7E"), *map(str, parts)])


def body(
    what: str, kind: str, its_id: str, subject: str, time: datetime | None, source: str, data: bytes
) -> bytes:
    """A CloudEvent about a "task", "workflow" or "webhook": `kind` is a status, a warning or
    `TEST`, `subject` its id; `data` is JSON, which stays as it is stored."""
    head = {
        "specversion": "1.0",
        "id": its_id,
        "type": f"progress.{what}.{kind}",
        "source": source,
        "subject": subject,
        **({} if time is None else {"time": rendered(time)}),
        "datacontenttype": "application/json",
    }
    return dumps(head).encode()[:-1] + b',"data":' + data + b"}"


def source_of(key_prefix: str) -> str:
    """The source of all events of one store: another prefix is another installation's."""
    return "/".join(["progress-backend", *([quote(key_prefix, safe="")] if key_prefix else [])])
