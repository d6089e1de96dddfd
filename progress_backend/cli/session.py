"""The context of a command: settings, what it reads, and errors as one line."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from functools import update_wrapper
from importlib.util import find_spec
from types import SimpleNamespace
from typing import Any, Final, TypeVar

import click

from ..errors import ProgressError, StoreUnavailable, TaskNotFound
from ..record.model import STATUSES
from ..settings import Settings
from ..terminal.opening import opened

F = TypeVar("F", bound=Callable[..., Any])
_WHERE: Final = "address, user and password are those of PROGRESS_REDIS_URL, else of the app"
_LISTED: Final = "the command tasks lists what is recorded"


def _load(ctx: click.Context, _: click.Parameter, name: str | None) -> None:
    """Loads the Celery app of `-A`, whether it stands before or after the command's name."""
    if name is None or ctx.obj is not None:  # before the command's name: CELERY_APP adds nothing
        return
    from celery.app.utils import find_app

    try:
        ctx.obj = SimpleNamespace(app=find_app(name))  # as Celery's own has it
    except Exception as error:  # importing a user's module can raise anything
        # Of a missing attribute Celery looks for a module named "shop:app" in the end.
        cause = error.__context__ if ":" in name and error.__context__ else error
        why = f"{type(cause).__name__}: {cause}"
        raise click.ClickException(f"cannot load the Celery app {name!r}: {why}") from error


def app_option(envvar: str | None = None) -> click.Option:
    """`-A APP`: `celery` takes it before a command, ours before and behind."""
    return click.Option(
        ["-A", "--app"],
        metavar="APP",
        envvar=envvar,
        expose_value=False,
        is_eager=True,
        callback=_load,
        help="Celery app, as in celery's own -A; its configuration names the store.",
    )


class Command(click.Command):
    """A command with `-A`; an expected error is one line and exit code 1."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.append(app_option(envvar="CELERY_APP"))

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command, as click does.

        Raises:
            click.ClickException: the store does not answer, or refuses; click prints it and exits
                with 1.
        """
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # The reader of the pipe has ended (`| head`): the rest is dropped.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(0)
        except StoreUnavailable as error:
            # With --url it is an API, which the error names.
            where = "" if ctx.params.get("url") else f" ({_WHERE})"
            raise click.ClickException(f"{error}{where}") from error
        except TaskNotFound as error:
            raise click.ClickException(f"{error} ({_LISTED})") from error
        except ProgressError as error:
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
            click.echo(
                f"{marked[0]} has @progress_task, but install() was not called on its app", err=True
            )
    return settings_of_app(app)


def reads(command: F) -> F:
    """Options that name an API; the command gets the opened `source` in their place."""

    def call(*, url: str | None, token: str | None, **given: Any) -> Any:
        ctx = click.get_current_context()
        with opened(settings_of(ctx), app_of(ctx), url, token) as source:
            return command(source=source, **given)

    decorated: F = options(
        click.option(
            "--url",
            metavar="URL",
            help="Read from an API, such as http://127.0.0.1:8004, instead of the store.",
        ),
        click.option(
            "--token",
            envvar="PROGRESS_TOKEN",
            show_envvar=True,
            metavar="TOKEN",
            help="Token for the API of --url. With the variable it is not visible in lists of "
            "processes.",
        ),
    )(update_wrapper(call, command))
    return decorated


def options(*several: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Several of click's decorators as one, in this order."""

    def decorate(command: Any) -> Any:
        for one in reversed(several):
            command = one(command)
        return command

    return decorate


as_json = click.option(
    "--json", "as_json", is_flag=True, help="Print all fields as JSON, for programs."
)
#: Options that choose tasks by the names of a list's filters.
filters = options(
    click.option("--status", type=click.Choice(STATUSES), help="Only tasks with this status."),
    click.option("--type", "task_type", help="Only tasks of this type, e.g. fetch_data."),
    click.option("--symbol", help="Only tasks with this symbol, e.g. 7203.T."),
)
workflow_option = click.option(
    "--workflow",
    "workflow_id",
    metavar="ID",
    help="A workflow: the id of the result that apply_async of the canvas returned.",
)


def width() -> int | None:
    """The terminal's width in cells; None where the output is none."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def need(extra: str, *packages: str) -> None:
    """Ends the command with one line if a part of an extra is not installed."""
    if absent := [name for name in packages if find_spec(name) is None]:
        tool = ", or uvx --from 'WHEEL[demo]' progress-backend demo" if extra == "demo" else ""
        how = f"pip install 'progress-backend[{extra}]'{tool}"
        raise click.ClickException(f"this needs {' and '.join(absent)}: {how}")


def echo_json(value: Any) -> None:
    """Prints a value as JSON for people and programs."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))
