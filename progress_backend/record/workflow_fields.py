"""The fields of a workflow's JSON, each described once, as those of a task in `fields`."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, get_args, get_type_hints

from msgspec import Struct

from .fields import Body, Estimate, ItemsDone, Status, TextCode, WarningKind, is_

#: What a task's fields mean, for other bodies that have them.
OF_TASK: Final = {
    name: get_args(hint)[-1] for name, hint in get_type_hints(Body, include_extras=True).items()
}
Count = Annotated[int, is_("How many tasks have this status.")]

# fmt: off

class Counts(Struct):
    """How many members of a workflow have each status."""

    created: Count
    running: Count
    paused: Count
    completed: Count
    error: Count
    cancelled: Count
    planned: Annotated[int, is_(
        "How many of the created and paused members have not been published yet.")]
    never_ran: Annotated[int, is_(
        "How many of the failed members never ran, because an earlier step had not completed, or "
        "the workflow did not continue.")]


class Failure(Struct):
    """A failed member of a workflow."""

    task_id: Annotated[str, OF_TASK["task_id"]]
    task_type: Annotated[str, OF_TASK["task_type"]]
    error_message: Annotated[str | None, OF_TASK["error_message"]]
    error_code: Annotated[TextCode | None, is_(
        "error_message as a code, if it is a default text; null otherwise.")]
    error_cause: Annotated[str | None, is_("As in the task's record.")]
    end_time: Annotated[str | None, is_("When it ended.")]


class ControlRequest(Struct):
    """A request for a whole workflow."""

    action: Annotated[Literal["pause", "cancel"], is_("The request.")]
    by: Annotated[str | None, is_('"api", "cli" or the name of a caller.')]
    reason: Annotated[str | None, is_("The reason that was given.")]
    at: Annotated[str, is_("When.")]


class WorkflowRow(Struct, kw_only=True, omit_defaults=True):
    """A workflow in a list: its body without the empty fields and the failures."""

    task_id: Annotated[str, is_("The same as workflow_id. A task's body has this name.")]
    workflow_id: Annotated[str, is_("The id of the result that apply_async returned.")]
    task_type: Annotated[Literal["workflow"], is_("Always this word.")]
    name: Annotated[str | None, is_('Name of the workflow, such as "fetch ×8 → merge".')]
    symbol: Annotated[None, is_("Null; only members have symbols.")]
    status: Annotated[Status, is_(
        "While any member is open: cancelled if the workflow's cancel was requested, paused if "
        "members are paused and none runs, running if any has started, else created. After that: "
        "error if any failed, cancelled if any was cancelled, else completed.")]
    progress: Annotated[ItemsDone, is_(
        "current: number of ended members. total: number of all members. If the caller expects "
        "more members than are known, total is the expected number until all known members have "
        "ended. percentage: of the members' work, 100 if all are completed. It falls only if "
        "members are added.")]
    current_status: Annotated[str, is_("The text to show.")]
    message_code: Annotated[TextCode, is_(
        "current_status as a code with values, for any language.")]
    start_time: Annotated[str | None, is_("When the first member started; null before that.")]
    updated_at: Annotated[str | None, is_("When a member last changed.")]
    end_time: Annotated[str | None, is_("When the last member ended; null before that.")]
    processing_time_ms: Annotated[int | None, is_(
        "Milliseconds from start to end, or to the last change; null before the start.")]
    counts: Annotated[Counts, is_("The number of members by status.")]
    created_at: Annotated[str | None, is_("When the first member's record was created.")]
    estimated_completion: Annotated[str | None, is_(
        "Estimated time of the end while the workflow runs: from its own pace once a quarter of "
        "its members have ended (at least ten, with none planned or paused), before that from the "
        "last successful workflows with its name, except on a Redis Cluster. Null if neither is "
        "known.")]
    estimate: Annotated[Estimate | None, is_(
        "The range of the estimated end, from its own pace or at least four such workflows; null "
        "otherwise.")]
    control: Annotated[ControlRequest | None, is_(
        "The newest request for the whole workflow; null without one.")]
    revision: Annotated[int, is_("Number of changes of all members.")]
    warnings: Annotated[dict[WarningKind, int] | None, is_(
        "Only in a list with top=true: for each warning, how many of the newest 250 tasks with "
        "this warning are members. Absent without such members.")] = None


class WorkflowBody(WorkflowRow, kw_only=True):
    """All tasks that one chain, group or chord starts, and the tasks that these start, as one.
    Times are ISO 8601 with milliseconds and offset."""

    error_message: Annotated[str | None, is_("The field of the first failure.")]
    error_code: Annotated[TextCode | None, is_("The field of the first failure.")]
    failures: Annotated[list[Failure], is_(
        "The first 20 failed members. Members that never ran come last.")]
    results: Annotated[dict[str, Any], is_("Empty; only members have results.")]
    processing_details: Annotated[dict[str, Any], is_("Empty; only members have details.")]
    metadata: Annotated[dict[str, Any], is_("Empty; only members have metadata.")]
    may_come_again_until: Annotated[str | None, is_(
        "If all members have ended: until this time a failed member may become running again. Null "
        "otherwise.")]
    final: Annotated[bool, is_(
        "Whether all members have ended and cannot become running again. A later redelivery or a "
        "new member opens the workflow again.")]


class Pagination(Struct):
    """The page, and the number of pages."""

    page: Annotated[int, is_("Number of this page, from 1.")]
    limit: Annotated[int, is_("Rows per page.")]
    total: Annotated[int, is_("Number of rows that pass the filters.")]
    pages: Annotated[int, is_("Number of pages; 1 if the list is empty.")]


class WorkflowList(Struct):
    """One page of workflows, newest first."""

    workflows: Annotated[list[WorkflowRow], is_("The workflows of this page.")]
    pagination: Annotated[Pagination, is_("Which page it is.")]
# fmt: on
