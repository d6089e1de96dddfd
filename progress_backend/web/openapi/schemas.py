"""Request parameters and bodies, as FastAPI and OpenAPI need them; responses are in `bodies`, texts
in `route_texts`."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self, get_args

from fastapi import Header, Path
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from ...flows.task_log import LINES, MOST_LINES
from ...live.heartbeat import LONGEST_S, SHORTEST_S
from ...record.act_request import MOST_CHOSEN, MOST_NAMED, check
from ...record.caller_events import (
    MAX_ITEMS,
    MAX_LIMIT,
    MAX_NAME,
    MAX_REASON,
    MAX_TEXT,
)
from ...record.ends import KEPT_MINUTES
from ...record.fields import Remark, Status
from ...record.list_request import ListRequest
from ...record.model import MAX_ID, MAX_OWNER, STATUSES, is_plain
from ...share_tokens import MOST_TTL_S, TTL_S
from . import examples

#: Longest name of a watch on a shared socket, and longest token that is given for it.
MAX_WATCH_NAME = 64
MAX_TOKEN = 4096
#: Any text without control characters, as in `is_plain`.
_NAME = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]+$"
#: Any text without a null character, as in `strict_route`.
_TEXT = r"^[^\x00]*$"
#: As in `owner_list`.
_CURSOR = r"^[0-9]{1,16}\.[^\x00-\x1f\x7f-\x9f\u2028\u2029]+$"

Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME, pattern=_NAME)]
Owner = Annotated[str, Field(min_length=1, max_length=MAX_OWNER, pattern=_NAME)]
TaskId = Annotated[
    str,
    Path(
        min_length=1,
        max_length=MAX_ID,
        pattern=_NAME,
        description="The task's id: what POST /internal/create-task returned, or Celery's.",
        examples=[examples.TASK_ID],
    ),
]


WorkflowId = Annotated[
    str,
    Path(
        min_length=1,
        max_length=MAX_ID,
        pattern=_NAME,
        description="The workflow's id: that of the result which apply_async of the canvas "
        "returned.",
        examples=[examples.WORKFLOW_ID],
    ),
]


def _counted(value: Any) -> Any:
    """A number as an int where it is whole: JSON has one kind of number, so 1660.0 is 1660."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


IfNoneMatch = Annotated[
    str | None,
    Header(description="ETag of the state that the client has; it is not sent again."),
]
LastEventId = Annotated[
    str | None,
    Header(description="Id of the last event that the client got; EventSource sends it itself."),
]
Accept = Annotated[
    str,
    Header(
        description="With text/event-stream, as EventSource sends it, the log is followed.",
        include_in_schema=False,
    ),
]
AcceptEncoding = Annotated[
    str, Header(description="With gzip a long answer is packed.", include_in_schema=False)
]
Items = Annotated[int, Field(ge=0, le=MAX_ITEMS), BeforeValidator(_counted)]
Time = Annotated[
    str, Field(max_length=40, pattern=_NAME, json_schema_extra={"format": "date-time"})
]
Text = Annotated[str, Field(max_length=MAX_TEXT, pattern=_TEXT)]
Reason = Annotated[str, Field(max_length=MAX_REASON, pattern=_TEXT)]
assert set(STATUSES) == set(get_args(Status))


def is_task_id(text: str) -> bool:
    """Whether a text can be a task id."""
    return 1 <= len(text) <= MAX_ID and is_plain(text)


def _whole(value: Any) -> Any:
    """A query parameter's int, refused unless it is written in plain digits."""
    if isinstance(value, str) and not re.fullmatch(r"[0-9]{1,10}", value):
        raise ValueError("must be a whole number in plain digits")
    return value


class _Asked(BaseModel):
    """Base of request bodies: strict types, no unknown fields."""

    model_config = ConfigDict(extra="forbid", strict=True)


def _either(*ways: dict[str, list[Any]]) -> dict[str, Any]:
    """JSON Schema of fields that are valid together in one of these ways."""
    schemas = [
        {"required": list(way), "properties": {name: {"enum": few} for name, few in way.items()}}
        for way in ways
    ]
    return {"anyOf": schemas}


class ShareAsked(_Asked):
    """A share token that is made with a task."""

    ttl: float = Field(
        default=TTL_S, gt=0, le=MOST_TTL_S, description="Seconds until the token expires."
    )


class NewTask(_Asked):
    """A task to be created."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.NEW_TASK]})

    task_type: Name = Field(description="Kind of task, such as fetch_data or bulk_import.")
    symbol: Name | None = Field(
        default=None, description="Label of the task, such as a ticker, a file or a customer."
    )
    total_items: Items | None = Field(description="Items to be processed; null (or 0) if unknown.")
    metadata: dict[str, Any] | None = Field(
        default=None, description="Anything else worth keeping."
    )
    owner: Owner | None = Field(
        default=None,
        description="Whose task it is. A token that is limited to an owner makes tasks of that "
        "owner alone, also without this.",
    )
    share: bool | ShareAsked = Field(
        default=False,
        description="true, or {ttl}: the answer has a share token too, with which a browser may "
        "read this task alone until it expires. It needs PROGRESS_SIGNING_KEYS, else 422.",
    )


class Update(_Asked):
    """New values or an end of a task."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [examples.UPDATE, examples.COMPLETION, examples.FAILURE, examples.PAUSE],
            "dependentSchemas": {
                "reason": _either({"reason": [None]}, {"status": ["paused"]}, {"force": [True]}),
                "by": _either({"by": [None]}, {"status": ["paused"]}, {"force": [True]}),
                "error_message": _either({"error_message": [None, ""]}, {"status": ["error"]}),
                "force": _either({"force": [False]}, {"status": ["completed", "error"]}),
            },
        }
    )

    status: Literal["running", "completed", "error", "paused"] = Field(
        description="running starts a task that is created and resumes one that is paused."
    )
    current_items: Items | None = Field(
        default=None,
        description="Items processed so far. With status completed all of them unless given.",
    )
    message: Text | None = Field(
        default=None, description="Text to show; without one the old text stays."
    )
    details: dict[str, Any] | None = Field(
        default=None, description="Merged into processing_details, e.g. processing_rate."
    )
    error_message: Text | None = Field(
        default=None, description="What went wrong; only with status error."
    )
    results: dict[str, Any] | None = Field(default=None, description="Merged into results.")
    reason: Reason | None = Field(
        default=None, description="Why, with status paused or force; kept in the record."
    )
    by: Name | None = Field(
        default=None,
        description='Name of the caller, with status paused or force; "api" unless given.',
    )
    force: bool = Field(
        default=False,
        description="With status completed or error: end the record although a living worker runs "
        "the task, and stop the run at its next progress update. Without it that is a 409.",
    )


class WorkflowUpdate(_Asked):
    """Whether a workflow's members are to wait, or to go on."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.WORKFLOW_PAUSE]})

    status: Literal["running", "paused"] = Field(
        description="paused: no member begins, and each that runs waits at its next progress "
        "update. running: all go on that wait."
    )
    reason: Reason | None = Field(default=None, description="Why; kept in each member's record.")
    by: Name | None = Field(default=None, description='Name of the caller; "api" unless given.')


class WorkflowCancel(_Asked):
    """Why a workflow is cancelled."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.WORKFLOW_CANCEL]})

    reason: Reason | None = Field(default=None, description="Why; kept in each member's record.")
    by: Name | None = Field(default=None, description='Name of the caller; "api" unless given.')


class Cancel(_Asked):
    """How to cancel, and why."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.CANCEL]})

    terminate: bool = Field(
        default=False,
        description="Also end the worker's process of the task with SIGTERM. Without it the job "
        "ends at its next progress update.",
    )
    reason: Reason | None = Field(default=None, description="Why; kept in the record.")
    by: Name | None = Field(default=None, description='Name of the caller; "api" unless given.')


class ActFilter(_Asked):
    """Which tasks an act on many is about; all filters have to match."""

    status: Status | None = Field(
        default=None,
        description="Only tasks with this status; without one, nor a remark, those that the "
        "action changes.",
    )
    task_type: Name | None = Field(default=None, description="Only tasks of this type.")
    symbol: Name | None = Field(default=None, description="Only tasks for this security.")
    owner: Owner | None = Field(default=None, description="Only tasks of this owner.")
    remark: Remark | None = Field(
        default=None,
        description="Only tasks with this remark; no other filter but owner beside it.",
    )
    created_from: Time | None = Field(
        default=None, description="Only tasks created then or later: a time with an offset."
    )
    created_to: Time | None = Field(default=None, description="Only tasks created before then.")


class ActOnMany(_Asked):
    """What is asked of many tasks."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [examples.ACT_ON_IDS, examples.ACT_ON_FILTERED],
            "oneOf": [
                {
                    "required": ["ids"],
                    "properties": {
                        "ids": {"type": "array"},
                        "filter": {"enum": [None]},
                        "limit": {"enum": [None]},
                    },
                },
                {
                    "required": ["filter"],
                    "properties": {"filter": {"type": "object"}, "ids": {"enum": [None]}},
                },
            ],
        }
    )

    action: Literal["cancel", "pause", "resume"] = Field(description="What is asked.")
    ids: (
        Annotated[
            list[Annotated[str, Field(min_length=1, max_length=MAX_ID, pattern=_NAME)]],
            Field(min_length=1, max_length=MOST_NAMED),
        ]
        | None
    ) = Field(default=None, description="Ids of the tasks; either these or a filter.")
    filter: ActFilter | None = Field(
        default=None, description="The newest tasks that pass, in place of ids."
    )
    limit: Annotated[int, Field(ge=1, le=MOST_CHOSEN), BeforeValidator(_counted)] | None = Field(
        default=None, description="So many tasks at most, with a filter; 1,000 without it."
    )
    reason: Reason | None = Field(default=None, description="Why; kept in each record.")
    by: Name | None = Field(default=None, description='Name of the caller; "api" unless given.')

    @model_validator(mode="after")
    def _checked(self) -> Self:
        given = None if self.filter is None else self.filter.model_dump()
        check(self.action, self.ids, given, self.limit)
        return self


class Filter(BaseModel):
    """Filters of tasks, which all have to match."""

    model_config = ConfigDict(extra="forbid")

    status: Status | None = Field(default=None, description="Only tasks with this status.")
    task_type: Name | None = Field(default=None, description="Only tasks of this type.")
    symbol: Name | None = Field(default=None, description="Only tasks for this security.")
    owner: Owner | None = Field(default=None, description="Only tasks of this owner.")


Heartbeat = Annotated[
    int | None,
    BeforeValidator(_whole),
    Field(
        default=None,
        ge=SHORTEST_S,
        le=LONGEST_S,
        description="Seconds between messages on whether updates are received; none without it.",
    ),
]


class Watching(BaseModel):
    """Query of a WebSocket or event stream of one task; other parameters are ignored."""

    heartbeat: Heartbeat


class Streaming(Watching):
    """Query of an event stream: how its events are named, and what their data is."""

    events: Literal["named", "html"] | None = Field(
        default=None,
        description="`named`: events `progress` and `end` in place of unnamed ones; `html`: the "
        "same, with a piece of HTML as data.",
    )


class LogQuery(BaseModel):
    """Query of a task's log; other parameters are ignored."""

    after: Annotated[int, Field(ge=0, lt=10**15)] | None = Field(
        default=None, description="Only lines after the one with this id; the newest without it."
    )
    limit: Annotated[int, Field(ge=1, le=MOST_LINES)] = Field(
        default=LINES, description="Lines in the answer at most."
    )


class Asked(BaseModel):
    """A client's message on the WebSocket that several watches share: what to watch, or to leave,
    by a name of the client's own."""

    watch: Annotated[str, Field(min_length=1, max_length=MAX_WATCH_NAME)] | None = None
    leave: Annotated[str, Field(min_length=1, max_length=MAX_WATCH_NAME)] | None = None
    task_id: Annotated[str, Field(max_length=MAX_ID)] | None = None
    workflow_id: Annotated[str, Field(max_length=MAX_ID)] | None = None
    token: Annotated[str, Field(pattern=r"^[\w.~-]+$", max_length=MAX_TOKEN)] | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.watch is None) == (self.leave is None):
            raise ValueError("send a watch or a leave")
        if self.watch is not None and (self.task_id is None) == (self.workflow_id is None):
            raise ValueError("name a task_id or a workflow_id")
        return self


class WatchQuery(Filter):
    """Query of the WebSocket of all tasks: filters and heartbeat."""

    heartbeat: Heartbeat


class Paging(BaseModel):
    """Query of a list: the page."""

    model_config = ConfigDict(extra="forbid")

    page: Annotated[int, BeforeValidator(_whole)] = Field(
        default=1, ge=1, le=10**9, description="Number of the page, from 1."
    )
    limit: Annotated[int, BeforeValidator(_whole)] = Field(
        default=20, ge=1, le=MAX_LIMIT, description="Rows a page."
    )


class ActivityQuery(BaseModel):
    """Query of what ended lately."""

    model_config = ConfigDict(extra="forbid")

    minutes: Annotated[int, BeforeValidator(_whole)] = Field(
        default=60, ge=1, le=KEPT_MINUTES, description="So many minutes, with the current one."
    )


class ListQuery(Filter, Paging):
    """Query of the list: filters and page."""

    workflow_id: Annotated[str, Field(min_length=1, max_length=MAX_ID, pattern=_NAME)] | None = (
        Field(
            default=None,
            description="Only members of this workflow. It goes with status, not with task_type, "
            "symbol or owner (422); the summary counts the members.",
        )
    )
    top: bool = Field(
        default=False,
        description="true: only what nothing else started: tasks that are no workflow's member, "
        "and outermost workflows, each as GET /internal/workflows has it. It goes with no filter "
        "(422); the summary counts all tasks.",
    )
    remark: Remark | None = Field(
        default=None,
        description="Only tasks with this remark. It goes with no other filter but owner (422).",
    )
    id_prefix: Annotated[str, Field(min_length=1, max_length=MAX_ID, pattern=_NAME)] | None = Field(
        default=None,
        description="Only tasks whose ids begin so, in the order of their ids. It goes with no "
        "other filter but owner or task_type (422), beside which tasks are looked at.",
    )
    created_from: Time | None = Field(
        default=None,
        description="Only tasks created then or later: a time with an offset. It does not go with "
        "top, nor with id_prefix without an owner (422).",
    )
    created_to: Time | None = Field(
        default=None, description="Only tasks created before then, as created_from."
    )
    cursor: Annotated[str, Field(max_length=MAX_ID + 20, pattern=_CURSOR)] | None = Field(
        default=None,
        description="The cursor of the answer before, where owner goes with task_type, symbol, "
        "remark or id_prefix.",
    )
    sort: Literal["newest", "running", "ended", "longest"] = Field(
        default="newest",
        description="newest: by creation. running: running tasks first (the newest 1,000), then "
        "the others, each by creation; without status. ended: by end, the last first; with status "
        "completed, error or cancelled, and no other filter. longest: by start, the first first, "
        "of the 1,000 running tasks created first; with status running. What does not go together "
        "is a 422.",
    )
    fields: Literal["all"] | None = Field(
        default=None,
        description="all: also what a row omits where it is long (metadata, results, "
        "processing_details).",
    )

    @model_validator(mode="after")
    def _together(self) -> Self:
        _ = self.asked.span
        self.asked.check_together()
        return self

    @property
    def asked(self) -> ListRequest:
        """What is asked for."""
        return ListRequest(**self.model_dump(exclude={"fields"}))
