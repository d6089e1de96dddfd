"""The context of a command: settings, the store, and errors as one line."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Final, TypeVar

import click
import redis

from ..errors import ProgressError, SettingsError, StoreUnavailable
from ..record.list_request import SHORTEST_ID
from ..record.model import STATUSES
from ..settings import Settings
from ..store.drivers import Store
from ..terminal.language import in_the_terminals_language

F = TypeVar("F", bound=Callable[..., Any])

#: Seconds that a command waits for the store before it ends with an error.
STORE_TIMEOUT_S: Final = 3.0
NO_STORE: Final = (
    "no store is configured: set PROGRESS_REDIS_URL (such as redis://127.0.0.1:6379/0), "
    "or name a Celery app (-A APP) whose result backend or broker is Redis"
)


@dataclass(frozen=True, slots=True)
class Session:
    """The click context's object; Celery's own has an `app` too, so commands run under either."""

    app: Any = None


class Command(click.Command):
    """A command whose expected errors are one line and exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command, as click does.

        Raises:
            click.ClickException: the store does not answer, or refuses; click prints it and exits
                with 1.
        """
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # The reader of the pipe has ended (`| head`): the rest is written nowhere.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(0)
        except StoreUnavailable as error:
            # With --url it is an API, which the error names.
            where = "" if ctx.params.get("url") else " (PROGRESS_REDIS_URL says where it is)"
            raise click.ClickException(f"{error}{where}") from error
        except (ProgressError, redis.RedisError) as error:
            raise click.ClickException(str(error)) from error


def app_of(ctx: click.Context) -> Any:
    """The Celery app that -A names, or None."""
    return getattr(ctx.obj, "app", None)


def settings_of(ctx: click.Context) -> Settings:
    """The Celery app's settings; without one the environment's.

    Raises:
        SettingsError: a value cannot be used.
    """
    if (app := app_of(ctx)) is None:
        return Settings.from_sources(None, os.environ)
    from ..tracking.decorator import marking_of
    from ..tracking.tracker import settings_of as settings_of_app
    from ..tracking.tracker import tracker_of

    if tracker_of(app) is None:
        app.finalize()  # until then its tasks are promises
        marked = sorted(name for name, task in app._tasks.items() if marking_of(task) is not None)
        if marked:
            click.echo(f"{marked[0]} is marked, but install() was not called on its app", err=True)
    return settings_of_app(app)


def reader_settings(ctx: click.Context) -> Settings:
    """As `settings_of`, for what a person reads: where no setting names a language, in that of the
    terminal.

    Raises:
        SettingsError: a value cannot be used.
    """
    return in_the_terminals_language(settings_of(ctx), app_of(ctx))


def open_store(settings: Settings) -> Store:
    """The store; it connects at the first flow.

    Raises:
        SettingsError: there is no store, or its URL cannot be used.
    """
    if settings.redis_url is None:
        raise SettingsError(NO_STORE)
    try:
        return Store(settings, STORE_TIMEOUT_S)
    except ValueError as error:
        raise SettingsError(f"PROGRESS_REDIS_URL cannot be used: {error}") from error


def only_one(what: str, given: str, recent: Iterable[str]) -> str:
    """The only one of the recent ids that begins so; `given` where none does.

    Raises:
        click.ClickException: several begin with it.
    """
    if len(given) < SHORTEST_ID:
        return given
    found = [one for one in recent if one.startswith(given)]
    if len(found) > 1:
        some = ", ".join([*sorted(found)[:3], *(["…"] if len(found) > 3 else [])])
        raise click.ClickException(
            f"{len(found)} {what} ids begin with {given!r} ({some}): give more of it"
        )
    return found[0] if found else given


def missing(*packages: str) -> list[str]:
    """Those of the packages that are not installed."""
    return [name for name in packages if find_spec(name) is None]


def need(extra: str, *packages: str) -> None:
    """Ends the command with one line if a part of an extra is not installed."""
    if absent := missing(*packages):
        raise click.ClickException(
            f"this needs {' and '.join(absent)}: pip install 'progress-backend[{extra}]'"
        )


def filters(command: F) -> F:
    """Options that choose tasks: `status`, `task_type`, `symbol`."""
    for option in (
        click.option("--symbol", help="Only tasks of this symbol, e.g. 7203.T."),
        click.option("--type", "task_type", help="Only tasks of this type, e.g. fetch_data."),
        click.option("--status", type=click.Choice(STATUSES), help="Only tasks with this status."),
    ):
        command = option(command)
    return command


def echo_json(value: Any) -> None:
    """Prints a value as JSON for people and programs."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))
