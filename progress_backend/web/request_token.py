"""The token that a request or socket sends: in its header, as a subprotocol, or in its query."""

from __future__ import annotations

from typing import Final
from urllib.parse import unquote

from starlette.types import Scope

from ..credentials.share_tokens import BEGINS

#: Subprotocol that a socket with a token is accepted with, and what the token's own begins with: a
#: browser's WebSocket can send no other header.
SUBPROTOCOL: Final = "progress-backend"
TOKEN_PROTOCOL: Final = "token."  # noqa: S105 - no token
#: What the header of a token begins with, in small letters.
BEARER: Final = b"bearer "
#: Key in a scope of the share token that its query had.
_QUERY_TOKEN: Final = "progress_backend.query_token"  # noqa: S105 - no token
#: What a token in a query begins with.
TOKEN_OF_QUERY: Final = b"token="


def presented(scope: Scope) -> str | None:
    """The token that a request or socket has sent; None if it has sent none."""
    for name, value in scope["headers"]:
        if name == b"authorization" and value[: len(BEARER)].lower() == BEARER:
            return str(value[len(BEARER) :].strip().decode("latin-1"))
    for protocol in scope.get("subprotocols") or ():
        if protocol.startswith(TOKEN_PROTOCOL):
            return str(protocol[len(TOKEN_PROTOCOL) :])
    in_query: str | None = scope.get(_QUERY_TOKEN)
    return in_query


def take_query_token(scope: Scope) -> None:
    """Takes a share token out of the query, so that no log that is written after the request has
    it. Another token is not accepted there, but taken out all the same."""
    query: bytes = scope["query_string"]
    parts = query.split(b"&")
    kept = [part for part in parts if not part.startswith(TOKEN_OF_QUERY)]
    if len(kept) < len(parts):
        scope["query_string"] = b"&".join(kept)
        given = next(part for part in parts if part.startswith(TOKEN_OF_QUERY))
        text = unquote(given[len(TOKEN_OF_QUERY) :].decode("latin-1"))
        scope[_QUERY_TOKEN] = text if is_shared(text) else None


def subprotocol(scope: Scope) -> str | None:
    """The subprotocol that a socket is accepted with; never the one that is a token."""
    return SUBPROTOCOL if SUBPROTOCOL in (scope.get("subprotocols") or ()) else None


def is_shared(text: str | None) -> bool:
    """Whether a token is a share token."""
    return text is not None and text.startswith(BEGINS)
