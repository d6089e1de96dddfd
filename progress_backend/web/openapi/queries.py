"""Queries of requests: filters, pages, and how a stream is wanted."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from ...flows.task_log import LINES, MOST_LINES
from ...live.heartbeat import LONGEST_S, SHORTEST_S
from ...record.caller_events import MAX_LIMIT
from ...record.fields import Status, WarningKind
from ...record.list_request import ListRequest
from ...record.model import MAX_ID
from .parameters import Id, Name, Owner, ShortId, Time

#: As in `looked_list`.
_CURSOR = r"^[0-9]{1,16}\.[^\x00-\x1f\x7f-\x9f\u2028\u2029]+$"


def _whole(value: Any) -> Any:
    """A query parameter's int, refused unless it is written in plain digits."""
    if isinstance(value, str) and not re.fullmatch(r"[0-9]{1,10}", value):
        raise ValueError("must be a whole number in plain digits")
    return value


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


class StatusQuery(BaseModel):
    """Query of a task's status; other parameters are ignored."""

    fields: Literal["all"] | None = Field(
        default=None, description="all: also the checkpoint, where the job gave one."
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
    limit: Annotated[int, BeforeValidator(_whole)] = Field(
        default=20, ge=1, le=MAX_LIMIT, description="Rows a page."
    )


class ListQuery(Filter, Paging):
    """Query of the list: filters and page."""

    workflow_id: Id | None = Field(
        default=None,
        description="Only members of this workflow; the summary counts these.",
    )
    top: bool = Field(
        default=False,
        description="true: only what nothing else started: tasks that are no workflow's member, "
        "and outermost workflows, each as GET /internal/workflows has it; the summary counts all "
        "tasks.",
    )
    warning: WarningKind | None = Field(
        default=None, description="Only tasks with this warning. All of them run."
    )
    id_prefix: ShortId | None = Field(
        default=None,
        description="Only tasks whose ids begin so, of the newest 10,000.",
    )
    created_from: Time | None = Field(
        default=None,
        description="Only tasks created then or later: a time with an offset.",
    )
    created_to: Time | None = Field(
        default=None, description="Only tasks created before then, as created_from."
    )
    cursor: Annotated[str, Field(max_length=MAX_ID + 20, pattern=_CURSOR)] | None = Field(
        default=None,
        description="The cursor of the answer before, of a list whose total is null.",
    )
    sort: Literal["newest", "running", "ended"] = Field(
        default="newest",
        description="newest: by creation. running: running tasks first, then the others, each by "
        "creation. ended: by end, the last first.",
    )
    fields: Literal["all"] | None = Field(
        default=None,
        description="all: also what a row omits where it is long (metadata, results, "
        "processing_details), and the checkpoint.",
    )

    @model_validator(mode="after")
    def _times(self) -> Self:
        _ = self.asked.span
        return self

    @property
    def asked(self) -> ListRequest:
        """What is asked for."""
        return ListRequest(**self.model_dump(exclude={"fields"}))
