"""The command `serve`: the HTTP, WebSocket and SSE API in this process."""

from __future__ import annotations

from typing import Any

import click

from ..terminal.source import no_store
from .session import Command, app_of, need, settings_of


@click.command(cls=Command)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8004, show_default=True)
@click.option(
    "--forwarded-allow-ips",
    default="127.0.0.1",
    show_default=True,
    envvar="FORWARDED_ALLOW_IPS",
    help="Proxies that may set X-Forwarded-* headers: addresses and networks, separated by commas.",
)
@click.option(
    "--insecure",
    is_flag=True,
    help="Without tokens, accept requests from other machines too: for a server behind a login.",
)
@click.option(
    "--start",
    is_flag=True,
    help="Let callers with the right to start the tasks that are marked @progress_task(start=…).",
)
@click.pass_context
def serve(ctx: click.Context, /, **given: Any) -> None:
    """Serve the API, the live page and metrics.

    An address other than loopback requires tokens (PROGRESS_TOKENS, PROGRESS_TOKENS_FILE). With -A
    the settings come from that Celery app too, and a cancel can terminate a running task.
    """
    settings = settings_of(ctx)
    if settings.redis_url is None:
        raise no_store(app_of(ctx))
    if given["start"] and app_of(ctx) is None:
        raise click.UsageError("--start needs the Celery app with the tasks: -A proj")
    need("api", "fastapi", "uvicorn")
    from ..web.server.serve import log_to_stderr
    from ..web.server.serve import serve as run

    log_to_stderr()
    run(settings, celery_app=app_of(ctx), **given)
