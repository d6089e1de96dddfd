"""`progress_backend.watch(id)`: a live bar of a task or workflow for whoever has its id, in a
terminal or a notebook."""

from __future__ import annotations

import math
import os
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from celery import Celery, current_app

from ..errors import SettingsError
from ..record import task_json
from ..record.model import Task
from ..record.workflow_as_task import as_task
from ..settings import Settings
from ..store.drivers import Store
from ..tracking.tracker import settings_of
from .api_client import ApiClient
from .api_source import ApiSource
from .following import Reader, follow
from .language import in_the_terminals_language
from .shows import show_here
from .source import Source
from .store_source import StoreSource
from .view import Choice, TaskReader
from .workflow_view import WorkflowReader

if TYPE_CHECKING:
    from celery.result import AsyncResult, GroupResult

#: Seconds of one read at most.
_READ_S: Final = 3.0
#: Seconds between two reads at least.
_LEAST_S: Final = 0.05
#: Members of a workflow that are shown at most.
_MEMBERS: Final = 50


def watch(
    result_or_id: AsyncResult[Any] | GroupResult | str,
    app: Celery | None = None,
    *,
    url: str | None = None,
    token: str | None = None,
    timeout: float | None = None,
    interval: float = 0.5,
) -> Task:
    """Shows a task or workflow with a live bar until it has ended, and returns its record, which is
    what `GET /internal/task/{task_id}/status` of the id has.

    It may run in any process that reaches the store or an API: a script, a shell, a notebook, whose
    cell is drawn anew in place. Where there is no terminal it prints a line a change; the bar needs
    the extra `cli` (rich). A task that was not completed raises nothing: look at `status`. Ctrl-C
    ends the watching and leaves the task alone. The call blocks; in asyncio code it is
    `await asyncio.to_thread(watch, …)`.

    Args:
        result_or_id: what `apply_async` returned, or its `id`; of a chain, group or chord its
            members are shown too.
        app: the Celery app whose settings name the store; the result's own, or Celery's current
            app, unless given. Without `install(app)` its configuration and the environment
            (`PROGRESS_REDIS_URL`) name it.
        url: address of an API, such as "http://127.0.0.1:8004", which is read instead of the store.
        token: token for the API; the environment's `PROGRESS_TOKEN` unless given.
        timeout: seconds for which it watches at most; None for as long as it takes.
        interval: seconds between two reads, at least 0.05.

    Raises:
        TypeError: it is given neither a result nor an id.
        TaskNotFound: no record and no workflow has the id, or none has had it for a minute.
        TimeoutError: it has not ended after `timeout`.
        SettingsError: there is no store, or the API asks for another token.
        StoreUnavailable: the store or the API did not answer at first, or for a minute.
    """
    its_id = _id_of(result_or_id)
    app = app or getattr(result_or_id, "app", None) or current_app
    settings = in_the_terminals_language(settings_of(app), app)
    with ExitStack() as stack:
        source = stack.enter_context(_opened(settings, url, token))
        show = show_here(settings.locale)
        stack.enter_context(show)
        reader: Reader = TaskReader(source, settings.locale, Choice((its_id,)))
        if of_workflow := _is_workflow(source, its_id):
            reader = WorkflowReader(source, its_id, _MEMBERS, settings.locale)
        within = math.inf if timeout is None else timeout
        view = follow(reader, show, max(interval, _LEAST_S), until_ended=True, timeout=within)
        show.final(view)
        document = source.task(its_id)
        if document is None and of_workflow and (found := source.workflow(its_id)) is not None:
            document = as_task(found)
    if document is None:  # it was cleaned up since
        return view.watched[0]
    return task_json.decode(document)


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


def _is_workflow(source: Source, its_id: str) -> bool:
    try:
        return source.workflow(its_id) is not None
    except SettingsError:  # a token for this task alone
        return False


def _opened(settings: Settings, url: str | None, token: str | None) -> Source:
    """The API at the URL, or the store of the settings.

    Raises:
        SettingsError: there is neither a store nor an API.
    """
    if url is not None:
        return ApiSource(ApiClient(url, _READ_S, token or os.environ.get("PROGRESS_TOKEN") or None))
    if settings.redis_url is None:
        raise SettingsError(
            "watch() reads the store of an app or of PROGRESS_REDIS_URL, or the API of url=…: "
            "none of them is given"
        )
    store = Store(settings, _READ_S)
    store.ready()
    return StoreSource(store)
