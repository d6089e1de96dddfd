"""Each route's texts and answers for its OpenAPI description."""

from __future__ import annotations

from typing import Any

from fastapi import Response
from pydantic import BaseModel

from .bodies import ActedOn, Created, TaskList, TaskLog, TaskTimeline
from .field_bodies import TaskBody
from .health_bodies import Alive, Health
from .overview_bodies import WorkerList
from .problem_bodies import Conflict, Invalid, Problem, Undone
from .workflow_bodies import WorkflowBody, WorkflowList

Route = dict[str, Any]
Answers = dict[int | str, dict[str, Any]]


def _answer(description: str, model: type[BaseModel]) -> dict[str, Any]:
    return {"description": description, "model": model}


_INVALID: Answers = {422: _answer("The request is invalid; nothing was changed.", Invalid)}
_AWAY: Answers = {
    503: _answer(
        "The store does not answer, or other writers were first each time; try again after "
        "Retry-After seconds.",
        Problem,
    )
}
_UNKNOWN: Answers = {404: _answer("There is no such task.", Problem)}
_REFUSED: Answers = {
    409: _answer("The task's status does not allow it, or a worker runs it.", Conflict)
}
_STREAM: Answers = {
    200: {
        "description": "The updates.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}
_FORBIDDEN: Answers = {
    401: _answer("No token was sent, or one that is not known.", Problem),
    403: _answer(
        "The token may not do this, a page of another origin asks, or the Host is not this "
        "service's.",
        Problem,
    ),
}
_LIMITED: Answers = {
    429: _answer(
        "The client is above one of its limits; try again after Retry-After seconds.",
        Problem,
    )
}
_NOT_OURS: Answers = {403: _answer("The Host is not this service's.", Problem)}
_FORM: Answers = {415: _answer("The body is of a form's type.", Problem)}
_LARGE: Answers = {413: _answer("The body, or the record it would make, is too large.", Problem)}


def _route(summary: str, description: str, answers: Answers) -> Route:
    return {
        "summary": summary,
        "description": description,
        "response_class": Response,
        "response_model": None,
        "responses": answers,
    }


CREATE = _route(
    "Create a task",
    "Makes a record for work outside Celery, or ahead of `apply_async(task_id=…)`, whose task then "
    "adopts it.",
    {201: _answer("Created.", Created)}
    | _FORBIDDEN | _LARGE | _FORM | _INVALID | _LIMITED | _AWAY,
)  # fmt: skip
UPDATE = _route(
    "Update a task's progress",
    "Records figures, text and status in one step. A task that has ended changes no more. One that "
    "a living worker runs ends with its run, or by `force`. The id of a workflow that is no task's "
    "pauses or resumes the workflow.",
    {200: _answer("Recorded; the task now.", TaskBody)}
    | _FORBIDDEN | _UNKNOWN | _REFUSED | _LARGE | _FORM | _INVALID | _LIMITED | _AWAY,
)  # fmt: skip
STATUS = _route(
    "Read a task",
    "The whole record. With If-None-Match the answer is 304 while nothing has changed. The id of a "
    "workflow that is no task's is answered with the workflow as a task: its `task_type` is "
    "`workflow`, its progress counts tasks. With `Accept: text/html` (and not as a page that is "
    "opened in a browser) the answer is a piece of HTML.",
    _FORBIDDEN
    | {
        200: _answer("The task.", TaskBody)
        | {"headers": {"ETag": {"schema": {"type": "string"}, "description": "Of this state."}}},
        304: {"description": "Nothing has changed."},
    }
    | _UNKNOWN | _INVALID | _AWAY,
)  # fmt: skip
EVENTS = _route(
    "Follow a task",
    "Server-sent events: the current state, then each update, until an end is final. An event's "
    "data is the WebSocket's message, its id the record's revision.",
    _STREAM
    | {204: {"description": "The task has ended for good with the event that Last-Event-ID names."}}
    | _FORBIDDEN | _UNKNOWN | _INVALID | _LIMITED | _AWAY,
)  # fmt: skip
LOG = _route(
    "Read the log of a task",
    "What the job has written by `progress.log()` or a `ProgressLogHandler`: the newest 22 KiB of "
    "lines, the newest last. Ids that are missing are of lines that are gone. With `Accept: "
    "text/event-stream` the log is followed to the task's end: a line an event, with its id; "
    "`dropped` where lines are gone, and `end` at last.",
    {
        200: _answer("The lines.", TaskLog),
        204: {"description": "The task has ended for good; no line came after Last-Event-ID."},
    }
    | _FORBIDDEN | _UNKNOWN | _INVALID | _LIMITED | _AWAY,
)  # fmt: skip
TIMELINE = _route(
    "Read what happened to a task",
    "Its starts, retries, phases and ends, who asked for what and why, and what was out of the "
    "ordinary, the oldest first; how many entries are gone, of which the newest 12 KiB are kept, "
    "about a hundred; and how far its newest attempts were when, 64 points at most.",
    {200: _answer("What happened.", TaskTimeline)}
    | _FORBIDDEN | _UNKNOWN | _INVALID | _LIMITED | _AWAY,
)  # fmt: skip
CANCEL = _route(
    "Cancel a task",
    "A queued task never begins; a running one ends at its next progress update, or at once with "
    "`terminate`, which needs the broker and Celery's remote control. The id of a workflow that "
    "is no task's cancels the workflow.",
    {200: _answer("Cancelled; the task now.", TaskBody)}
    | _FORBIDDEN | _UNKNOWN | _REFUSED | _LARGE | _FORM | _INVALID | _LIMITED
    | {503: _answer("Store or broker does not answer; detail has what was done.", Undone)},
)  # fmt: skip
ACT = _route(
    "Act on many tasks",
    "Cancels, pauses or resumes the tasks that are named, each as if it was asked for alone: with "
    "the caller's right to it, and an audit line of its own. A task that refuses it keeps no other "
    "from it.",
    {200: _answer("Asked.", ActedOn)}
    | _FORBIDDEN | _LARGE | _FORM | _INVALID | _LIMITED | _AWAY,
)  # fmt: skip
LIST = _route(
    "List tasks",
    "Newest first unless `sort` says otherwise, filtered by any combination of status, task_type "
    "and symbol, or by workflow_id, owner or warning, alone or with status; the summary counts all "
    "tasks, or the workflow's, or the owner's. created_from, created_to and sort=running go with "
    "each of these, but sort=running not with status; sort=ended goes with status completed, error "
    "or cancelled, or alone, and so do `id_prefix` and `top`. Any other two are a 422 that names "
    "them, unless the caller's token names one of them: owner, task_type, symbol, warning and "
    "id_prefix go with the owner and type of a token. Without an index of both, tasks are looked "
    "through: total is null, there may be fewer rows, and a `cursor` where there may be more. "
    "`top=true` lists what nothing else started: tasks that are no workflow's member, and one row "
    "for each outermost workflow (of a Redis Cluster the newest 1,000), at the same cost whatever "
    "the size of workflows. A row whose results, processing_details and metadata have more than "
    "1 KiB together omits them and names them in `omitted`; `fields=all` sends all. gzip where "
    "Accept-Encoding asks for it.",
    {200: _answer("One page.", TaskList)}
    | _FORBIDDEN | _INVALID | _AWAY,
)  # fmt: skip
WORKFLOW = _route(
    "Read a workflow",
    "One status for all tasks that a chain, group or chord starts, computed from the counts of its "
    "members; the read costs the same for ten of them as for 100,000. With If-None-Match the "
    "answer is 304 while nothing has changed.",
    _FORBIDDEN
    | {
        200: _answer("The workflow.", WorkflowBody)
        | {"headers": {"ETag": {"schema": {"type": "string"}, "description": "Of this state."}}},
        304: {"description": "Nothing has changed."},
        404: _answer("There is no such workflow.", Problem),
    }
    | _INVALID | _AWAY,
)  # fmt: skip
WORKFLOW_EVENTS = _route(
    "Follow a workflow",
    "Server-sent events: the current state, then updates, four a second at most, until an end is "
    "final. An event's data is the WebSocket's message, its id grows with the record's revision.",
    _STREAM
    | {204: {"description": "It has ended for good with the event that Last-Event-ID names."}}
    | {404: _answer("There is no such workflow.", Problem)}
    | _FORBIDDEN | _INVALID | _LIMITED | _AWAY,
)  # fmt: skip
WORKFLOWS = _route(
    "List workflows",
    "Newest first, each from the counts of its members, without failures. The list of a Redis "
    "Cluster has the newest 1,000. gzip where Accept-Encoding asks for it.",
    {200: _answer("One page.", WorkflowList)}
    | _FORBIDDEN | _INVALID | _AWAY,
)  # fmt: skip
_NO_WORKFLOW: Answers = {404: _answer("There is no such workflow.", Problem)}
_WORKFLOW_REFUSED: Answers = {
    409: _answer("The workflow has ended, or is being cancelled.", Conflict)
}
WORKFLOW_UPDATE = _route(
    "Pause or resume a workflow",
    "Once it is answered, no member begins that is to wait; those that run wait at their next "
    "progress update. The records follow in steps, behind the answer.",
    {200: _answer("Recorded; the workflow now.", WorkflowBody)}
    | _FORBIDDEN | _NO_WORKFLOW | _WORKFLOW_REFUSED | _LARGE | _FORM | _INVALID | _LIMITED | _AWAY,
)  # fmt: skip
WORKFLOW_CANCEL = _route(
    "Cancel a workflow",
    "Once it is answered, no member begins; those that run end at their next progress update. The "
    "records follow in steps, behind the answer: until all have ended, the status is cancelled and "
    "`final` is false.",
    {200: _answer("Cancelled; the workflow now.", WorkflowBody)}
    | _FORBIDDEN | _NO_WORKFLOW | _WORKFLOW_REFUSED | _LARGE | _FORM | _INVALID | _LIMITED | _AWAY,
)  # fmt: skip
WORKERS = _route(
    "List workers",
    "Each Celery worker that tracks tasks, by the lease that it renews: its last sign of life, and "
    "up to 20 of the tasks that it runs. One that has shut down, or was found dead, is listed "
    "until it holds none. A token that is limited to a type or an owner gets 403.",
    {200: _answer("The workers.", WorkerList)}
    | _FORBIDDEN | _INVALID | _AWAY,
)  # fmt: skip
HEALTH = _route(
    "Health of the service",
    "Whether the service, its store and its subscription work.",
    _NOT_OURS
    | {
        200: _answer("It works.", Health),
        503: _answer(
            "The store or the subscription does not answer.",
            Health,
        ),
    },
)
LIVE = _route(
    "Whether the process answers",
    "Checks nothing else: to decide about a restart.",
    _NOT_OURS | {200: _answer("It does.", Alive)},
)
METRICS = _route(
    "Figures for Prometheus",
    "Tasks by status, store, watchers, updates, requests by route, and this process.",
    _FORBIDDEN
    | {
        200: {
            "description": "In Prometheus's text format, or OpenMetrics.",
            "content": {"text/plain": {"schema": {"type": "string"}}},
        }
    },
)
