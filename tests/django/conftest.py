"""The site in the tests' own process, and its worker."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from celery import _state

from tests.conftest import StartWorker
from tests.servers import Worker

SETTINGS = "tests.django.settings"


@pytest.fixture
def site(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The site's Celery app, which is current for a while, in each thread."""
    monkeypatch.setattr(_state, "default_app", None)
    monkeypatch.setattr(_state._tls, "current_app", None)
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", SETTINGS)
    for name in ("CELERY_BROKER_URL", "CELERY_RESULT_BACKEND", "PROGRESS_REDIS_URL"):
        monkeypatch.setenv(name, redis_url)
    import django

    django.setup()
    from tests.django.proj import app

    app.set_default()
    app.finalize()  # from now on it takes what is shared at once, in whichever test
    return app


@pytest.fixture
def start(site: object, start_worker: StartWorker) -> Callable[..., Worker]:
    """Starts the site's worker; arguments as Worker's."""
    env = {"DJANGO_SETTINGS_MODULE": SETTINGS}

    def started(**options: Any) -> Worker:
        return start_worker("tests.django.proj", **{**options, "env": env | options.get("env", {})})

    return partial(started, args=("-Q", "celery,other"))
