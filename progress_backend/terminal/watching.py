"""`progress_backend.watch(id)`: a live bar of a task or workflow for whoever has its id, in a
terminal or a notebook."""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from celery import Celery, current_app

from ..errors import SettingsError
from ..record.model import Task
from ..record.task_json import task_of
from ..tracking.tracker import settings_of
from .opening import opened
from .readers import Reader, TasksReader, WorkflowReader, follow, is_workflow
from .rows import RecordRow
from .shows import show_here

if TYPE_CHECKING:
    from celery.result import AsyncResult, GroupResult

#: Seconds between two reads at least.
_LEAST_S: Final = 0.05


def watch(
    result_or_id: AsyncResult[Any] | GroupResult | str,
    app: Celery | None = None,
    *,
    url: str | None = None,
    token: str | None = None,
    timeout: float | None = None,
    interval: float = 0.5,
) -> Task:
    """Shows a task or workflow with a live bar until it has ended, and returns its record, the
    same as `GET /internal/task/{task_id}/status` returns.

    It works in any process that can connect to Redis or to an API: a script, a shell, or a
    notebook, where it updates the cell. Without a terminal it prints one line for each change. The
    bar needs the extra `cli` (rich). A failed or cancelled task raises no exception: read `status`.
    Ctrl-C ends the call, not the task. The call blocks; asyncio code uses
    `await asyncio.to_thread(watch, …)`.

    Args:
        result_or_id: what `apply_async` returned, or its `id`; of a chain, group or chord its
            members are shown too.
        app: the Celery app, for the URL of Redis; the default is the result's app, or Celery's
            current app. Without `install(app)` its configuration and the environment
            (`PROGRESS_REDIS_URL`) have the URL.
        url: address of an API, such as "http://127.0.0.1:8004", which is read instead of the store.
        token: token for the API; the default is the environment's `PROGRESS_TOKEN`.
        timeout: seconds after which it stops; None: it stops when the task has ended.
        interval: seconds between two reads, at least 0.05.

    Raises:
        TypeError: the argument is neither a result nor an id.
        TaskNotFound: no record and no workflow has the id, or none has had it for a minute.
        TimeoutError: it has not ended after `timeout`.
        SettingsError: no Redis is configured, or the API requires another token.
        StoreUnavailable: Redis or the API did not reply at first, or for a minute.
    """
    its_id = _id_of(result_or_id)
    app = app or getattr(result_or_id, "app", None) or current_app
    settings = settings_of(app)
    if url is None and settings.redis_url is None:
        raise SettingsError(
            "watch() reads the store of an app or of PROGRESS_REDIS_URL, or the API of url=…: "
            "none of them is given"
        )
    token = token or os.environ.get("PROGRESS_TOKEN")
    with opened(settings, app, url, token) as source, show_here(source.locale) as show:
        reader: Reader = TasksReader(source, [its_id])
        if is_workflow(source, its_id):
            reader = WorkflowReader(source, its_id)
        within = math.inf if timeout is None else timeout
        pause = max(interval, _LEAST_S)
        view = follow(reader.read, show.show, pause, until_ended=True, timeout=within)
        show.final(view)
        body = source.task(its_id)
    # It may have been cleaned up since.
    return task_of(view.watched[0] if body is None else RecordRow.of(body))


def _id_of(result_or_id: Any) -> str:
    if isinstance(result_or_id, (str, UUID)):
        return str(result_or_id)
    its_id = getattr(result_or_id, "id", None)
    if its_id is None:
        raise TypeError(
            "watch() takes what apply_async returned, or its id, not "
            f"{type(result_or_id).__name__}: several tasks are watched one after the other, or as "
            "a group"
        )
    return str(its_id)
