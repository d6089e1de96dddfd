"""The HTTP route that cancels, pauses or resumes many tasks. Each task is one request: the caller's
right to it is checked, and it has its own audit line."""

from __future__ import annotations

from functools import partial

from fastapi import APIRouter, Request, Response

from ..errors import ProgressError
from ..record.events import Event
from ..record.json_text import dumps
from ..service.act_on_many import act_on, event_of
from .audit import note_act, write_line
from .callers import who_asks
from .guard import denied
from .openapi import schemas
from .openapi.bodies import ActedOn
from .rights import Action, Resource
from .route_table import answer, route
from .state import Api, api_of, may
from .strict_route import StrictRoute

router = APIRouter(prefix="/internal", tags=["tasks"], route_class=StrictRoute)


@router.post("/act")
@route(
    "Cancel, pause or resume many tasks", ("update", "tasks"), {200: answer("Requested.", ActedOn)}
)
async def act_on_tasks(request: Request, act: schemas.ActOnMany) -> Response:
    """Cancels, pauses or resumes the given tasks. Each task counts as one request: the caller needs
    the right to this task, and the audit log has a line for it. If the request is refused for one
    task, it still applies to the others."""
    api, scope = api_of(request), request.scope
    by = who_asks(scope, act.by)
    note_act(scope, api, by, act.reason, action=act.action)
    action: Action = "cancel" if act.action == "cancel" else "update"
    if (limited := api.limits.of_many(scope, len(act.ids))) is not None:
        return denied(api, limited)
    one = partial(_act_on_one, request, api, action, event_of(act.action, by, act.reason))
    done = await act_on(act.ids, one)
    return Response(dumps(done), media_type="application/json")


async def _act_on_one(
    request: Request, api: Api, action: Action, event: Event, task_id: str
) -> str | None:
    """Sends the request for one task; returns the reason if the caller has no right to it.

    Raises:
        ProgressError: the request is refused for this task.
    """
    scope, resource = request.scope, Resource("task", task_id)
    denial = await may(scope, action, resource)
    if denial is not None:
        api.measured.refusal(denial)
        write_line(scope, action, resource, denial.status)
        return denial.detail
    try:
        await api.service.apply(task_id, event)
    except ProgressError as error:
        write_line(scope, action, resource, error.status_code)
        raise
    api.limits.give_back(task_id)
    write_line(scope, action, resource, 200)
    return None
