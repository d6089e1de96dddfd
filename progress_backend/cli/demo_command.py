"""The command `demo`: a store, a worker, the page and jobs, without any set-up."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, suppress
from dataclasses import fields
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Final

import click
from tzlocal import get_localzone_name

from ..daemon import daemon
from ..embedded import EmbeddedServer, EmbeddedServerError, die_with_parent, end_process
from ..errors import ProgressError
from ..settings import Settings
from ..terminal.opening import language
from ..terminal.source import Source
from .session import need
from .watch_command import watch

_APP: Final = "progress_backend.demo_jobs"
_CLI: Final = "from progress_backend.cli import main; main()"
_PORT: Final = 8004
#: Seconds until the page must be served, and between two more jobs.
_READY_S: Final = 60.0
_NEXT_S: Final = 8.0
#: The number of such a job after which the one that fails has failed, and is run again.
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
    it ends. One job fails and is run again, and one loses its process by kill -9. No data is kept.
    """
    need("api", "fastapi", "uvicorn")
    with ExitStack() as stack:
        try:
            store = stack.enter_context(EmbeddedServer()).url
        except EmbeddedServerError as error:
            raise click.ClickException(str(error)) from error
        locale = language(Settings.from_sources(None, os.environ), None)
        # Those of the reader's own project: Celery takes its broker from them before the app's.
        own = {f"PROGRESS_{field.name.upper()}" for field in fields(Settings)}
        for name in [n for n in os.environ if n in own or n.startswith("CELERY_")]:
            del os.environ[name]
        os.environ |= {
            "PROGRESS_REDIS_URL": store,
            "PROGRESS_LOCALE": locale,
            "PROGRESS_TIMEZONE": get_localzone_name(),
        }
        more = ["--insecure"] if insecure else []
        address = _start(stack, _PORT if port is None else port, more, taken=port is None)
        click.echo(f"{address}/  (Ctrl-C ends all of it)")
        if not insecure:
            click.echo("403 in a forwarded editor? Type: progress-backend demo --insecure")
        # Celery takes half a second to import, and reads the environment.
        from .. import demo_jobs

        ended = Event()
        stack.callback(ended.set)

        def publish() -> None:
            failing = demo_jobs.publish_show()
            number = 0
            while not ended.wait(_NEXT_S):
                number += 1
                demo_jobs.publish_one(number)
                if number == _AGAIN_AT:
                    with suppress(ProgressError), Source.of_api(address, None, locale) as api:
                        api.again(failing)

        daemon("progress-demo", publish)
        ctx.obj = SimpleNamespace(app=demo_jobs.app)
        ctx.invoke(watch, page_url=address)


def _start(stack: ExitStack, port: int, more: list[str], *, taken: bool) -> str:
    """Starts worker and API, which end with the stack; returns the page's address.

    Args:
        stack: ends them.
        port: where the page is served.
        more: further options of `serve`.
        taken: whether another port is used where this one is taken.

    Raises:
        click.ClickException: one of them ended, or the page is not served in time.
    """
    with socket.socket() as probe:
        if taken and probe.connect_ex(("127.0.0.1", port)) == 0:
            port = 0
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    worker = ["-m", "celery", "-A", _APP, "worker", "-c", "4", "-l", "WARNING"]
    api = ["-c", _CLI, "serve", "-A", _APP, "--start", "--port", str(port), *more]
    started: dict[Path, subprocess.Popen[bytes]] = {}
    for name, arguments in (("worker", worker), ("api", api)):
        with (folder / name).open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches this process alone
                preexec_fn=die_with_parent(),  # noqa: PLW1509 - the child only calls prctl
            )
        started[folder / name] = process
        stack.callback(end_process, process)
    deadline = time.monotonic() + _READY_S
    while not (found := re.search(r"http://\S+", (folder / "api").read_text())):
        dead = [path for path, process in started.items() if process.poll() is not None]
        if dead or time.monotonic() > deadline:
            why = dead[0] if dead else folder / "api"
            raise click.ClickException(f"the {why.name} did not start:\n{why.read_text()[-2000:]}")
        time.sleep(0.05)
    return found[0]
