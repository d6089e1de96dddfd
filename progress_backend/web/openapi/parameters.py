"""Values that requests have in common: names, ids, times, texts, and headers."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Header, Path
from pydantic import BeforeValidator, Field

from ...record.caller_events import MAX_NAME, MAX_REASON, MAX_TEXT, given
from ...record.list_request import SHORTEST_ID
from ...record.model import MAX_ID, MAX_ITEMS, MAX_OWNER, is_plain
from . import examples

#: Any text without control characters, as in `is_plain`.
_NAME = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]+$"
#: Any text without a null character, as in `strict_request`.
_TEXT = r"^[^\x00]*$"
Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME, pattern=_NAME)]
Owner = Annotated[str, Field(min_length=1, max_length=MAX_OWNER, pattern=_NAME)]
#: Left out also by an empty text.
OptionalName = Annotated[Name | None, BeforeValidator(given)]
OptionalOwner = Annotated[Owner | None, BeforeValidator(given)]
Id = Annotated[str, Field(min_length=1, max_length=MAX_ID, pattern=_NAME)]
ShortId = Annotated[str, Field(min_length=SHORTEST_ID, max_length=MAX_ID, pattern=_NAME)]
TaskId = Annotated[
    Id,
    Path(
        description="The task's id: the id that POST /internal/create-task returned, or Celery's "
        "task id.",
        examples=[examples.TASK_ID],
    ),
]
WorkflowId = Annotated[
    Id,
    Path(
        description="The workflow's id: the id of the result that apply_async of the canvas "
        "returned.",
        examples=[examples.WORKFLOW_ID],
    ),
]


def whole_number(value: Any) -> Any:
    """A number as an int where it is whole: JSON has one kind of number, so 1660.0 is 1660."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Items = Annotated[int, Field(ge=0, le=MAX_ITEMS), BeforeValidator(whole_number)]
Time = Annotated[
    str, Field(max_length=40, pattern=_NAME, json_schema_extra={"format": "date-time"})
]
Text = Annotated[str, Field(max_length=MAX_TEXT, pattern=_TEXT)]
Reason = Annotated[str, Field(max_length=MAX_REASON, pattern=_TEXT)]
IfNoneMatch = Annotated[
    str | None,
    Header(
        description="ETag of the state that the client has. The API does not send the same state "
        "again."
    ),
]
AcceptLanguage = Annotated[
    str | None,
    Header(
        description="Language of the default texts: ja or en, by weight; any other language gets "
        "en. Without the header, or with `*`: the language of PROGRESS_LOCALE."
    ),
]
LastEventId = Annotated[
    str | None,
    Header(
        description="Id of the last event that the client received; EventSource sends this header "
        "itself."
    ),
]

JobName = Annotated[
    Id, Path(description="The Celery task's name.", examples=["shop.tasks.fetch_data"])
]
IdempotencyKey = Annotated[
    str | None,
    Header(
        description="1 to 200 printable characters. Requests with the same key and arguments start "
        "only one task, also if they reach several processes or the API restarts."
    ),
]
Prefer = Annotated[
    str | None,
    Header(description="`wait=N`: the response waits for the task's end, N seconds at most."),
]


def is_task_id(text: str) -> bool:
    """Whether a text can be a task id."""
    return 1 <= len(text) <= MAX_ID and is_plain(text)
