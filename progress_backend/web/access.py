"""Access rules for HTTP requests and WebSockets, by `Host`, `Origin`, `Sec-Fetch-Site` and body.

A browser reaches the port for every page that is open in it, so a page of another origin is refused
unless its origin is listed. A program (curl, a service) sends neither `Origin` nor
`Sec-Fetch-Site`, and passes. Who the caller is and what it may do is asked after that (`callers`).

Also whether a request comes from this machine: by its connection, and by the clients that its
proxies name. A proxy on this machine sends the requests of all its clients over loopback.
"""

from __future__ import annotations

import ipaddress
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from starlette.types import Scope

from ..settings import Settings
from ..store.outage_log import OneAMinute
from .request_token import TOKEN_OF_QUERY, take_query_token
from .rights import Refusal

_log = logging.getLogger(__name__)
#: Of refused origins a process logs one line a minute.
_foreign: Final = OneAMinute()
#: Headers of every response: browsers guess no other content type, send no address, which may hold
#: a share token, on as a referrer, and neither frame nor run what is no page; a page has a policy
#: of its own.
SECURING: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
#: Content types that any page may make a browser send without a CORS preflight.
FORM_TYPES: Final = ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain")
_READS: Final = ("GET", "HEAD", "OPTIONS")
_DEFAULT_PORTS: Final = {"http": ":80", "https": ":443"}
_SECURE: Final = ("https", "wss")
#: A Host header: its name, or an address in brackets, and its port.
_AUTHORITY: Final = re.compile(r"(\[[^\]]*\]|[^:]*)(:[0-9]*)?")
#: A name without a dot, such as a container's: no page of the internet has it.
_DOTLESS: Final = re.compile(r"[a-z0-9_-]+")
#: Host headers, and addresses, with a cached check: there are few, except from an attacker.
_REMEMBERED: Final = 256
#: Most characters of a client's value that a refusal repeats.
_REPEATED: Final = 80
#: Most characters of an address.
_LONGEST: Final = 64
#: Headers in which a proxy names its client; in `Forwarded` as `for=`.
_LISTS: Final = (b"x-forwarded-for", b"x-real-ip")
_NAMES: Final = (*_LISTS, b"forwarded")
#: An address that a proxy names, which may have a port, brackets and quotes.
_NAMED: Final = re.compile(r'("?)(?:\[(.*)\]|([^:]*|.*:.*:.*))(?::\d+)?\1')


@dataclass(frozen=True, slots=True)
class Bound:
    """The host name that a server was started with, and the address of that name."""

    name: str
    address: str
    #: Whether each request passes although no tokens are configured (`serve --insecure`).
    insecure: bool = False


class Access:
    """The access rules, under one set of settings and for one server.

    `bound` is where the server listens. Under another server, where that is not known, the address
    at which each connection arrived is used.
    """

    def __init__(self, settings: Settings, bound: Bound | None = None) -> None:
        self.settings: Final = settings
        self.origins: Final = frozenset(settings.allowed_origins)
        self._hosts = frozenset(settings.allowed_hosts)
        self._bound = bound
        self._is_ours = lru_cache(_REMEMBERED)(self._names_us)
        #: Headers of every response: `SECURING`, and Vary where it depends on the origin.
        self.marks: Final = [*SECURING, *([(b"vary", b"Origin")] if self.origins else [])]

    def refusal(self, scope: Scope, *, streams: bool = False) -> Refusal | None:
        """The refusal of a request or socket, whoever sends it; None if it passes. `streams`:
        whether its answer is open until the client leaves. The first that is done with either: a
        token is taken out of its query."""
        if TOKEN_OF_QUERY in scope["query_string"]:
            take_query_token(scope)
        if scope["path"].endswith("\n"):  # a route's pattern would match without it
            return Refusal(404, "Not Found")
        server = scope["server"]
        address = server[0] if server else None
        for name, host in scope["headers"]:
            if name == b"host" and not self._is_ours(host, address):
                return Refusal(
                    403,
                    f"this service is not {_shown(host)}; if it is, add the name to "
                    "PROGRESS_ALLOWED_HOSTS",
                )
        reads = scope["type"] == "http" and scope["method"] in _READS
        # A foreign page cannot read an answer, but keep a stream open.
        if reads and not streams:
            return None
        return self._of_origin(scope) or (None if reads else _of_body(scope))

    def _of_origin(self, scope: Scope) -> Refusal | None:
        origins = list(_values(scope, b"origin"))
        for origin in origins:
            if not self.lets_in(origin.decode("latin-1"), scope):
                detail = (
                    f"pages of {_shown(origin)} may not do this; if they are yours, add the origin "
                    "to PROGRESS_ALLOWED_ORIGINS"
                )
                if origin == b"null":  # it cannot be listed
                    detail = (
                        "the page is a file (origin null): serve it by http and add that origin "
                        "to PROGRESS_ALLOWED_ORIGINS"
                    )
                if _foreign.passes():
                    _log.warning("%s", detail)
                return Refusal(403, detail, "origin")
        if not origins and b"cross-site" in _values(scope, b"sec-fetch-site"):
            return Refusal(403, "a page of another site may not do this", "origin")
        return None

    def lets_in(self, origin: str, scope: Scope) -> bool:
        """Whether pages of the origin have the rights of this service's own page."""
        return origin.lower() in self.origins or _is_own(origin, scope)

    def crossing(self, scope: Scope) -> str | None:
        """The listed foreign origin of a request, which its response has to name (CORS); None
        without one."""
        origins = [origin.decode("latin-1") for origin in _values(scope, b"origin")]
        return origins[0] if len(origins) == 1 and origins[0].lower() in self.origins else None

    def _names_us(self, host: bytes | None, address: str | None) -> bool:
        """Whether a Host header may be this service's. After DNS rebinding a page sends a name of
        its own that resolves to this machine."""
        if not host:
            return True  # every browser sends it
        insecure = self._bound is not None and self._bound.insecure
        if self._bound is not None:
            address = self._bound.address
        if not self._hosts and not insecure and not (address and is_loopback(address)):
            return True
        found = _AUTHORITY.fullmatch(host.decode("latin-1").lower())
        if found is None:
            return False
        name = found[1].removesuffix(".")
        return (
            name == "localhost"
            or (self._bound is not None and name == self._bound.name.lower())
            or name.endswith(".localhost")
            or name in self._hosts
            or _address(name.strip("[]")) is not None  # DNS rebinding needs a name
            or (insecure and _DOTLESS.fullmatch(name) is not None)
        )


def _of_body(scope: Scope) -> Refusal | None:
    for value in _values(scope, b"content-type"):
        kind = value.decode("latin-1").partition(";")[0].strip().lower()
        if kind in FORM_TYPES:
            return Refusal(415, f"send the body as application/json, not as {kind}")
    return None


def _is_own(origin: str, scope: Scope) -> bool:
    """Whether the origin is of the host that the request was sent to."""
    scheme, _, authority = origin.lower().partition("://")
    if scheme not in _DEFAULT_PORTS or (scope["scheme"] in _SECURE and scheme != "https"):
        return False
    hosts = list(_values(scope, b"host"))
    port = _DEFAULT_PORTS[scheme]
    return bool(hosts) and all(
        host.decode("latin-1").lower().removesuffix(port) == authority for host in hosts
    )


def _values(scope: Scope, name: bytes) -> Iterator[bytes]:
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    return (value for key, value in headers if key == name)


def _shown(value: bytes) -> str:
    text: Any = value.decode("latin-1")
    return repr(text if len(text) <= _REPEATED else f"{text[:_REPEATED]}…")


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
    found: Any = _address(address)
    # Of an IPv4-mapped address Python 3.11 does not ask this.
    return found is not None and (getattr(found, "ipv4_mapped", None) or found).is_loopback


def _address(text: str) -> object:
    """The IP address of a text; None where it is none."""
    return _parsed(text) if len(text) <= _LONGEST else None


@lru_cache(_REMEMBERED)
def _parsed(text: str) -> object:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


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
