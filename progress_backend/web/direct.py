"""GET …/task/{task_id}/status, answered before FastAPI's routing.

Polling clients ask for nothing else, and finding the route and its parameters takes FastAPI longer
than all the rest of a read. Whatever is not a plain read of a task goes on to the route, which
answers alike.
"""

from __future__ import annotations

from time import perf_counter
from typing import Final

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from ..errors import ProgressError
from .schemas import is_task_id
from .state import api_of
from .strict import answer
from .tasks import status_of

_HEAD: Final = "/internal/task/"
_TAIL: Final = "/status"
#: The route's name in what is measured.
_ROUTE: Final = f"{_HEAD}{{task_id}}{_TAIL}"


class DirectStatus:
    """The innermost middleware of an application of ours: what others add comes before it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "GET":
            path: str = scope["path"].removeprefix(scope.get("root_path", ""))
            if path.startswith(_HEAD) and path.endswith(_TAIL):
                task_id = path[len(_HEAD) : -len(_TAIL)]
                if is_task_id(task_id):
                    await _answer(task_id, scope, receive, send)
                    return
        await self._app(scope, receive, send)


async def _answer(task_id: str, scope: Scope, receive: Receive, send: Send) -> None:
    began = perf_counter()
    api = api_of(HTTPConnection(scope))
    known = next((value for name, value in scope["headers"] if name == b"if-none-match"), None)
    try:
        response = await status_of(api, task_id, None if known is None else known.decode("latin-1"))
    except ProgressError as error:
        response = answer(error)
    api.measured.request("GET", _ROUTE, response.status_code, perf_counter() - began)
    await response(scope, receive, send)
