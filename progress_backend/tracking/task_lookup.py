"""Reads a task's record for code without an event loop: a view of Django or Flask, a script."""

from __future__ import annotations

import json
from typing import Any

from celery import Celery
from celery.local import Proxy

from ..errors import SettingsError
from .tracker import tracker_of


def get_task(app: Celery, task_id: str) -> dict[str, Any] | None:
    """Reads a task's record from the store: the body that `GET /internal/task/{task_id}/status`
    has, as a dictionary; None if there is no such task.

    It is for code without an event loop, such as a view of Django or Flask: one read over a
    connection that the process keeps, 5 s at most.

    Args:
        app: the Celery app that `install` was called with; its settings name the store.
        task_id: Celery's id of the task, `result.id`.

    Raises:
        SettingsError: `install(app)` was not called, or there is no store.
        StoreUnavailable: the store does not answer.
        ForeignValue: the value that is stored under the id is no record.
    """
    if isinstance(app, Proxy):  # celery.current_app, say
        app = app._get_current_object()
    if (tracker := tracker_of(app)) is None:
        raise SettingsError(
            "get_task reads the store of an app's settings: call install(app) first"
        )
    store = tracker.reader()
    document = store.run(store.flows.body(task_id))
    if document is None:
        return None
    body: dict[str, Any] = json.loads(store.flows.as_of(document, store.now()))
    return body
