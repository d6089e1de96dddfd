"""The HTTP routes that read timeline and log of a task, and request the stack of its job."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from ..flows import task_log
from ..record.answers import StackRequested, TaskLog, TaskTimeline
from ..record.default_texts import wished
from ..record.document import written
from ..record.read_timeline import without_stacks
from ..record.responses import in_language
from ..service.bodies import task_log as log_body
from ..stacks import asking
from . import rights
from .audit import note, write_line
from .callers import caller_of, languages_of
from .limits import client_of
from .openapi import parameters, queries
from .rights import Resource
from .route_table import answer, route
from .state import api_of, may
from .stored_answer import VARIES
from .strict_route import StrictRoute

router = APIRouter(prefix="/internal", tags=["tasks"], route_class=StrictRoute)


@router.get("/task/{task_id:path}/timeline")
@route(
    "Read the timeline of a task", ("read", "task"), {200: answer("The timeline.", TaskTimeline)}
)
async def task_happened(
    request: Request, task_id: parameters.TaskId, accept_language: parameters.AcceptLanguage = None
) -> Response:
    """Reads the task's starts, retries, phases and ends, its requests with caller and reason, and
    its warnings, oldest first. The newest 12 KiB of entries are kept, about a hundred. Callers with
    write access to all tasks, or with the right `stack` from the site's `authorize`, also get the
    newest three stacks of the job and the tracebacks of failed runs. The audit log has a line for
    each such response."""
    api, its = api_of(request), Resource("task", task_id)
    body = await api.store.run(asking.timeline_with(task_id, await api.now()))
    if (bare := without_stacks(body)) is not None:
        if await may(request.scope, "stack", its) is None:
            write_line(request.scope, "stack", its, 200)
        else:
            body = bare
    languages = languages_of(request.scope, wished(accept_language), api.settings)
    body = in_language(body, *languages)
    return Response(body, media_type="application/json", headers=VARIES)


@router.post("/task/{task_id:path}/stack", status_code=202)
@route(
    "Request the stack of a job", ("update", "task"), {202: answer("Requested.", StackRequested)}
)
async def ask_for_stack(request: Request, task_id: parameters.TaskId) -> Response:
    """Requests the stack of the job from the process that runs the task. Within five seconds the
    timeline has an entry `stack` that is newer than `requested_at`. The entry has the job's frames,
    or the cause `no_answer`: the process runs code outside Python, or is stopped. The API accepts
    one request for a task every ten seconds. All callers that may see all tasks share 20 requests a
    minute. All other callers share another 20."""
    api, scope = api_of(request), request.scope
    note(scope, what="stack")
    caller = client_of(scope) if caller_of(scope).limited else None
    flow = asking.request(task_id, api.settings, await api.now(), caller or "")
    body = await api.store.run(flow)
    return Response(written(body), 202, media_type="application/json")


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
    body = written(log_body(task_id, part, whole))
    return Response(body, media_type="application/json")
