"""The HTTP route that cancels, pauses or resumes many tasks. Each task is one request: the caller's
right to it is checked, and it has its own audit line."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from fastapi import APIRouter, Request, Response

from ..errors import ProgressError
from ..record.answers import ActedOn
from ..record.document import written
from ..service.act_on_many import act_on, event_of
from .audit import note_act, write_line
from .callers import who_asks
from .guard import denied
from .jobs import NO_DOOR, again, starts_of
from .openapi import schemas
from .rights import Action, Resource
from .route_table import answer, route
from .state import api_of, may
from .strict_route import StrictRoute

#: The rights that acts need, others "update".
_RIGHTS: Final[dict[str, Action]] = {"cancel": "cancel", "again": "start"}
#: Tasks that are run again side by side: each waits for the broker in a thread.
_STARTS: Final = 8

router = APIRouter(prefix="/internal", tags=["tasks"], route_class=StrictRoute)


@router.post("/act")
@route("Act on many tasks", ("update", "tasks"), {200: answer("Requested.", ActedOn)} | NO_DOOR)
async def act_on_tasks(request: Request, act: schemas.ActOnMany) -> Response:
    """Cancels, pauses, resumes or runs again the given tasks. Each task counts as one request: the
    caller needs the right to this task, and the audit log has a line for it. If the request is
    refused for one task, it still applies to the others."""
    api, scope = api_of(request), request.scope
    by = who_asks(scope, act.by)
    note_act(scope, api, by, act.reason, action=act.action)
    action = _RIGHTS.get(act.action, "update")
    if (limited := api.limits.of_many(scope, len(act.ids))) is not None:
        return denied(api, limited)
    if act.action == "again":
        starts_of(api)  # without jobs no task of the request can be run
        done = await act_on(act.ids, partial(_act_on_one, request, action, again), _STARTS)
    else:
        event = event_of(act.action, by, act.reason)

        async def record(_: Request, task_id: str) -> None:
            await api.service.apply(task_id, event)

        done = await act_on(act.ids, partial(_act_on_one, request, action, record))
    return Response(written(done), media_type="application/json")


async def _act_on_one(
    request: Request, action: Action, act: Callable[[Request, str], Awaitable[object]], task_id: str
) -> str | None:
    """Sends the request for one task; returns the reason if the caller has no right to it.

    Raises:
        ProgressError: the request is refused for this task.
    """
    api, scope, resource = api_of(request), request.scope, Resource("task", task_id)
    denial = await may(scope, action, resource)
    if denial is not None:
        api.measured.refusal(denial)
        write_line(scope, action, resource, denial.status)
        return denial.detail
    try:
        await act(request, task_id)
    except ProgressError as error:
        write_line(scope, action, resource, error.status_code)
        raise
    write_line(scope, action, resource, 200)
    return None
