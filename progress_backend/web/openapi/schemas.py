"""Bodies of requests, and messages of clients, as FastAPI and OpenAPI need them; answers are in
`bodies`."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ...credentials.share_tokens import MOST_TTL_S, TTL_S
from ...record.act import MOST_NAMED
from ...record.model import MAX_ID
from . import examples
from .parameters import Id, Items, Name, OptionalName, OptionalOwner, Reason, Text

Why = Annotated[Reason | None, Field(description="The reason; kept in each record.")]
Who = Annotated[OptionalName, Field(description='Name of the caller; "api" unless given.')]

#: Longest name of a watch on a shared socket, and longest token that is given for it.
MAX_WATCH_NAME = 64
MAX_TOKEN = 4096


class _RequestBody(BaseModel):
    """Base of request bodies: strict types, no unknown fields."""

    model_config = ConfigDict(extra="forbid", strict=True)


class ShareAsked(_RequestBody):
    """A share token that is made with a task."""

    ttl: float = Field(
        default=TTL_S, gt=0, le=MOST_TTL_S, description="Seconds until the token expires."
    )


class NewTask(_RequestBody):
    """A task to be created."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.NEW_TASK]})

    task_type: Name = Field(description="Kind of task, such as fetch_data or bulk_import.")
    symbol: OptionalName = Field(
        default=None, description="Label of the task, such as a ticker, file or customer."
    )
    total_items: Items | None = Field(
        description="Number of items to process; null (or 0) if unknown."
    )
    metadata: dict[str, Any] | None = Field(
        default=None, description="Any other values to keep with the task."
    )
    owner: OptionalOwner = Field(
        default=None,
        description="The owner of the task. A token that is limited to an owner creates only tasks "
        "of that owner, also without this field.",
    )
    share: bool | ShareAsked = Field(
        default=False,
        description="true, or {ttl}: the response also has a share token. With it a browser can "
        "read only this task, until the token expires. Without PROGRESS_SIGNING_KEYS the API "
        "responds with 422.",
    )


class TaskUpdate(_RequestBody):
    """New values or an end of a task."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [examples.UPDATE, examples.COMPLETION, examples.FAILURE, examples.PAUSE]
        }
    )

    status: Literal["running", "completed", "error", "paused"] = Field(
        description="running starts a created task and resumes a paused task."
    )
    current_items: Items | None = Field(
        default=None,
        description="Items processed so far; without it the last count stays. Ignored while a "
        "worker's run reports a count of its own (above 0).",
    )
    message: Text | None = Field(
        default=None, description="The text to show; without it the previous text stays."
    )
    details: dict[str, Any] | None = Field(
        default=None, description="Merged into processing_details, e.g. processing_rate."
    )
    error_message: Text | None = Field(
        default=None, description="The error in one line; only with status error."
    )
    results: dict[str, Any] | None = Field(default=None, description="Merged into results.")
    reason: Reason | None = Field(
        default=None, description="The reason, with status paused or force; kept in the record."
    )
    by: OptionalName = Field(
        default=None,
        description='Name of the caller, with status paused or force; "api" unless given.',
    )
    force: bool = Field(
        default=False,
        description="With status completed or error: end the record even if a living worker runs "
        "the task, and stop the run at its next progress update. Without force the API responds "
        "with 409 for such a task.",
    )


class WorkflowUpdate(_RequestBody):
    """Whether a workflow's members wait or continue."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.WORKFLOW_PAUSE]})

    status: Literal["running", "paused"] = Field(
        description="paused: no member starts, and each running member waits at its next progress "
        "update. running: all waiting members continue."
    )
    reason: Why = None
    by: Who = None


class WorkflowCancel(_RequestBody):
    """Why a workflow is cancelled."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.WORKFLOW_CANCEL]})

    reason: Why = None
    by: Who = None


class Cancel(_RequestBody):
    """How to cancel, and why."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.CANCEL]})

    terminate: bool = Field(
        default=False,
        description="Also send SIGTERM to the process that runs the task. Without terminate the "
        "job ends at its next progress update.",
    )
    reason: Why = None
    by: Who = None


class ActOnMany(_RequestBody):
    """A request for many tasks."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.ACT_ON_IDS]})

    action: Literal["cancel", "pause", "resume", "again"] = Field(description="The request.")
    ids: Annotated[list[Id], Field(min_length=1, max_length=MOST_NAMED)] = Field(
        description="Ids of the tasks."
    )
    reason: Why = None
    by: Who = None


class WatchMessage(BaseModel):
    """A client's message on the WebSocket with several watches: a watch to start or to end, with a
    name that the client chooses."""

    watch: Annotated[str, Field(min_length=1, max_length=MAX_WATCH_NAME)] | None = None
    leave: Annotated[str, Field(min_length=1, max_length=MAX_WATCH_NAME)] | None = None
    task_id: Annotated[str, Field(max_length=MAX_ID)] | None = None
    workflow_id: Annotated[str, Field(max_length=MAX_ID)] | None = None
    owner: OptionalOwner = None
    token: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.~-]+$", max_length=MAX_TOKEN)] | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.watch is None) == (self.leave is None):
            raise ValueError("send a watch or a leave")
        named = [one for one in (self.task_id, self.workflow_id, self.owner) if one is not None]
        if self.watch is not None and len(named) != 1:
            raise ValueError("name a task_id, a workflow_id or an owner")
        return self
