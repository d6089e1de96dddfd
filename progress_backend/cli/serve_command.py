"""The commands `serve`, the HTTP, WebSocket and SSE API; and `mcp`, its jobs as tools of agents."""

from __future__ import annotations

import asyncio
import ipaddress
from typing import Any

import click

from ..terminal.api_client import ApiClient
from ..terminal.opening import no_store
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


def _address(
    ctx: click.Context, parameter: click.Parameter, given: str | None
) -> tuple[str, int] | None:
    if given is None:
        return None
    host, _, port = given.rpartition(":")
    try:
        return str(ipaddress.ip_address(host.strip("[]"))), int(port)
    except ValueError:
        raise click.BadParameter(
            "give an address, such as 127.0.0.1:8005", ctx, parameter
        ) from None


@click.command(cls=Command)
@click.option("--url", default="http://127.0.0.1:8004", show_default=True, help="The API.")
@click.option(
    "--token",
    envvar="PROGRESS_TOKEN",
    show_envvar=True,
    metavar="TOKEN",
    help="Token for the API; with --http each request has its own.",
)
@click.option(
    "--http", "at", metavar="HOST:PORT", callback=_address, help="Serve streamable HTTP, at /mcp."
)
@click.option("--read-only", is_flag=True, help="No tools that start or cancel jobs.")
@click.option("--stacks", is_flag=True, help="A tool that reads the stack of a running job.")
@click.pass_context
def mcp(
    ctx: click.Context,
    url: str,
    token: str | None,
    at: tuple[str, int] | None,
    read_only: bool,
    stacks: bool,
) -> None:
    """Serve the jobs of an API as tools for agents (Model Context Protocol).

    The tools are the jobs that the token may start (serve --start), and job, jobs, job_log and
    cancel_job. Without --http the agent starts this command, and uses its stdin and stdout.
    """
    need("mcp", "mcp")
    ApiClient(url, token)  # refuses an address or token that cannot be used
    from ..mcp.api import AgentApi
    from ..mcp.server import Tools
    from ..mcp.serving import over_http, over_stdio

    api, bearer = AgentApi(url), f"Bearer {token}" if token and at is None else None
    tools, settings = Tools(api, bearer, read_only, stacks), settings_of(ctx)
    serve = over_http(api, tools, *at, settings) if at else over_stdio(api, tools, settings)
    asyncio.run(serve)
