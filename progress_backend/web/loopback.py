"""Whether a request comes from this machine: by its connection, and by the clients that its proxies
name.

A proxy on this machine sends the requests of all its clients over loopback.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from starlette.types import Scope

#: Addresses with a cached check, and the most characters of one.
_REMEMBERED: Final = 256
_LONGEST: Final = 64
#: Headers in which a proxy names its client; in `Forwarded` as `for=`.
_LISTS: Final = (b"x-forwarded-for", b"x-real-ip")
_NAMES: Final = (*_LISTS, b"forwarded")
#: An address that a proxy names, which may have a port, brackets and quotes.
_NAMED: Final = re.compile(r'("?)(?:\[(.*)\]|([^:]*|.*:.*:.*))(?::\d+)?\1')


def is_from_here(scope: Scope) -> bool:
    """Whether server and client of a request are on loopback, or it came by a Unix socket, and each
    client that a header names is on loopback too."""
    server, client = scope["server"], scope.get("client")
    if server is None:
        return False
    named = [header for header in scope["headers"] if header[0] in _NAMES]
    return (not named or all(map(_is_here, _named(named)))) and _is_near(
        None if server[1] is None else server[0], None if client is None else client[0]
    )


@lru_cache(_REMEMBERED)
def _is_near(server: str | None, client: str | None) -> bool:
    """Whether both ends of a connection are on loopback; a Unix socket has no address of a server,
    and mostly no client. uvicorn replaces the client by one of a header, but not the server."""
    near = server is None or is_loopback(server)
    return near and (server is None if client is None else _is_here(client))


def is_loopback(address: str) -> bool:
    """Whether an address is reached from this machine alone; text that is no address is not."""
    return len(address) <= _LONGEST and _is_loopback(address)


@lru_cache(_REMEMBERED)
def _is_loopback(address: str) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    # Of an IPv4-mapped address Python 3.11 does not ask this.
    return (getattr(found, "ipv4_mapped", None) or found).is_loopback


def _named(headers: list[tuple[bytes, bytes]]) -> Iterator[str]:
    """Each client that a proxy names; "" where it names none in its part of `Forwarded`."""
    for name, value in headers:
        if name in _LISTS:
            yield from value.decode("latin-1").split(",")
        else:
            for part in value.decode("latin-1").split(","):
                pairs = [pair.partition("=") for pair in part.split(";")]
                yield from [of for key, _, of in pairs if key.strip().lower() == "for"] or [""]


def _is_here(client: str) -> bool:
    text = client.strip()
    found = _NAMED.fullmatch(text) if len(text) <= _LONGEST else None
    return found is not None and is_loopback(found[2] or found[3] or "")
