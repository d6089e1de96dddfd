"""The HTTP route that reads the log of a task."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from msgspec import Raw

from ..flows import task_log
from ..record.answers import TaskLog
from ..record.document import written
from ..record.log_line import with_id
from . import rights
from .callers import caller_of
from .openapi import parameters, queries
from .route_table import answer, route
from .state import api_of
from .strict_route import StrictRoute

router = APIRouter(prefix="/internal", tags=["tasks"], route_class=StrictRoute)


@router.get("/task/{task_id:path}/log")
@route("Read the log of a task", ("read", "task"), {200: answer("The lines.", TaskLog)})
async def task_logged(
    request: Request, task_id: parameters.TaskId, query: Annotated[queries.LogQuery, Query()]
) -> Response:
    """Reads the lines that the job has written with `progress.log()` or a `ProgressLogHandler`: the
    newest `PROGRESS_LOG_KIB` KiB (22), oldest first. Callers who are bound to an owner, and share
    tokens, see no tracebacks in them. A gap in the ids means that lines are missing. To follow a
    log, read it every second, with the id of the last line as `after`."""
    part = await api_of(request).store.run(task_log.read(task_id, query.after, query.limit))
    whole = bool(rights.sees_errors(caller_of(request.scope)))
    lines: list[Any] = [Raw(with_id(*line, whole)) for line in part.lines]
    body = written(TaskLog(task_id, part.first, part.last, lines))
    return Response(body, media_type="application/json")
