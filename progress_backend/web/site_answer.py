"""What a site's own `authorize` says of a request: for its sessions, where tokens do not know."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.types import Scope

from ..record.model import MAX_OWNER, is_plain
from ..store.outage_log import OneAMinute
from .rights import Action, Refusal, Resource

logger = logging.getLogger(__name__)
_failed, _wrong = OneAMinute(), OneAMinute()

#: Threads in which a function that is not async runs, of each event loop. They are its own: the
#: framework's are those of the site's other functions, which a slow one would hold up.
THREADS: Final = 40
_threads: RunVar[CapacityLimiter | None] = RunVar("progress_authorize_threads", None)

#: A site's function: whether a request may do this to that. It returns True, or the only owner with
#: tasks that it may see and change, else the request is refused; it may also raise HTTPException or
#: PermissionError.
Authorize = Callable[[HTTPConnection, Action, Resource], bool | str | Awaitable[bool | str]]


async def answer_of_site(
    authorize: Authorize, scope: Scope, action: Action, resource: Resource
) -> Refusal | str | None:
    """The refusal of a request or socket by the site; None if it passes, or the owner to which it
    is limited. A function that is not async runs in a thread, since it may read a database. Clients
    get no traceback of its exception, and any other result permits nothing."""
    request = HTTPConnection(scope)
    try:
        answer: Any
        if inspect.iscoroutinefunction(authorize):
            answer = await authorize(request, action, resource)
        else:
            if (threads := _threads.get()) is None:
                _threads.set(threads := CapacityLimiter(THREADS))
            call = partial(authorize, request, action, resource)
            answer = await to_thread.run_sync(call, limiter=threads)
            if inspect.isawaitable(answer):
                answer = await answer
    except HTTPException as error:
        return Refusal(401 if error.status_code == 401 else 403, str(error.detail))
    except PermissionError:
        answer = False
    except Exception:  # a fault of the site's function is none of the client's
        if _failed.passes():
            logger.exception("authorize failed for %s of a %s", action, resource.kind)
        return Refusal(403, "the caller could not be checked; the service's log has the reason")
    if answer is True:
        return None
    if isinstance(answer, str) and 1 <= len(answer) <= MAX_OWNER and is_plain(answer):
        return answer
    no = answer is False or answer is None or (isinstance(answer, str) and not answer)
    if not no and _wrong.passes():
        logger.error(
            "authorize returned %s; return True, False or the owner as a string", _kind(answer)
        )
    return Refusal(403, "the site does not allow this")


def _kind(answer: object) -> str:
    """What a wrong answer is, without the answer itself: it may be a whole user."""
    if isinstance(answer, str):
        return f"a text that cannot be an owner (1 to {MAX_OWNER} printable characters)"
    return type(answer).__name__
