"""Runs the API in this process, under uvicorn."""

from __future__ import annotations

import contextlib
import errno
import gc
import logging
import socket
import sys
from typing import Any, Final, NoReturn

import uvicorn
from fastapi import FastAPI

from ...errors import SettingsError
from ...settings import Settings
from ...store.drivers import Store
from ..access import Bound, is_loopback
from ..app import create_app
from ..audit import logger as audit
from ..callers import tokens_of

logger = logging.getLogger(__name__)

HOST: Final = "127.0.0.1"
PORT: Final = 8004
#: A line of the log on stderr.
LINE: Final = "%(asctime)s %(levelname)s %(name)s: %(message)s"
#: Proxies on this machine, as uvicorn has it.
FORWARDED_ALLOW_IPS: Final = "127.0.0.1"

#: Seconds between pings to a WebSocket client, and until an unanswered one ends the connection.
PING_S: Final = 20.0
#: Largest message that is accepted from a WebSocket client; its messages are ignored.
MAX_CLIENT_MESSAGE: Final = 16 * 1024
#: Longest wait for requests and sockets to end at a shutdown.
GRACE_S: Final = 10
#: Milliseconds after which the kernel drops a peer that takes no data (Linux).
_UNTAKEN_MS: Final = 60_000
#: Bytes that wait in the kernel for a client that takes no data. By default they grow to megabytes
#: of old updates.
_SEND_BUFFER: Final = 128 * 1024
_BACKLOG: Final = 2048

#: Why nothing is served on an address that others reach.
UNGUARDED: Final = (
    "other machines reach {}, and no token is required: create one (progress-backend token new "
    "NAME) and set PROGRESS_TOKENS or PROGRESS_TOKENS_FILE, or listen on 127.0.0.1, or add "
    "--insecure: then every client that reaches the port can read, change and cancel every task"
)

#: uvicorn options for every way to run the API.
OPTIONS: Final[dict[str, Any]] = {
    "access_log": False,
    # At "info" uvicorn logs two lines for each WebSocket.
    "log_level": "warning",
    "ws_max_size": MAX_CLIENT_MESSAGE,
    "ws_ping_interval": PING_S,
    "ws_ping_timeout": PING_S,
    # Compression costs three times the memory of a connection.
    "ws_per_message_deflate": False,
    "timeout_graceful_shutdown": GRACE_S,
    "backlog": _BACKLOG,
}


def connection_classes() -> dict[str, Any]:
    """uvicorn options with this package's connection classes; without them under a uvicorn that
    lacks the base classes."""
    try:
        from .http_connection import HttpConnection
        from .websocket_connection import FrameConnection
    except (ImportError, AttributeError) as error:
        logger.warning(
            "uvicorn %s lacks the classes that this package's connections extend; requests have "
            "only uvicorn's own bounds: %s",
            uvicorn.__version__,
            error,
        )
        return {}
    return {"http": HttpConnection, "ws": FrameConnection}


def serve(
    settings: Settings | None = None,
    host: str = HOST,
    port: int = PORT,
    celery_app: Any = None,
    forwarded_allow_ips: str = FORWARDED_ALLOW_IPS,
    *,
    insecure: bool = False,
    start: bool = False,
) -> None:
    """Serves until SIGINT or SIGTERM; port 0 picks a free one.

    `celery_app` gives the broker for cancels that terminate. `forwarded_allow_ips` are the proxies
    that may set `X-Forwarded-*` headers: addresses and networks, separated by commas. If the store
    does not answer, the server runs nevertheless: that is logged one time, and requests get 503
    until then. `insecure`: without tokens each request passes wherever it comes from, for a server
    behind a login.

    Raises:
        SystemExit: 1, no store's URL is set, the port cannot be bound, or others reach the address
            and no tokens are configured; stderr has the reason.
    """
    try:
        app = create_app(settings, celery_app=celery_app, start=start)
        Store(app.state.progress_settings).close()  # raises if its URL cannot be used
    except SettingsError as error:
        give_up(str(error))
    serve_app(app, host, port, forwarded_allow_ips, insecure=insecure)


def serve_app(
    app: FastAPI,
    host: str,
    port: int,
    forwarded_allow_ips: str = FORWARDED_ALLOW_IPS,
    *,
    insecure: bool = False,
) -> None:
    """Serves an application that holds the router; ends as `serve` does."""
    allow_many_files()
    listening = bound(host, port)
    address = listening.getsockname()[0]
    asks = app.state.progress_authorize or tokens_of(app.state.progress_settings).configured
    insecure = insecure and not asks
    if not insecure and not asks and not is_loopback(address):
        listening.close()
        give_up(UNGUARDED.format(host))
    if insecure:
        app.state.progress_trusted = True
    app.state.progress_bound = Bound(host, address, insecure=insecure)
    shown = f"[{host}]" if ":" in host else host
    sys.stderr.write(
        f"progress-backend: http://{shown}:{listening.getsockname()[1]} "
        "(live page: /, API description: /docs)\n"
    )
    options = {**OPTIONS, **connection_classes(), "forwarded_allow_ips": forwarded_allow_ips}
    config = uvicorn.Config(app, host=host, port=port, **options)
    with contextlib.suppress(KeyboardInterrupt):  # uvicorn raises Ctrl-C again once it has ended
        _Server(config).run(sockets=[listening])


class _Server(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        freeze_gc()


def freeze_gc() -> None:
    """Excludes all objects so far from garbage collection, for processes that serve.

    They are mostly imported modules; the slowest requests would wait for the collector to scan them
    again and again.
    """
    gc.collect()
    gc.freeze()


def allow_many_files() -> None:
    """Raises the limit of open files as far as this process may: each socket is one.

    The usual 1,024 are for programs with a fixed table of files, which asyncio has not.
    """
    if sys.platform != "win32":
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft != resource.RLIM_INFINITY and soft != hard:
            with contextlib.suppress(ValueError, OSError):  # macOS's real limit is lower
                resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def bound(host: str, port: int) -> socket.socket:
    """A listening socket.

    Raises:
        SystemExit: 1, the address cannot be bound; stderr has the reason.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, protocol)
    except OSError as error:
        give_up(f"cannot listen on {host}:{port}: {error.strerror or error}")
    try:
        # A port that was served a moment ago may be served again at once.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNTAKEN_MS)
        listening.bind(address)
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            give_up(f"port {port} of {host} is in use; stop what listens there or pass --port")
        give_up(f"cannot listen on {host}:{port}: {error.strerror or error}")
    return listening


def give_up(why: str) -> NoReturn:
    """Ends the process with one line on stderr and exit code 1."""
    sys.stderr.write(f"progress-backend: {why}\n")
    raise SystemExit(1)


def log_to_stderr() -> None:
    """Writes the audit log and all warnings to stderr, each line with its time and level. A root
    logger that has handlers keeps those."""
    if logging.getLogger().handlers:
        return
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter(LINE))
    logging.getLogger().addHandler(handler)
    audit.setLevel(logging.INFO)
