"""An API for the commands, and apps without the tasks of other tests."""

from __future__ import annotations

import pytest
from celery import _state

from tests.web.conftest import start_api

__all__ = ["start_api"]


@pytest.fixture(autouse=True)
def no_shared_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    """An app that a command loads has Celery's own tasks and its own: those that other tests have
    shared with all apps of the process are none of them."""
    own = {each for each in _state._on_app_finalizers if each.__module__ == "celery.app.builtins"}
    monkeypatch.setattr(_state, "_on_app_finalizers", own)
