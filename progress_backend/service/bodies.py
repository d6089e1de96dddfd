"""The services' bodies that are made of more than a record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import Any, TypeVar

from msgspec import Raw, Struct

from ..operations.counts import TaskCounts
from ..operations.streams import LogPart
from ..record import answers
from ..record.document import written
from ..record.json_text import parsed
from ..record.list_request import ListRequest
from ..record.log_line import with_id
from ..record.workflow_fields import Pagination, WorkflowList

T = TypeVar("T")


def as_dict(body: Struct | bytes | None) -> T:  # type: ignore[type-var]  # of the body's Struct
    """A body as the dictionary that the TypedDict of its Struct describes."""
    document = body if isinstance(body, bytes) else written(body)
    made: T = parsed(document)
    return made


def task_list(
    asked: ListRequest,
    rows: Iterable[bytes],
    total: int | None,
    counts: Mapping[str, int | None],
    cursor: str | None = None,
) -> answers.TaskList:
    """A page of tasks; `total` is None where tasks are looked through."""
    pages = None if total is None else _pages(asked.limit, total)
    listed: list[Any] = [*map(Raw, rows)]
    pagination = answers.TaskPagination(asked.page, asked.limit, total, pages)
    return answers.TaskList(listed, pagination, answers.Summary(**counts), cursor)


def workflow_list(page: int, limit: int, total: int, rows: Iterable[bytes]) -> WorkflowList:
    """A page of workflows."""
    listed: list[Any] = [*map(Raw, rows)]
    return WorkflowList(listed, Pagination(page, limit, total, _pages(limit, total)))


def task_log(task_id: str, part: LogPart, whole: bool = True) -> answers.TaskLog:
    """Lines of a task's log, without tracebacks unless they are `whole`."""
    lines: list[Any] = [Raw(with_id(*line, whole)) for line in part.lines]
    return answers.TaskLog(task_id, part.first, part.last, lines)


def _pages(limit: int, total: int) -> int:
    """The number of pages; an empty list has one, as in the specification."""
    return max((total + limit - 1) // limit, 1)


def health(counted: TaskCounts, used_bytes: int, redis: answers.Redis) -> answers.Health:
    """The body of a health check."""
    return answers.Health(
        status="unhealthy" if redis.status == "disconnected" else "healthy",
        version=version("progress-backend"),
        active_tasks=counted.active,
        total_tasks_today=counted.recent,
        memory_usage=answers.MemoryUsage(counted.records, round(used_bytes / 2**20, 1)),
        dependencies=answers.Dependencies(redis),
    )
