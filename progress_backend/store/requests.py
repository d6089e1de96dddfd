"""Redis requests as both drivers send them: the command and its arguments."""

from __future__ import annotations

from typing import Any

from . import scripts

Request = tuple[Any, ...]

_READS = frozenset({scripts.READ.sha, scripts.PAGE.sha, scripts.TOP.sha, scripts.BEFORE.sha})


def evalsha(script: scripts.Script, keys: list[str], *args: Any) -> Request:
    """The EVALSHA request of a Lua script."""
    return ("EVALSHA", script.sha, len(keys), *keys, *args)


def reads(request: Request) -> bool:
    """Whether a request only reads documents, so that it may be sent again."""
    return request[0] == "GETRANGE" or (request[0] == "EVALSHA" and request[1] in _READS)
