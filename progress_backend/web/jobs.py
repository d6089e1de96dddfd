"""The HTTP routes of jobs that other programs may start."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Body, HTTPException, Query, Request, Response
from fastapi.exceptions import RequestValidationError

from ..record import responses
from ..record.answers import Job, Jobs, Problem
from ..record.default_texts import wished
from ..record.document import written
from ..record.fields import Body as TaskBody
from ..record.json_text import dumps
from .audit import note
from .callers import caller_of, languages_of, who_asks
from .guard import denied
from .openapi import parameters, queries
from .rights import Resource
from .route_table import answer, route
from .state import Api, api_of, may
from .stored_answer import VARIES
from .strict_route import StrictRoute
from .wait import waited

if TYPE_CHECKING:
    from ..jobs.starts import StartedTask, Starts

logger = logging.getLogger(__name__)
router = APIRouter(prefix="/internal", tags=["jobs"], route_class=StrictRoute)

#: Largest arguments of one start, in bytes.
MAX_ARGUMENTS: Final = 64 * 1024
_CLOSED: Final = (
    "no jobs are started here: `progress-backend serve -A proj --start` does it, or "
    "create_app(celery_app=…, start=True)"
)
#: Of a process that starts no jobs.
NO_DOOR: Final = {404: answer("There is no such job, or no jobs are started here.", Problem)}
_NOT_AGAIN: Final = {
    409: answer("The task is open, part of a workflow, or its arguments are not kept.", Problem)
}
_PUBLISHED: Final = {
    202: answer("Published; the body is the task.", TaskBody),
    200: answer("With Prefer: wait=N, if the task has ended.", TaskBody),
    409: answer("Another request with this Idempotency-Key is publishing.", Problem),
    504: answer("The broker has not replied: it is not known whether it was published.", Problem),
}


@router.get("/jobs")
@route("List jobs", ("list", "jobs"), {200: answer("The jobs.", Jobs)} | NO_DOOR)
async def list_jobs(request: Request) -> Response:
    """Lists the jobs that the caller may start, each with the JSON Schema of its arguments."""
    starts, caller = starts_of(api_of(request)), caller_of(request.scope)
    types = (None, caller.task_type)  # of a job whose arguments give it, each start is checked
    jobs = [
        Job(j.name, j.title, j.description, j.schema())
        for j in starts.jobs.values()
        if (j.for_owners or caller.owner is None)
        and (caller.task_type is None or j.task_type in types)
    ]
    return Response(written(Jobs(jobs)), media_type="application/json")


@router.post("/jobs/{job_name:path}", status_code=202)
@route("Start a job", ("start", "jobs"), _PUBLISHED | NO_DOOR)
async def start_job(
    request: Request,
    job_name: parameters.JobName,
    arguments: Annotated[dict[str, Any], Body(description="The keyword arguments.")],
    query: Annotated[queries.StartQuery, Query()],
    idempotency_key: parameters.IdempotencyKey = None,
    prefer: parameters.Prefer = None,
    accept_language: parameters.AcceptLanguage = None,
) -> Response:
    """Creates the record and publishes the task with these keyword arguments, as its application
    would. The response has the record, and the record's address as `Location`. A second request
    with the same Idempotency-Key gets the same task; if it has other arguments, it gets 422. With
    `Prefer: wait=N` the response waits for the end, 60 seconds at most."""
    from ..jobs.schema import WrongArguments

    api, scope = api_of(request), request.scope
    note(scope, who=who_asks(scope, query.by))
    starts, owner = starts_of(api), caller_of(scope).owner
    job = starts.job(job_name, owner)
    if len(await request.body()) > MAX_ARGUMENTS:
        raise HTTPException(413, f"the arguments of a job have at most {MAX_ARGUMENTS} bytes")
    try:
        checked = job.checked(arguments)
    except WrongArguments as wrong:
        found = [{**one, "loc": ("body", *one["loc"])} for one in wrong.errors]
        raise RequestValidationError(found) from None
    identity = starts.identity(job, checked, owner)
    made = Resource("job", job.name, task_type=identity.task_type, owner=identity.owner)
    if (refusal := await may(scope, "start", made)) is not None:
        return denied(api, refusal)
    started = await starts.start(job, checked, identity, idempotency_key)
    note(scope, id=started.task_id, task_type=identity.task_type, owner=identity.owner)
    applied = {} if prefer is None else await waited(api, request, started.task_id, prefer)
    applied.pop("Vary", None)
    return await _task(api, request, started, accept_language, applied)


@router.post("/task/{task_id:path}/again", status_code=202)
@route("Run a task again", ("start", "task"), {202: _PUBLISHED[202]} | NO_DOOR | _NOT_AGAIN)
async def run_again(
    request: Request,
    task_id: parameters.TaskId,
    idempotency_key: parameters.IdempotencyKey = None,
    accept_language: parameters.AcceptLanguage = None,
) -> Response:
    """Publishes an ended task again, as a new task, with the arguments and options that were kept.
    The response has the new task's record, with `again_of`. The old record gets `again_by`. For a
    member of a workflow, and for a task without kept arguments, the API responds with 409. A second
    request with the same Idempotency-Key gets the same new task."""
    started = await again(request, task_id, idempotency_key)
    note(request.scope, id=task_id, again_by=started.task_id)
    return await _task(api_of(request), request, started, accept_language, {})


async def again(request: Request, task_id: str, key: str | None = None) -> StartedTask:
    """Runs a task again, for the request's caller. Raises as `Starts.again`."""
    return await starts_of(api_of(request)).again(task_id, caller_of(request.scope).owner, key)


def starts_of(api: Api) -> Starts:
    """The jobs of the application.

    Raises:
        HTTPException: 404, no jobs are started here; 503, their modules could not be imported.
    """
    if api.starts is None:
        if api.starts_fault:
            raise HTTPException(503, "the jobs could not be imported; the log has the reason")
        raise HTTPException(404, _CLOSED)
    return api.starts


async def _task(
    api: Api,
    request: Request,
    started: StartedTask,
    language: str | None,
    applied: Mapping[str, str],
) -> Response:
    """The response with a published task: 200 if a wait that was `applied` has seen its end."""
    task_id, record = started
    if (applied or record is None) and (shown := await api.tasks.of(task_id)) is not None:
        record = shown.record
    ended = bool(applied) and record is not None and record.final
    headers = {**VARIES, **applied, "Location": _address(request, task_id)}
    if not ended:
        headers["Retry-After"] = "1"
    document: str | bytes = dumps({"task_id": task_id})
    if record is not None:
        languages = languages_of(request.scope, wished(language), api.settings)
        document = responses.in_language(written(record), *languages)
    return Response(document, 200 if ended else 202, headers, "application/json")


def _address(request: Request, task_id: str) -> str:
    """The address of the task's status, under whatever prefix the route is."""
    scope = request.scope
    path = str(scope["path"])
    before = path[: path.rindex("/internal/")]
    return f"{before}/internal/task/{quote(task_id, safe='')}/status"
