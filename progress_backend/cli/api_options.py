"""The options `--url` and `--token`: a command that asks an API instead of the store."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from ..record.caller_events import MAX_LIMIT
from ..record.list_request import SHORTEST_ID
from ..terminal.api_client import ApiClient
from .session import STORE_TIMEOUT_S, only_one

F = TypeVar("F", bound=Callable[..., Any])

_url = click.option(
    "--url",
    metavar="URL",
    help="Ask an API, such as http://127.0.0.1:8004, not the store.",
)
_token = click.option(
    "--token",
    envvar="PROGRESS_TOKEN",
    show_envvar=True,
    metavar="TOKEN",
    help="Token for the API of --url; the variable keeps it out of lists of processes.",
)


def api_options(command: F) -> F:
    """Options that name an API: `url`, `token`."""
    return _url(_token(command))


def client_of(url: str, token: str | None) -> ApiClient:
    """The API at a URL.

    Raises:
        SettingsError: the URL or the token cannot be used.
    """
    return ApiClient(url, STORE_TIMEOUT_S, token or None)


def known_task_id(api: ApiClient, given: str) -> str:
    """The task's id of a command's argument: `given`, or the only recent id that begins with it.

    Raises:
        click.ClickException: several recent ids begin with it.
    """
    if len(given) < SHORTEST_ID or api.status("task", given) is not None:
        return given
    found = api.listed("tasks", {"id_prefix": given, "limit": MAX_LIMIT})
    return only_one("task", given, (row["task_id"] for row in found["tasks"]))
