"""Bodies of answers about workflows."""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import BaseModel, Field, create_model

from ...record.fields import Status
from ...record.workflow import NOT_IN_ROWS
from .field_bodies import CODE, ESTIMATE, MEANINGS, PROGRESS, Count


class Counts(BaseModel):
    """How many members of a workflow have each status."""

    created: Count
    running: Count
    paused: Count
    completed: Count
    error: Count
    cancelled: Count
    planned: int = Field(
        description="How many of created and paused have a message that has not left yet."
    )


class Failure(BaseModel):
    """A member of a workflow that has failed."""

    task_id: str = Field(description=MEANINGS["task_id"])
    task_type: str = Field(description=MEANINGS["task_type"])
    error_message: str | None = Field(description=MEANINGS["error_message"])
    error_code: CODE | None = Field(  # type: ignore[valid-type]  # made of the table of fields
        description="What error_message says where it is a default text; null otherwise."
    )
    error_cause: str | None = Field(description="As in the task's record.")
    end_time: str | None = Field(description="When it ended.")


class Asked(BaseModel):
    """What a caller asks of a whole workflow."""

    action: Literal["pause", "cancel"] = Field(description="What was asked for.")
    by: str | None = Field(description='"api", "cli" or the name of a caller.')
    reason: str | None = Field(description="The reason that was given.")
    at: str = Field(description="When.")


class WorkflowBody(BaseModel):
    """All tasks that one chain, group or chord starts, and those that these start in turn, as one.
    Times are ISO 8601 with milliseconds and offset."""

    task_id: str = Field(description="As workflow_id: the names of a task's body are here too.")
    workflow_id: str = Field(description="The id of the result that apply_async returned.")
    task_type: Literal["workflow"] = Field(description="Always this word.")
    name: str | None = Field(description='What it does, such as "fetch ×8".')
    symbol: None = Field(description="Null: members have symbols.")
    status: Status = Field(
        description="While any member is open: cancelled if that was asked of the workflow, paused "
        "if members wait for a person and none runs, running once any has begun, else created. "
        "After that: error if any failed, cancelled if any was, else completed."
    )
    progress: PROGRESS = Field(  # type: ignore[valid-type]  # made of the table of fields
        description="Members that have ended, and all (as many as the caller expects, while fewer "
        "are known and one of these is open); the percentage is that of their work, below 100 "
        "until all have ended, and falls only where members were added."
    )
    current_status: str = Field(description="The text to show.")
    message_code: CODE = Field(  # type: ignore[valid-type]  # made of the table of fields
        description="What current_status says, in no language."
    )
    start_time: str | None = Field(description="When its first member began; null before that.")
    updated_at: str | None = Field(description="When a member last changed.")
    end_time: str | None = Field(description="When its last member ended; null before that.")
    processing_time_ms: int | None = Field(
        description="From start to end, or to the last change; null before the start."
    )
    error_message: str | None = Field(description="That of the first failure.")
    error_code: CODE | None = Field(  # type: ignore[valid-type]  # made of the table of fields
        description="That of the first failure."
    )
    counts: Counts = Field(description="Its members by status.")
    failures: list[Failure] = Field(description="The first 20 members that have failed.")
    results: dict[str, Any] = Field(description="Empty: members have results.")
    processing_details: dict[str, Any] = Field(description="Empty: members have details.")
    metadata: dict[str, Any] = Field(description="Empty: members have metadata.")
    created_at: str | None = Field(description="When its first member's record was made.")
    estimated_completion: str | None = Field(
        description="When it is likely to end while it runs, by how long the last successful "
        "workflows of its name took; null without such ones, and on a Redis Cluster."
    )
    estimate: ESTIMATE | None = Field(  # type: ignore[valid-type]  # made of the table of fields
        description="The range of its end, from four such workflows on; null otherwise."
    )
    control: Asked | None = Field(description="What is asked of all of it; null otherwise.")
    may_come_again_until: str | None = Field(
        description="Until when one of the failures that are named may be taken back, where all "
        "members have ended; null otherwise."
    )
    final: bool = Field(
        description="Whether all members have ended for good; a member whose message comes again "
        "later, or a new one, opens it again."
    )
    revision: int = Field(description="Counts the changes of all members.")


_IN_ROWS: Final[dict[str, Any]] = {
    name: (field.annotation, field)
    for name, field in WorkflowBody.model_fields.items()
    if name not in NOT_IN_ROWS
}
WorkflowRow = create_model(
    "WorkflowRow",
    __doc__="A workflow in a list: its body without what members have and what failures say.",
    **_IN_ROWS,
)


class Pagination(BaseModel):
    """The page, and the number of pages."""

    page: int = Field(description="Number of this page, from 1.")
    limit: int = Field(description="Rows a page.")
    total: int = Field(description="Rows in all, after the filters.")
    pages: int = Field(description="Pages in all; 1 where there is nothing.")


class WorkflowList(BaseModel):
    """One page of workflows, newest first."""

    workflows: list[WorkflowRow] = Field(  # type: ignore[valid-type]  # as in TaskList
        description="The workflows of this page."
    )
    pagination: Pagination = Field(description="Which page it is.")
