"""The HTTP route that cancels, pauses or resumes many tasks: each is asked as it would be alone, by
the caller's right to it, with an audit line of its own."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from fastapi import APIRouter, Request, Response

from ..errors import ProgressError
from ..flows import chosen_tasks
from ..record import act_request
from ..record.events import Event
from ..record.json_text import dumps
from ..service.act_on_many import act_on, event_of
from .audit import note_act, write_line
from .callers import caller_of, who_asks
from .guard import denied
from .openapi import route_texts, schemas
from .rights import Action, Resource, narrowed, refusal
from .state import Api, api_of, may
from .strict_route import StrictRoute

router = APIRouter(prefix="/internal", tags=["tasks"], route_class=StrictRoute)


@router.post("/act", **route_texts.ACT)
async def act_on_tasks(request: Request, act: schemas.ActOnMany) -> Response:
    api, scope = api_of(request), request.scope
    by = who_asks(scope, act.by)
    note_act(scope, api, by, act.reason, action=act.action)
    task_ids, more = tuple(act.ids or ()), False
    if act.filter is not None:
        asked, caller = act_request.filter_of(act.filter.model_dump()), caller_of(scope)
        remarked = asked.remark is not None
        those = Resource("tasks", None, asked.task_type, owner=asked.owner, remarked=remarked)
        those = narrowed(caller, those)
        # As of a list: the ids of other tasks than the caller's are not told either.
        if (denial := refusal(caller, "update", those)) is not None:
            api.measured.refusal(denial)
            return denied(denial)
        asked = replace(asked, owner=those.owner, task_type=those.task_type)
        asked.check()
        most = act.limit or act_request.MOST_CHOSEN
        flow = chosen_tasks.chosen(api.flows, act.action, asked, most, await api.now())
        task_ids, more = await api.store.run(flow)
    action: Action = "cancel" if act.action == "cancel" else "update"
    if (limited := api.limits.of_many(scope, len(task_ids))) is not None:
        api.measured.refusal(limited)
        return denied(limited)
    one = partial(_act_on_one, request, api, action, event_of(act.action, by, act.reason))
    done = await act_on(task_ids, one)
    return Response(dumps(done.body(more=more)), media_type="application/json")


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
