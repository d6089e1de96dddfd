"""The application, and the router in another one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from fastapi import FastAPI

from progress_backend.settings import Settings
from progress_backend.web import create_app, router
from tests.waiting import eventually
from tests.web.conftest import StartApi


def test_the_router_in_an_application_of_ones_own(start_api: StartApi, redis_url: str) -> None:
    """Its guard and its rights: test_guard and test_rights_matrix."""
    opened: list[str] = []

    @asynccontextmanager
    async def own_lifespan(app: FastAPI) -> AsyncIterator[None]:
        opened.append("own")
        yield
        opened.append("closed")

    own = FastAPI(lifespan=own_lifespan)
    own.state.progress_settings = Settings(redis_url=redis_url)
    own.include_router(router, prefix="/progress")
    own.include_router(router, prefix="/old/address")
    api = start_api(own)
    # The library's errors need no handler of the application.
    for prefix in ("progress", "old/address"):
        assert api.http.get(f"/{prefix}/internal/task/nope/status").status_code == 404
    assert api.http.post("/progress/internal/create-task", json={}).status_code == 422
    api.stop()
    assert opened == ["own", "closed"]
    assert not hasattr(own.state, "progress")


def test_a_mounted_application_without_its_lifespan_says_what_to_do(
    start_api: StartApi, redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    outer = FastAPI()
    outer.mount("/progress", create_app(Settings(redis_url=redis_url)))
    assert start_api(outer).http.get("/progress/internal/tasks").status_code == 500
    eventually(lambda: "enter progress_backend.web.lifespan(app)" in caplog.text)
