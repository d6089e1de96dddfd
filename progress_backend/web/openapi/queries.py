"""Queries of requests: filters, pages, and how a stream is wanted."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from ...flows.task_log import LINES, MOST_LINES
from ...live.heartbeat import LONGEST_S, SHORTEST_S
from ...record.caller_events import MAX_LIMIT
from ...record.fields import Status, WarningKind
from ...record.list_request import ListRequest
from ...record.model import MAX_ID
from .parameters import Id, Name, OptionalName, Owner, ShortId, Time

#: As in `task_list`.
_CURSOR = r"^[0-9]{1,16}\.[^\x00-\x1f\x7f-\x9f\u2028\u2029]+$"


def _whole(value: Any) -> Any:
    """A query parameter's int, refused unless it is written in plain digits."""
    if isinstance(value, str) and not re.fullmatch(r"[0-9]{1,18}", value):
        raise ValueError("must be a whole number in plain digits")
    return value


def _within(limit: int) -> int:
    return min(limit, MAX_LIMIT)


class Filter(BaseModel):
    """Filters of tasks, which all have to match."""

    model_config = ConfigDict(extra="forbid")

    status: Status | None = Field(default=None, description="Only tasks with this status.")
    task_type: Name | None = Field(default=None, description="Only tasks of this type.")
    symbol: Name | None = Field(default=None, description="Only tasks with this symbol.")
    owner: Owner | None = Field(default=None, description="Only tasks of this owner.")


Heartbeat = Annotated[
    int | None,
    BeforeValidator(_whole),
    Field(
        default=None,
        ge=SHORTEST_S,
        le=LONGEST_S,
        description="Seconds between two heartbeat messages; without it the API sends none.",
    ),
]


class Watching(BaseModel):
    """Query of a WebSocket or event stream of one task; other parameters are ignored."""

    heartbeat: Heartbeat


class Streaming(Watching):
    """Query of an event stream: how its events are named, and what their data is."""

    events: Literal["named", "html"] | None = Field(
        default=None,
        description="`named`: events named `progress` and `end` instead of unnamed events. `html`: "
        "the same, with a piece of HTML as data.",
    )


class LogQuery(BaseModel):
    """Query of a task's log; other parameters are ignored."""

    after: Annotated[int, Field(ge=0, lt=10**15)] | None = Field(
        default=None,
        description="Only lines after the line with this id; without it the newest lines.",
    )
    limit: Annotated[int, Field(ge=1, le=MOST_LINES)] = Field(
        default=LINES, description="Maximum number of lines in the response."
    )


class StartQuery(BaseModel):
    """Query of a start; other parameters are ignored."""

    by: OptionalName = Field(
        default=None, description="Name of the caller in the audit log, before its token's name."
    )


class StatusQuery(BaseModel):
    """Query of a task's status; other parameters are ignored."""

    fields: Literal["all"] | None = Field(
        default=None, description="all: also the checkpoint, if the job saved one."
    )


class WatchQuery(Filter):
    """Query of the WebSocket of all tasks: filters and heartbeat."""

    heartbeat: Heartbeat


class Paging(BaseModel):
    """Query of a list: the page."""

    model_config = ConfigDict(extra="forbid")

    page: Annotated[int, BeforeValidator(_whole)] = Field(
        default=1, ge=1, le=10**9, description="Number of the page, from 1."
    )
    limit: Annotated[int, BeforeValidator(_whole), AfterValidator(_within)] = Field(
        default=20, ge=1, lt=10**18, description=f"Rows per page; {MAX_LIMIT} if it is more."
    )


class ListQuery(Filter, Paging):
    """Query of the list: filters and page."""

    workflow_id: Id | None = Field(
        default=None,
        description="Only members of this workflow; the summary counts these.",
    )
    top: bool = Field(
        default=False,
        description="true: only tasks outside workflows, and one row for each outermost workflow, "
        "as in GET /internal/workflows. The summary counts all tasks.",
    )
    warning: WarningKind | None = Field(
        default=None, description="Only tasks with this warning; all of them are running."
    )
    id_prefix: ShortId | None = Field(
        default=None,
        description="Only tasks with ids that start with this. The API searches the newest 10,000 "
        "running, paused and failed tasks, and the newest 10,000 of all tasks.",
    )
    symbol_prefix: Name | None = Field(
        default=None,
        description="Only tasks with symbols that start with this, in upper or lower case. The API "
        "searches the same tasks as for id_prefix.",
    )
    created_from: Time | None = Field(
        default=None,
        description="Only tasks created at this time or later; a time with an offset.",
    )
    created_to: Time | None = Field(
        default=None, description="Only tasks created before this time; a time with an offset."
    )
    ended_from: Time | None = Field(
        default=None,
        description="Only tasks that ended at this time or later, the last first.",
    )
    cursor: Annotated[str, Field(max_length=MAX_ID + 20, pattern=_CURSOR)] | None = Field(
        default=None,
        description="The cursor of the previous response, for a list with total null.",
    )
    sort: Literal["newest", "running", "ended"] = Field(
        default="newest",
        description="newest: by creation. running: running tasks first, then the others, each by "
        "creation. ended: by end, newest first.",
    )
    fields: Literal["all"] | None = Field(
        default=None,
        description="all: also the long metadata, results and processing_details that a row omits, "
        "and the checkpoint.",
    )

    @model_validator(mode="after")
    def _times(self) -> Self:
        _ = self.asked.span
        return self

    @property
    def asked(self) -> ListRequest:
        """The request for the list."""
        return ListRequest(**self.model_dump(exclude={"fields"}))
