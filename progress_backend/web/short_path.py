"""The short path: the most frequent requests (a status of a task or workflow, a task's socket, the
list), answered before FastAPI's routing.

Finding a route and its parameters takes FastAPI longer than all other steps of a read, and a third
of the time of opening a socket; after a restart every client reconnects at once. A request that is
no plain read, is from another origin's page, or whose caller may not or sees a part of the tasks
alone, goes on to the routes, which answer alike.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from time import perf_counter
from typing import Any, Final

from pydantic import ValidationError
from starlette.datastructures import QueryParams
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from ..errors import ProgressError
from ..record.default_texts import Locale, wished
from . import fragment
from .openapi.parameters import is_task_id
from .openapi.queries import ListQuery
from .push.websockets import watch_task
from .request_token import take_query_token
from .rights import Resource
from .route_table import listed
from .state import api_in
from .strict_route import answer, failed
from .tasks import list_of, status_of
from .workflows import workflow_of

logger = logging.getLogger(__name__)

_LIST: Final = "/internal/tasks"
_HEAD: Final = "/internal/task/"
_TAIL: Final = "/status"
_SOCKET: Final = "/internal/ws/task/"
#: The status routes' names in the metrics.
_STATUS: Final = f"{_HEAD}{{task_id}}{_TAIL}"
_WORKFLOW: Final = "/internal/workflow/"
_FIGURES: Final = f"{_WORKFLOW}{{workflow_id}}{_TAIL}"

#: The route, the function that answers it, its arguments, and what it reads.
Found = tuple[str, Callable[..., Coroutine[Any, Any, Response]], tuple[Any, ...], Resource]


class ShortPath:
    """The innermost middleware of an application of ours: what others add comes before it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request that it knows; all others go on to FastAPI."""
        if scope["type"] != "lifespan":
            take_query_token(scope)
        if scope["type"] == "websocket":
            await self._open(scope, receive, send)
            return
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        found = _found(scope, headers)
        api = None if found is None else api_in(scope)
        if (
            found is None
            or api is None
            or not api.access.is_plain(scope, headers)
            or not api.callers.read_at_once(scope, found[-1])
        ):
            await self._app(scope, receive, send)
            return
        began = perf_counter()
        route, answering, asked, _ = found
        try:
            response = await answering(api, *asked)
        except ProgressError as error:
            response = answer(error)
        except Exception:
            logger.exception("GET %s failed", route)
            response = failed()
        api.measured.request("GET", route, response.status_code, perf_counter() - began)
        response.raw_headers += api.access.marks
        await response(scope, receive, send)

    async def _open(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves a socket of one task."""
        path: str = scope["path"].removeprefix(scope.get("root_path", ""))
        if path.startswith(_SOCKET):
            await watch_task(WebSocket(scope, receive, send), path[len(_SOCKET) :])
        else:
            await self._app(scope, receive, send)


def _found(scope: Scope, headers: dict[bytes, bytes]) -> Found | None:
    """The route that a GET is for, and what answers it; None leaves it to FastAPI."""
    path: str = scope["path"].removeprefix(scope.get("root_path", ""))
    if b"accept" in headers and fragment.asked_for(headers):
        return None
    if path.startswith(_HEAD) and path.endswith(_TAIL):
        task_id = path[len(_HEAD) : -len(_TAIL)]
        if is_task_id(task_id) and b"fields" not in scope["query_string"]:
            return _STATUS, status_of, (task_id, *_asked(headers)), Resource("task", task_id)
    elif path.startswith(_WORKFLOW) and path.endswith(_TAIL):
        workflow_id = path[len(_WORKFLOW) : -len(_TAIL)]
        if is_task_id(workflow_id):
            read = Resource("workflow", workflow_id)
            return _FIGURES, workflow_of, (workflow_id, *_asked(headers)), read
    elif path == _LIST and (query := _query(scope)) is not None:
        return _LIST, list_of, (query, _asked(headers)[1]), listed(scope)
    return None


def _asked(headers: dict[bytes, bytes]) -> tuple[str | None, Locale | None]:
    """The If-None-Match header, and the language of Accept-Language."""
    tag, language = headers.get(b"if-none-match"), headers.get(b"accept-language")
    return (
        None if tag is None else tag.decode("latin-1"),
        None if language is None else wished(language.decode("latin-1")),
    )


def _query(scope: Scope) -> ListQuery | None:
    """What is asked of the list; None if it cannot be, or a name comes twice."""
    given = QueryParams(scope["query_string"]).multi_items()
    values = dict(given)
    if len(values) < len(given):
        return None
    try:
        return ListQuery.model_validate(values)
    except ValidationError:
        return None
