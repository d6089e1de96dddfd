"""Reads a task's or a workflow's record for code of the job's side: a view of Django or Flask, a
script, the code that sends a canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from celery import Celery, current_app
from celery.local import Proxy
from msgspec import to_builtins

from ..errors import SettingsError
from ..flows import workflow_bodies
from ..store.drivers import Store
from .tracker import tracker_of

if TYPE_CHECKING:
    from celery.result import AsyncResult, GroupResult

    from ..record.bodies import TaskBody, WorkflowBody


def get_task(app: Celery, task_id: str) -> TaskBody | None:
    """Reads a task's record from the store: the body that `GET /internal/task/{task_id}/status`
    has, as a dictionary; None if there is no such task.

    It is for code without an event loop, such as a view of Django or Flask: one read over a
    connection that the process keeps, 5 s at most.

    Args:
        app: the Celery app that `install` was called with; its settings name the store.
        task_id: Celery's id of the task, `result.id`; that of a group, or of another canvas that
            has no record of its own, gives the workflow as a task.

    Raises:
        SettingsError: `install(app)` was not called, or there is no store.
        StoreUnavailable: the store does not answer.
        ForeignValue: the value that is stored under the id is no record.
    """
    store = _reader(app, "get_task")
    body = store.run(workflow_bodies.task_or_workflow(store.flows, task_id, store.now()))
    return None if body is None else to_builtins(body)


def workflow_status(
    result_or_id: AsyncResult[Any] | GroupResult | str, app: Celery | None = None
) -> WorkflowBody | None:
    """Reads the workflow of a canvas from the store: the body that `GET
    /internal/workflow/{workflow_id}/status` has, as a dictionary; None if there is no such
    workflow.

    It is for code without an event loop: reads over a connection that the process keeps, 5 s at
    most each. In a coroutine `await asyncio.to_thread(workflow_status, result)` does it.

    Args:
        result_or_id: what `apply_async` of the chain, group or chord returned, or its `id`.
        app: the Celery app that `install` was called with; the result's own, or Celery's current
            app, unless given.

    Raises:
        SettingsError: `install(app)` was not called, or there is no store.
        StoreUnavailable: the store does not answer.
    """
    if isinstance(result_or_id, str):
        workflow_id, its_app = result_or_id, current_app
    else:
        workflow_id, its_app = str(result_or_id.id), result_or_id.app
    store = _reader(app or its_app, "workflow_status")
    body = store.run(workflow_bodies.status(store.flows, workflow_id, store.now()))
    return None if body is None else to_builtins(body)


def _reader(app: Celery, name: str) -> Store:
    """The store that this process keeps for the app's reads, its clock measured."""
    if isinstance(app, Proxy):  # celery.current_app, say
        app = app._get_current_object()
    if (tracker := tracker_of(app)) is None:
        raise SettingsError(f"{name} reads the store of an app's settings: call install(app) first")
    store = tracker.reader()
    store.ready()
    return store
