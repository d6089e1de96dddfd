from typing import Any, Literal, NotRequired, TypedDict

class Control(TypedDict):
    action: Literal["pause", "cancel", "end"]
    by: str | None
    reason: str | None
    message: NotRequired[str | None]
    at: str
    acknowledged_at: NotRequired[str | None]
    second_run_at: NotRequired[str | None]

class Estimate(TypedDict):
    earliest: str | None
    likely: str
    latest: str
    runs: int

class Link(TypedDict):
    url: str
    title: NotRequired[str]
    expires_at: NotRequired[str]

class Membership(TypedDict):
    id: str
    canvas: NotRequired[str]
    generation: int

class Progress(TypedDict):
    current: int
    total: int | None
    percentage: float

class StartEstimate(TypedDict):
    earliest: str
    likely: str
    latest: str
    runs: int

class TextCode(TypedDict):
    code: str
    args: dict[str, Any]

class Warnings(TypedDict):
    stalled: NotRequired[str]
    late: NotRequired[str]

class TaskBody(TypedDict):
    task_id: str
    task_type: str
    symbol: str | None
    status: Literal["created", "running", "paused", "completed", "error", "cancelled"]
    progress: Progress
    current_status: str
    start_time: str | None
    updated_at: str | None
    end_time: str | None
    processing_time_ms: int | None
    error_message: str | None
    results: dict[str, Any]
    processing_details: dict[str, Any]
    metadata: dict[str, Any]
    omitted: NotRequired[list[str]]
    checkpoint: NotRequired[str]
    created_at: str | None
    estimated_completion: str | None
    estimate: NotRequired[Estimate]
    waited_ms: NotRequired[int]
    ahead: NotRequired[int]
    start_estimate: NotRequired[StartEstimate]
    usual_ms: NotRequired[int]
    attempt: int
    attempt_started_at: NotRequired[str]
    retries: NotRequired[int]
    worker: NotRequired[str]
    eta: NotRequired[str]
    expires: NotRequired[str]
    parent_id: NotRequired[str]
    root_id: NotRequired[str]
    group_id: NotRequired[str]
    workflow: NotRequired[Membership]
    planned: NotRequired[bool]
    owner: NotRequired[str]
    traceparent: NotRequired[str]
    again: NotRequired[bool]
    again_of: NotRequired[str]
    again_by: NotRequired[str]
    error_cause: NotRequired[str]
    links: NotRequired[list[Link]]
    control: NotRequired[Control]
    rate: NotRequired[float]
    warnings: NotRequired[Warnings]
    message_code: NotRequired[TextCode]
    error_code: NotRequired[TextCode]
    may_come_again_until: NotRequired[str]
    final: bool
    revision: int
    detail: NotRequired[str]

class ControlRequest(TypedDict):
    action: Literal["pause", "cancel"]
    by: str | None
    reason: str | None
    at: str

class Counts(TypedDict):
    created: int
    running: int
    paused: int
    completed: int
    error: int
    cancelled: int
    planned: int
    never_ran: int

class Failure(TypedDict):
    task_id: str
    task_type: str
    error_message: str | None
    error_code: TextCode | None
    error_cause: str | None
    end_time: str | None

class WorkflowBody(TypedDict):
    task_id: str
    workflow_id: str
    task_type: Literal["workflow"]
    name: str | None
    symbol: None
    status: Literal["created", "running", "paused", "completed", "error", "cancelled"]
    progress: Progress
    current_status: str
    message_code: TextCode
    start_time: str | None
    updated_at: str | None
    end_time: str | None
    processing_time_ms: int | None
    counts: Counts
    created_at: str | None
    estimated_completion: str | None
    estimate: Estimate | None
    control: ControlRequest | None
    revision: int
    warnings: NotRequired[dict[str, Any]]
    error_message: str | None
    error_code: TextCode | None
    failures: list[Failure]
    results: dict[str, Any]
    processing_details: dict[str, Any]
    metadata: dict[str, Any]
    may_come_again_until: str | None
    final: bool

class Pagination(TypedDict):
    page: int
    limit: int
    total: int
    pages: int

class WorkflowRow(TypedDict):
    task_id: str
    workflow_id: str
    task_type: Literal["workflow"]
    name: str | None
    symbol: None
    status: Literal["created", "running", "paused", "completed", "error", "cancelled"]
    progress: Progress
    current_status: str
    message_code: TextCode
    start_time: str | None
    updated_at: str | None
    end_time: str | None
    processing_time_ms: int | None
    counts: Counts
    created_at: str | None
    estimated_completion: str | None
    estimate: Estimate | None
    control: ControlRequest | None
    revision: int
    warnings: NotRequired[dict[str, Any]]

class WorkflowList(TypedDict):
    workflows: list[WorkflowRow]
    pagination: Pagination

class Summary(TypedDict):
    created: int | None
    running: int | None
    paused: int | None
    completed: int | None
    error: int | None
    cancelled: int | None

class TaskPagination(TypedDict):
    page: int
    limit: int
    total: int | None
    pages: int | None

class TaskList(TypedDict):
    tasks: list[TaskBody | WorkflowRow]
    pagination: TaskPagination
    summary: Summary
    cursor: NotRequired[str]

class Dependencies(TypedDict):
    redis: Redis
    listener: NotRequired[ListenerState]

class ListenerState(TypedDict):
    status: Literal["connected", "disconnected"]
    watched_tasks: int
    watchers: int

class MemoryUsage(TypedDict):
    tasks_in_memory: int
    memory_usage_mb: float

class Redis(TypedDict):
    status: Literal["connected", "disconnected"]
    response_time_ms: float | None
    key_prefix: NotRequired[str]

class Health(TypedDict):
    status: Literal["healthy", "degraded", "unhealthy"]
    reason: NotRequired[str]
    version: str
    active_tasks: int
    total_tasks_today: int
    memory_usage: MemoryUsage
    dependencies: Dependencies

class Held(TypedDict):
    total: int
    tasks: list[HeldTask]

class HeldTask(TypedDict):
    task_id: str
    task_type: str
    symbol: str | None
    status: Literal["created", "running", "paused", "completed", "error", "cancelled"]
    percentage: float
    start_time: str | None
    warnings: Warnings | None

class OpenTasks(TypedDict):
    task_type: str | None
    tasks: int
    estimated: int
    estimate: Estimate | None

class WorkerRow(TypedDict):
    name: str
    last_sign_at: str | None
    live: bool
    slots: int | None
    holds: Held

class WorkerList(TypedDict):
    workers: list[WorkerRow]
    total: int
    oldest_wait_ms: int | None
    types: list[str]
    open: list[OpenTasks]
    still_running: int
    failed_last_hour: int
    stalled: int
    late: int
    at: str

class StackFrame(TypedDict):
    file: str
    line: int
    function: str
    code: NotRequired[str]
    folded: NotRequired[bool]

class TimelineEntry(TypedDict):
    time: str
    event: str
    attempt: NotRequired[int]
    status: NotRequired[str]
    cause: NotRequired[str]
    by: NotRequired[str]
    worker: NotRequired[str]
    text: NotRequired[str]
    text_code: NotRequired[TextCode]
    frames: NotRequired[list[StackFrame]]
    same_s: NotRequired[float]
    traceback: NotRequired[str]

class TaskTimeline(TypedDict):
    task_id: str
    gone: int
    entries: list[TimelineEntry]

class StackRequested(TypedDict):
    task_id: str
    requested_at: str

class TaskLogLine(TypedDict):
    id: int
    time: str
    level: Literal["debug", "info", "warning", "error", "critical"]
    attempt: int | None
    text: str

class TaskLog(TypedDict):
    task_id: str
    first: int | None
    last: int | None
    lines: list[TaskLogLine]
