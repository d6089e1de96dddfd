"""Bodies of requests, and messages of clients, as FastAPI and OpenAPI need them; answers are in
`bodies`."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ...record.act import MOST_NAMED
from ...record.model import MAX_ID
from ...share_tokens import MOST_TTL_S, TTL_S
from . import examples
from .parameters import Id, Items, Name, Owner, Reason, Text

Why = Annotated[Reason | None, Field(description="Why; kept in each record.")]
Who = Annotated[Name | None, Field(description='Name of the caller; "api" unless given.')]

#: Longest name of a watch on a shared socket, and longest token that is given for it.
MAX_WATCH_NAME = 64
MAX_TOKEN = 4096


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
        description=(
            "Items processed so far. With status completed the last count unless given, or all of "
            "them where that is 0."
        ),
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
    reason: Why = None
    by: Who = None


class WorkflowCancel(_Asked):
    """Why a workflow is cancelled."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.WORKFLOW_CANCEL]})

    reason: Why = None
    by: Who = None


class Cancel(_Asked):
    """How to cancel, and why."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.CANCEL]})

    terminate: bool = Field(
        default=False,
        description="Also end the worker's process of the task with SIGTERM. Without it the job "
        "ends at its next progress update.",
    )
    reason: Why = None
    by: Who = None


class ActOnMany(_Asked):
    """What is asked of many tasks."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.ACT_ON_IDS]})

    action: Literal["cancel", "pause", "resume"] = Field(description="What is asked.")
    ids: Annotated[list[Id], Field(min_length=1, max_length=MOST_NAMED)] = Field(
        description="Ids of the tasks."
    )
    reason: Why = None
    by: Who = None


class Asked(BaseModel):
    """A client's message on the WebSocket that several watches share: what to watch, or to leave,
    by a name of the client's own."""

    watch: Annotated[str, Field(min_length=1, max_length=MAX_WATCH_NAME)] | None = None
    leave: Annotated[str, Field(min_length=1, max_length=MAX_WATCH_NAME)] | None = None
    task_id: Annotated[str, Field(max_length=MAX_ID)] | None = None
    workflow_id: Annotated[str, Field(max_length=MAX_ID)] | None = None
    token: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.~-]+$", max_length=MAX_TOKEN)] | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.watch is None) == (self.leave is None):
            raise ValueError("send a watch or a leave")
        if self.watch is not None and (self.task_id is None) == (self.workflow_id is None):
            raise ValueError("name a task_id or a workflow_id")
        return self
