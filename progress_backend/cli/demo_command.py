"""The command `demo`: a store, a worker, the page and jobs, without any set-up."""

from __future__ import annotations

import os
import socket
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
from ..errors import ProgressError
from ..settings import Settings
from ..terminal.opening import language
from ..terminal.source import Source
from .parts import start_parts, start_store
from .session import need
from .watch_command import watch

_APP: Final = "progress_backend.demo_jobs"
_CLI: Final = "from progress_backend.cli import main; main()"
_PORT: Final = 8004
#: Seconds between two more jobs.
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
    need("api", "fastapi", "uvicorn")
    begun = time.monotonic()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        store = start_store(stack)
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
        with socket.socket() as probe:
            taken = port is None and probe.connect_ex(("127.0.0.1", _PORT)) == 0
        at = str(0 if taken else _PORT if port is None else port)
        more = ["--insecure"] if insecure else []
        worker = ["-m", "celery", "-A", _APP, "worker", "-c", "4", "-l", "INFO"]
        page = ["-c", _CLI, "serve", "-A", _APP, "--start", "--port", at, *more]
        answers = {"worker": (worker, r" ready\.$"), "page": (page, r"http://\S+")}
        address = start_parts(stack, folder, answers, begun)["page"]
        click.echo(f"{address}/  (Ctrl-C ends all of it)")
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
                    with suppress(ProgressError), Source.of_api(address, None, locale) as api:
                        api.act("cancel", [cancelled])
                        api.again(failing)

        daemon("progress-demo", publish)
        ctx.obj = SimpleNamespace(app=demo_jobs.app)
        ctx.invoke(watch, page_url=address)
