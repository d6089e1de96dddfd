"""Redis requests as both drivers send them: the command and its arguments."""

from __future__ import annotations

from typing import Any

from .call import Request
from .scripts import SCRIPTS, Script

_READS = frozenset(SCRIPTS[name].sha for name in ("read", "page", "top", "before"))


def evalsha(script: Script, keys: list[str], *args: Any) -> Request:
    """The EVALSHA request of a Lua script."""
    return ("EVALSHA", script.sha, len(keys), *keys, *args)


def reads(request: Request) -> bool:
    """Whether a request only reads documents, so that it may be sent again."""
    return request[0] == "GETRANGE" or (request[0] == "EVALSHA" and request[1] in _READS)
