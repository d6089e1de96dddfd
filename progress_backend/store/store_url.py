"""A store's URL: checked, split into nodes and sentinels, and without Celery's own options."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import SplitResult, parse_qs, parse_qsl, unquote, urlencode, urlsplit

import redis.exceptions
from redis.connection import parse_url

from ..addresses import one_by_one
from ..errors import SettingsError
from ..settings import Settings

#: Options of a URL (perhaps Celery's) that are left out: this library sets its own.
_OURS = frozenset(
    {
        *("socket_timeout", "socket_connect_timeout", "timeout", "max_connections"),
        *("retry_on_timeout", "retry_on_error", "protocol", "decode_responses"),
        *("encoding", "encoding_errors"),
    }
)
_UNREADABLE = (
    "PROGRESS_REDIS_URL has no host and port that can be read; "
    "in a password write / as %2F, # as %23, ? as %3F and @ as %40"
)


def plain_url(settings: Settings) -> str:
    """The URL without Celery's own options; of a cluster, the first address's."""
    url = settings.redis_url or ""
    if url.startswith("sentinel://"):
        return url
    return _without_ours(cluster_urls(settings)[0] if settings.clustered else url)


def cluster_urls(settings: Settings) -> list[str]:
    """A plain URL for each node in a cluster's URL."""
    urls = []
    for url in one_by_one(settings.redis_url or ""):
        scheme, _, rest = url.partition("://")
        urls.append(f"{'rediss' if scheme.startswith('rediss') else 'redis'}://{rest}")
    return urls


def cluster_options(settings: Settings) -> dict[str, Any]:
    """The options in a cluster's URL; of several URLs the first one's value counts."""
    options: dict[str, Any] = {}
    for url in reversed(cluster_urls(settings)):
        with usable():
            options |= parse_url(_without_ours(url))
    for name in ("connection_class", "host", "port", "db"):
        options.pop(name, None)
    return options


def _without_ours(url: str) -> str:
    parts = _split(url)
    database = parts.path.lstrip("/") if parts.scheme in ("redis", "rediss") else ""
    if database and not database.isdigit():
        if "@" in database:
            raise SettingsError(_UNREADABLE)
        raise SettingsError(f"PROGRESS_REDIS_URL: {database!r} is not a database number")
    query = {name: value for name, value in parse_qsl(parts.query) if name not in _OURS}
    if "virtual_host" in query:
        query["db"] = query.pop("virtual_host").lstrip("/")
    if "ssl_cert_reqs" in query:
        query["ssl_cert_reqs"] = query["ssl_cert_reqs"].removeprefix("CERT_").lower()
    scheme = "unix" if parts.scheme == "redis+socket" else parts.scheme
    asked = f"?{urlencode(query)}" if query else ""
    return f"{scheme}://{parts.netloc}{parts.path}{asked}"


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port  # is parsed, and may raise, only at this access
    except ValueError:
        # The part that cannot be read may be in the password: it is not shown.
        raise SettingsError(_UNREADABLE) from None
    return parts


def nodes_of(settings: Settings) -> list[tuple[str, int]]:
    """Host and port of each node in a cluster's URL."""
    parts = map(_split, cluster_urls(settings))
    return [(one.hostname or "localhost", one.port or 6379) for one in parts]


@contextmanager
def usable() -> Iterator[None]:
    """`with`: turns redis-py's error about an unknown option of the URL into a SettingsError."""
    try:
        yield
    except (TypeError, ValueError, redis.exceptions.RedisError) as error:
        raise SettingsError(f"PROGRESS_REDIS_URL has an unusable option: {error}") from error


def sentinel_of(url: str) -> tuple[list[tuple[str, int]], str, dict[str, Any]]:
    """Hosts, service and login of `sentinel://:pw@host:26379;sentinel://host2:26379/0?service=x`.

    The list with semicolons is Celery's form; commas are accepted too, and `master_name` instead of
    `service`.
    """
    hosts: list[tuple[str, int]] = []
    login: dict[str, Any] = {}
    service = "mymaster"
    for part in one_by_one(url):
        piece = _split(part)
        if piece.hostname is None:
            raise SettingsError("PROGRESS_REDIS_URL: sentinel://host:26379/0?service=NAME is meant")
        hosts.append((piece.hostname, piece.port or 26_379))
        query = parse_qs(piece.query)
        for name in ("service", "master_name"):
            service = query.get(name, [service])[0]
        if piece.password:
            login["password"] = unquote(piece.password)
        if piece.username:
            login["username"] = unquote(piece.username)
        if piece.path[1:].isdigit():
            login["db"] = int(piece.path[1:])
    return hosts, service, login
