"""Who sends a request, and whether it may do what it asks for: by a bearer token, or because it
comes from this machine.

With tokens configured each request needs one, also from this machine.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Final

from starlette.types import Scope

from ..credentials.share_tokens import Share, ShareTokens
from ..credentials.tokens import Token, Tokens
from ..errors import ForeignValue
from ..record.caller_events import MAX_NAME
from ..record.default_texts import Locale
from ..record.responses import Languages
from ..settings import Settings
from ..store.shown_tasks import Shown
from . import rights
from .access import is_from_here
from .request_token import BEARER, is_shared, presented
from .rights import ANYONE, Action, Caller, Refusal, Resource
from .site_answer import Authorize, answer_of_site

HINT: Final = (
    "no tokens are configured, so only requests from this machine are permitted, and none that a "
    "proxy sends for another: create a token with `progress-backend token new NAME`; or, if a "
    "login in front protects every request, start `progress-backend serve --insecure`, or set "
    "app.state.progress_trusted = True in the application that includes the router"
)
READ_ONLY: Final = Refusal(403, "this service is read-only (PROGRESS_READ_ONLY)")
#: Of stacks and tracebacks; no response has it: these entries are left out.
_UNSEEN: Final = Refusal(403, "")
#: Key in a scope of the caller of a permitted request.
_CALLER: Final = "progress_backend.caller"
#: Seconds between two looks at whether the tokens of open streams still count.
_LOOK_S: Final = 2.0
#: Tokens and share tokens with a cached caller.
_REMEMBERED: Final = 256
_SHARES: Final = 4_096

#: Reads a task; None if there is none.
ReadTask = Callable[[str], Awaitable[Shown | None]]
#: Whether all members of a workflow are one owner's; not where there are none.
AskOwned = Callable[[str, str], Awaitable[bool]]


class Callers:
    """The callers of one application, under its settings.

    `authorize`: the site's own function for requests with an unknown token, or none. `trusted`: a
    request without a token passes wherever it comes from, unless tokens are configured.
    """

    def __init__(
        self, settings: Settings, *, trusted: bool = False, authorize: Authorize | None = None
    ) -> None:
        """Reads the tokens.

        Raises:
            SettingsError: a token's line cannot be used, or the file of tokens cannot be read.
        """
        self.tokens: Final = tokens_of(settings)
        self.shares: Final = ShareTokens(settings.signing_keys)
        self._read_only = settings.read_only
        self._trusted = trusted
        self._authorize = authorize
        #: Whether a request without a token passes, where it comes from this machine.
        self._free = authorize is None and not self.tokens.configured
        self._open = self._free and not self.shares.configured
        #: What ends the open streams of each caller.
        self._streams: dict[Caller, set[Callable[[], None]]] = {}
        #: The next look at their tokens.
        self._next_look: asyncio.TimerHandle | None = None

    def _passes_freely(self, scope: Scope) -> bool:
        return self._free and (self._trusted or is_from_here(scope))

    def is_open_to_all(self, scope: Scope) -> bool:
        """Whether a request passes without a look at its token: no tokens are configured, and it
        comes from this machine. A share token's limits count there too."""
        return self._open and self._passes_freely(scope)

    async def refusal(
        self, scope: Scope, action: Action, resource: Resource, read: ReadTask, owned: AskOwned
    ) -> Refusal | None:
        """The refusal of a request or socket; None if it passes, and its caller is in the scope
        from then on.

        Raises:
            StoreUnavailable: a record that decides cannot be read.
        """
        if self._read_only and action in (*rights.WRITES, "stack"):
            return READ_ONLY
        caller = self._of(scope)
        if caller is ANYONE:
            return None
        if action == "stack":
            return await self._of_stack(scope, caller, resource, read)
        if isinstance(caller, Refusal):
            if self._authorize is None:
                return caller
            known = await _of_task(resource, read)
            answer = await answer_of_site(self._authorize, scope, action, known)
            if not isinstance(answer, str):
                return answer
            caller = Caller(answer, writes=True, owner=answer)
        scope[_CALLER] = caller
        resource = await _looked_up(caller, resource, read, owned)
        if resource.kind == "tasks":
            resource = rights.narrowed(caller, resource)
        return rights.refusal(caller, action, resource)

    async def _of_stack(
        self, scope: Scope, caller: Caller | Refusal, resource: Resource, read: ReadTask
    ) -> Refusal | None:
        """The refusal of a stack or traceback, to a caller that may read its task. The site's own
        function permits it by True alone: an owner's name permits what is that owner's, and source
        is not."""
        seen = None if isinstance(caller, Refusal) else rights.sees_stacks(caller)
        if seen is None and self._authorize is not None:
            known = await _of_task(resource, read)
            seen = await answer_of_site(self._authorize, scope, "stack", known) is None
        return None if seen else _UNSEEN

    def watch(self, scope: Scope, over: Callable[[], None]) -> Callable[[], None]:
        """Calls `over`, a function of the stream's own, once the token of a stream's caller, which
        has passed, does not count any more; the function that is returned ends that. A stream
        without a token costs nothing."""
        caller = caller_of(scope)
        if caller.until is None and caller.token is None:
            return _nothing
        if self._next_look is None:
            self._look_later()
        self._streams.setdefault(caller, set()).add(over)
        return partial(self._left, caller, over)

    def _left(self, caller: Caller, over: Callable[[], None]) -> None:
        if (streams := self._streams.get(caller)) is not None:
            streams.discard(over)

    def _look_later(self) -> None:
        self._next_look = asyncio.get_running_loop().call_later(_LOOK_S, self._check_open_streams)

    def _check_open_streams(self) -> None:
        """Looks at each token of open streams. The wall clock may be set meanwhile. What fails here
        is tried again at the next look."""
        self._look_later()
        now = time.time()
        for caller, streams in [*self._streams.items()]:
            expired = caller.until is not None and caller.until <= now
            revoked = caller.token is not None and not self.tokens.still(caller.token)
            if streams and not expired and not revoked:
                continue
            for over in [*streams]:
                over()
                streams.discard(over)
            del self._streams[caller]
        if not self._streams and self._next_look is not None:
            self._next_look.cancel()
            self._next_look = None

    def _of(self, scope: Scope) -> Caller | Refusal:
        """Who sends a request. ANYONE: no tokens are configured, it comes from this machine, and it
        has no share token, which limits it there too."""
        if self.is_open_to_all(scope):
            return ANYONE
        text = presented(scope)
        if text is not None and is_shared(text):
            share = self.shares.read(text)
            return Refusal(401, "this token has expired") if share is None else _sharing(share)
        if self._passes_freely(scope):
            return ANYONE
        if self._free and not self.shares.configured:
            return Refusal(403, HINT)
        if text is None:
            return Refusal(401, "send a token: Authorization: Bearer TOKEN")
        token = self.tokens.find(text)
        return Refusal(401, "this token is unknown") if token is None else _caller(token)


def caller_of(scope: Scope) -> Caller:
    """The caller of a request that has passed."""
    caller: Caller = scope.get(_CALLER, ANYONE)
    return caller


def languages_of(scope: Scope, wish: Locale | None, settings: Settings) -> Languages:
    """The language that a request's caller wishes, and the service's own for callers who see a
    default text in place of what exceptions say."""
    if _CALLER not in scope:  # anyone
        return wish, None
    seen = rights.sees_errors(caller_of(scope))
    return wish, None if seen or (seen is None and settings.show_errors) else settings.locale


def who_asks(scope: Scope, name_given: str | None) -> str:
    """The requester's name for the record: the name in the request, then the name of its token, so
    no caller passes for another."""
    name = caller_of(scope).name
    if not name:
        return name_given or "api"
    return f"{name_given[: MAX_NAME - len(name) - 3]} ({name})" if name_given else name


def with_token(scope: Scope, token: str | None) -> Scope:
    """The scope of one watch of a socket that many share: as if the socket had sent this token, or
    its own one where the watch has none."""
    mine = {key: value for key, value in scope.items() if key != _CALLER}
    if token is not None:
        others = [header for header in scope["headers"] if header[0] != b"authorization"]
        bearer = BEARER + token.encode("latin-1")
        mine.update(headers=[*others, (b"authorization", bearer)], subprotocols=[])
    return mine


def tokens_of(settings: Settings) -> Tokens:
    """The tokens of the settings.

    Raises:
        SettingsError: a token's line cannot be used, or the file of tokens cannot be read.
    """
    path = Path(settings.tokens_file) if settings.tokens_file else None
    return Tokens(settings.tokens, path)


@lru_cache(_REMEMBERED)  # making one takes longer than finding the token
def _caller(token: Token) -> Caller:
    return Caller(
        token.name,
        writes=token.role == "write",
        starts=token.role == "start",
        task_type=token.task_type,
        owner=token.owner,
        token=token,
    )


@lru_cache(_SHARES)
def _sharing(share: Share) -> Caller:
    """The caller that a share token makes of whoever sends it."""
    if share.kind == "task_type":
        return Caller("share", task_type=share.name, until=share.until)
    if share.kind == "owner":
        return Caller("share", owner=share.name, until=share.until)
    return Caller("share", only=Resource(share.kind, share.name), until=share.until)


async def _looked_up(
    caller: Caller, resource: Resource, read: ReadTask, owned: AskOwned
) -> Resource:
    """What is asked for, with what is stored of it where that decides."""
    workflow_id = resource.workflow_id
    if rights.needs_record(caller, resource):
        only = None if caller.only is None else caller.only.id
        if (known := await _of_task(resource, read, only)) is not resource:
            return known
        workflow_id = resource.id  # a task's id without a record may be that of a workflow
    elif resource.kind == "workflow":
        workflow_id = resource.id
    if caller.owner is None or workflow_id is None:
        return resource
    its = await owned(workflow_id, caller.owner)
    return replace(resource, owner=caller.owner if its else None)


async def _of_task(resource: Resource, read: ReadTask, shared: str | None = None) -> Resource:
    """What is asked for; a task with what its record says of its type, owner and workflows: of
    these the outermost, or the one that is `shared` if the task is part of it."""
    found = None
    if resource.kind == "task":
        with contextlib.suppress(ForeignValue):  # the route says so
            found = await read(str(resource.id))
    if found is None:
        return resource
    of, record = None, found.record
    if (within := record.workflow) is not None:
        of = shared if shared and within.canvas == shared else within.id
    startable = record.again is not None
    return Resource(resource.kind, resource.id, record.task_type, of, record.owner, startable)


def _nothing() -> None:
    return
