"""Bodies of answers about workflows."""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import BaseModel, Field, create_model

from ...record.fields import Status
from ...record.workflow_body import NOT_IN_ROWS
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
        description="How many of the created and paused members have not been published yet."
    )
    never_ran: int = Field(
        description="How many of the failed members never ran, since a step before them had not "
        "completed, or their workflow did not continue."
    )


class Failure(BaseModel):
    """A failed member of a workflow."""

    task_id: str = Field(description=MEANINGS["task_id"])
    task_type: str = Field(description=MEANINGS["task_type"])
    error_message: str | None = Field(description=MEANINGS["error_message"])
    error_code: CODE | None = Field(  # type: ignore[valid-type]  # made of the table of fields
        description="error_message as a code, if it is a default text; null otherwise."
    )
    error_cause: str | None = Field(description="As in the task's record.")
    end_time: str | None = Field(description="When it ended.")


class Asked(BaseModel):
    """A request for a whole workflow."""

    action: Literal["pause", "cancel"] = Field(description="The request.")
    by: str | None = Field(description='"api", "cli" or the name of a caller.')
    reason: str | None = Field(description="The reason that was given.")
    at: str = Field(description="When.")


class WorkflowBody(BaseModel):
    """All tasks that one chain, group or chord starts, and the tasks that these start, as one.
    Times are ISO 8601 with milliseconds and offset."""

    task_id: str = Field(
        description="The same as workflow_id, under the name that a task's body has."
    )
    workflow_id: str = Field(description="The id of the result that apply_async returned.")
    task_type: Literal["workflow"] = Field(description="Always this word.")
    name: str | None = Field(description='Name of the workflow, such as "fetch ×8".')
    symbol: None = Field(description="Null; only members have symbols.")
    status: Status = Field(
        description="While any member is open: cancelled if the workflow's cancel was requested, "
        "paused if members are paused and none runs, running if any has started, else created. "
        "After that: error if any failed, cancelled if any was cancelled, else completed."
    )
    progress: PROGRESS = Field(  # type: ignore[valid-type]  # made of the table of fields
        description="The members that have ended, and all members. While fewer members are known "
        "than the caller expects and one of them is open, total is the expected number. The "
        "percentage is of their work. It is 100 once all are completed, and falls only if members "
        "are added."
    )
    current_status: str = Field(description="The text to show.")
    message_code: CODE = Field(  # type: ignore[valid-type]  # made of the table of fields
        description="current_status as a code with values, for any language."
    )
    start_time: str | None = Field(description="When the first member started; null before that.")
    updated_at: str | None = Field(description="When a member last changed.")
    end_time: str | None = Field(description="When the last member ended; null before that.")
    processing_time_ms: int | None = Field(
        description="Milliseconds from start to end, or to the last change; null before the start."
    )
    error_message: str | None = Field(description="That of the first failure.")
    error_code: CODE | None = Field(  # type: ignore[valid-type]  # made of the table of fields
        description="That of the first failure."
    )
    counts: Counts = Field(description="The number of members by status.")
    failures: list[Failure] = Field(
        description="The first 20 failed members, those that never ran last."
    )
    results: dict[str, Any] = Field(description="Empty; only members have results.")
    processing_details: dict[str, Any] = Field(description="Empty; only members have details.")
    metadata: dict[str, Any] = Field(description="Empty; only members have metadata.")
    created_at: str | None = Field(description="When the first member's record was created.")
    estimated_completion: str | None = Field(
        description="Estimated time of the end while the workflow runs, from the durations of the "
        "last successful workflows with its name. Null without such workflows, and on a Redis "
        "Cluster."
    )
    estimate: ESTIMATE | None = Field(  # type: ignore[valid-type]  # made of the table of fields
        description="The range of the estimated end, if at least four such workflows are known; "
        "null otherwise."
    )
    control: Asked | None = Field(
        description="The newest request for the whole workflow; null without one."
    )
    may_come_again_until: str | None = Field(
        description="If all members have ended: until this time a failed member may become running "
        "again. Null otherwise."
    )
    final: bool = Field(
        description="Whether all members have ended and cannot become running again. A later "
        "redelivery or a new member opens the workflow again."
    )
    revision: int = Field(description="Number of changes of all members.")


_IN_ROWS: Final[dict[str, Any]] = {
    name: (field.annotation, field)
    for name, field in WorkflowBody.model_fields.items()
    if name not in NOT_IN_ROWS
}
WorkflowRow = create_model(
    "WorkflowRow",
    __doc__="A workflow in a list: its body without the empty fields and the failures.",
    **_IN_ROWS,
)


class Pagination(BaseModel):
    """The page, and the number of pages."""

    page: int = Field(description="Number of this page, from 1.")
    limit: int = Field(description="Rows per page.")
    total: int = Field(description="Number of rows that pass the filters.")
    pages: int = Field(description="Number of pages; 1 if the list is empty.")


class WorkflowList(BaseModel):
    """One page of workflows, newest first."""

    workflows: list[WorkflowRow] = Field(  # type: ignore[valid-type]  # as in TaskList
        description="The workflows of this page."
    )
    pagination: Pagination = Field(description="Which page it is.")
