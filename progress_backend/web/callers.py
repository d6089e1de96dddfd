"""Who sends a request, and whether it may do what it asks for: by a bearer token, or by the address
at which the request came in.

With tokens configured each request needs one, also on loopback, where a proxy's requests come from.
Without any, only a server that this machine alone reaches answers.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from starlette.types import Scope

from ..settings import Settings
from ..tokens import Token, Tokens
from . import rights
from .access import Bound, is_loopback
from .rights import EVERYBODY, Action, Caller, Refusal, Resource

#: Subprotocol that a socket with a token is accepted with, and what the token's own begins with: a
#: browser's WebSocket can send no other header.
SUBPROTOCOL: Final = "progress-backend"
TOKEN_PROTOCOL: Final = "token."  # noqa: S105 - no token
#: Seconds between two looks at whether a stream's token still counts.
LOOK_S: Final = 2.0
HINT: Final = (
    "no tokens are configured, so that only this machine is answered: make one with "
    "`progress-backend token new NAME`, or let the application that includes the router say "
    "app.state.progress_trusted = True"
)
_BEARER: Final = "bearer "
#: Key in a scope of the caller whose request has passed.
_CALLER: Final = "progress_backend.caller"
#: Server addresses whose check is cached.
_REMEMBERED: Final = 256

#: Reads a task's record; None if there is none.
ReadRecord = Callable[[str], Awaitable[bytes | None]]


class Callers:
    """The callers of one application, under its settings.

    `trusted`: a request without a token passes wherever it came in, unless tokens are configured.
    """

    def __init__(
        self, settings: Settings, bound: Bound | None = None, *, trusted: bool = False
    ) -> None:
        """Reads the tokens.

        Raises:
            SettingsError: a token's line cannot be used, or the file of tokens cannot be read.
        """
        self.tokens: Final = tokens_of(settings)
        self._trusted = trusted
        self._bound = bound
        #: Whether no request is asked for anything: the answer for every request is the same.
        self.open: Final = not self.tokens.configured and (
            trusted or (bound is not None and is_loopback(bound.address))
        )
        self._is_near = lru_cache(_REMEMBERED)(_is_near)

    def passes_unasked(self, scope: Scope) -> bool:
        """Whether a request passes without a look at it: for the short path."""
        return self.open or (
            not self.tokens.configured and self._bound is None and self._is_near(scope["server"])
        )

    def read_at_once(self, scope: Scope, resource: Resource) -> bool:
        """Whether a read passes, and needs neither a record nor a narrower list for that: for the
        short path. The routes ask about all others."""
        if self.passes_unasked(scope):
            return True
        caller = self._of(scope)
        return (
            isinstance(caller, Caller)
            and not rights.needs_record(caller, resource)
            and rights.narrowed(caller, resource) == resource
            and rights.refusal(caller, "read", resource) is None
        )

    async def refusal(
        self, scope: Scope, action: Action, resource: Resource, record: ReadRecord
    ) -> Refusal | None:
        """The refusal of a request or socket; None if it passes, and its caller is in the scope
        from then on. A list is narrowed to what its caller may see.

        Raises:
            StoreUnavailable: a record that decides cannot be read.
        """
        if self.passes_unasked(scope):
            return None
        caller = self._of(scope)
        if isinstance(caller, Refusal):
            return caller
        scope[_CALLER] = caller
        if rights.needs_record(caller, resource):
            resource = _described(resource, await record(str(resource.id)), caller)
        elif (narrower := rights.narrowed(caller, resource)) is not resource:
            resource = narrower
            _narrow(scope, str(resource.task_type))
        return rights.refusal(caller, action, resource)

    def watch(self, scope: Scope, over: Callable[[], None]) -> Callable[[], None]:
        """Calls `over` once the token of a stream's caller does not count any more; the function
        that is returned ends that. A stream without a token costs nothing."""
        text = presented(scope)
        token = None if text is None or self.passes_unasked(scope) else self.tokens.find(text)
        if token is None:
            return _nothing
        return _TokenLook(self.tokens, token, over).stop

    def _of(self, scope: Scope) -> Caller | Refusal:
        if not self.tokens.configured:
            return Refusal(403, HINT)
        text = presented(scope)
        if text is None:
            return Refusal(401, "send a token: Authorization: Bearer TOKEN")
        token = self.tokens.find(text)
        return Refusal(401, "this token is not known here") if token is None else _caller(token)


class _TokenLook:
    """Looks every few seconds at whether a stream's token still counts."""

    __slots__ = ("_over", "_timer", "_token", "_tokens")

    def __init__(self, tokens: Tokens, token: Token, over: Callable[[], None]) -> None:
        self._tokens = tokens
        self._token = token
        self._over = over
        self._timer = self._later()

    def stop(self) -> None:
        """Looks no more."""
        self._timer.cancel()

    def _later(self) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(LOOK_S, self._look)

    def _look(self) -> None:
        if self._tokens.still(self._token):
            self._timer = self._later()
        else:
            self._over()


def caller_of(scope: Scope) -> Caller:
    """The caller of a request that has passed."""
    caller: Caller = scope.get(_CALLER, EVERYBODY)
    return caller


def presented(scope: Scope) -> str | None:
    """The token that a request or socket has sent; None if it has sent none."""
    for name, value in scope["headers"]:
        if name == b"authorization":
            text = value.decode("latin-1")
            if text[: len(_BEARER)].lower() == _BEARER:
                return str(text[len(_BEARER) :].strip())
    for protocol in scope.get("subprotocols") or ():
        if protocol.startswith(TOKEN_PROTOCOL):
            return str(protocol[len(TOKEN_PROTOCOL) :])
    return None


def subprotocol(scope: Scope) -> str | None:
    """The subprotocol that a socket is accepted with; never the one that is a token."""
    return SUBPROTOCOL if SUBPROTOCOL in (scope.get("subprotocols") or ()) else None


def tokens_of(settings: Settings) -> Tokens:
    """The tokens of the settings.

    Raises:
        SettingsError: a token's line cannot be used, or the file of tokens cannot be read.
    """
    path = Path(settings.tokens_file) if settings.tokens_file else None
    return Tokens(settings.tokens, path)


def _caller(token: Token) -> Caller:
    return Caller(token.name, writes=token.role == "write", task_type=token.task_type)


def _described(resource: Resource, document: bytes | None, caller: Caller) -> Resource:
    """A task with what its record says of its type and workflows."""
    try:
        record: Any = json.loads(document or b"{}")
        within = record.get("workflow") or {}
        workflows = (within.get("id"), within.get("canvas"))
        task_type = record.get("task_type")
    except (ValueError, AttributeError):  # somebody else's value: the route says so
        return resource
    shared = caller.only.id if caller.only is not None else None
    of = shared if shared in workflows else None
    return Resource(resource.kind, resource.id, task_type, of)


def _narrow(scope: Scope, task_type: str) -> None:
    """Limits the query of a list to a task type."""
    query = scope["query_string"]
    limit = f"task_type={quote(task_type, safe='')}".encode()
    scope["query_string"] = query + b"&" + limit if query else limit


def _is_near(server: tuple[str, int | None] | None) -> bool:
    """Whether a server address is reached from this machine alone: a loopback address, or a Unix
    socket, which has no port."""
    return server is not None and (server[1] is None or is_loopback(server[0]))


def _nothing() -> None:
    return
