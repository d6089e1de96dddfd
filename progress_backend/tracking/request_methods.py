"""Patches the methods of Celery's request that send `task_failure` without the request: for time
limits, and before Celery 5.7 for dead children."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any

#: By Celery's documentation a task's own request class overrides these methods.
METHODS = ("on_timeout", "on_failure")


class _ThreadRequest(threading.local):
    #: The request with the method that this thread runs.
    request: Any = None


_current = _ThreadRequest()


def watch_requests() -> None:
    """Patches the methods, once per process: a worker's main process calls them."""
    from celery.worker.request import Request  # a publisher never needs it

    for name in METHODS:
        method = getattr(Request, name)
        if not hasattr(method, "__wrapped__"):
            setattr(Request, name, _noted(method))


def _noted(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def noted(request: Any, *args: Any, **options: Any) -> Any:
        outer, _current.request = _current.request, request
        try:
            return method(request, *args, **options)
        finally:
            _current.request = outer

    return noted


def request_of(task_id: str) -> Any:
    """The context of this task's request, with the tasks that run after it, while one of its
    methods runs in this thread; else None."""
    request = _current.request
    return None if request is None or request.id != task_id else request._context
