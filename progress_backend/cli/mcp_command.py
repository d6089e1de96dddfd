"""The command `mcp`: the jobs of an API as tools for agents."""

from __future__ import annotations

import asyncio
import ipaddress

import click

from ..terminal.api_client import ApiClient
from .session import Command, need, settings_of


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
