"""The HTTP route that cancels, pauses or resumes many tasks: each is asked as it would be alone, by
the caller's right to it, with an audit line of its own."""

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
@route("Act on many tasks", ("update", "tasks"), {200: answer("Asked.", ActedOn)})
async def act_on_tasks(request: Request, act: schemas.ActOnMany) -> Response:
    """Cancels, pauses or resumes the given tasks. Each task counts as its own request: the caller
    needs the right to it, and it has its own line in the audit log. If one task is refused, the
    others are not."""
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
    """Asks one task for it; why the caller may not, where that is so.

    Raises:
        ProgressError: why the task is not asked.
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
