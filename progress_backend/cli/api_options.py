"""The options `--url` and `--token`: a command that asks an API instead of the store."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from ..record.list_request import SHORTEST_ID
from ..settings import Settings
from ..terminal.api_client import ApiClient
from ..terminal.api_source import ApiSource
from ..terminal.source import Source
from ..terminal.store_source import StoreSource
from .session import STORE_TIMEOUT_S, only_one, open_store

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


def opened(settings: Settings, url: str | None, token: str | None) -> Source:
    """The API at the URL, or the store of the settings; to be used by `with`.

    Raises:
        SettingsError: there is no store, or a URL or the token cannot be used.
    """
    if url is not None:
        return ApiSource(ApiClient(url, STORE_TIMEOUT_S, token or None))
    return StoreSource(open_store(settings))


def known_task_id(source: Source, given: str) -> str:
    """The task's id of a command's argument: `given`, or the only recent id that begins with it.

    Raises:
        click.ClickException: several recent ids begin with it.
    """
    if len(given) < SHORTEST_ID or source.task(given) is not None:
        return given
    return only_one("task", given, source.beginning(given))
