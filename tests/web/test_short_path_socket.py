"""Sockets of a task open alike, whichever way they came."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import websockets
from fastapi import FastAPI

from progress_backend.settings import Settings
from progress_backend.web import create_app, router
from tests.records import Records
from tests.web.conftest import StartApi
from tests.web.mounting import mounted
from tests.web.test_websockets import closed, said


def below(settings: Settings) -> tuple[FastAPI, str]:
    """The application below a path of another one."""
    return mounted(settings, "/progress"), "/progress"


def included(settings: Settings) -> tuple[FastAPI, str]:
    """The router in an application of somebody's own: FastAPI finds the way."""
    own = FastAPI()
    own.state.progress_settings = settings
    own.include_router(router)
    return own, ""


@pytest.mark.parametrize("made", [below, included])
async def test_a_socket_opens(
    start_api: StartApi, redis_url: str, made: Callable[[Settings], tuple[FastAPI, str]]
) -> None:
    app, prefix = made(Settings(redis_url=redis_url))
    api = start_api(app)
    Records(redis_url).create("a/進 捗")
    base = f"ws://127.0.0.1:{api.port}{prefix}/internal/ws"
    async with websockets.connect(f"{base}/task/a%2F%E9%80%B2%20%E6%8D%97", proxy=None) as one:
        assert (await said(one))["task_id"] == "a/進 捗"
    async with websockets.connect(f"{base}/task/nope", proxy=None) as one:
        assert await closed(one) == 4404
    async with websockets.connect(f"{base}/tasks?status=done", proxy=None) as one:
        assert await closed(one) == 4422
    with pytest.raises(websockets.InvalidStatus, match="403"):
        await websockets.connect(f"{base}/nothing", proxy=None)


async def test_what_others_add_comes_first(start_api: StartApi, redis_url: str) -> None:
    app = create_app(Settings(redis_url=redis_url))

    class Locked:
        def __init__(self, app: Any) -> None:
            self.app = app

        async def __call__(self, scope: Any, receive: Any, send: Callable[..., Awaitable[None]]):
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
            else:
                await self.app(scope, receive, send)

    app.add_middleware(Locked)
    api = start_api(app)
    with pytest.raises(websockets.InvalidStatus, match="403"):
        await api.watch(api.create())
