"""What `make run` starts: a store, the price source, a worker, beat, the API, Flower and jobs."""

from __future__ import annotations

import os
import socket
import time
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Final

import click
import redis
from tzlocal import get_localzone_name

from progress_backend.addresses import without_password
from progress_backend.cli.demo_command import start_parts, start_store
from progress_backend.cli.watch_command import watch
from progress_backend.errors import SettingsError
from progress_backend.settings import Settings
from progress_backend.store.bounded_connection import Deadline
from progress_backend.store.connection import sync_client
from progress_backend.terminal.opening import language

_CELERY: Final = ("-m", "celery", "-A", "workers.app")
#: Flower's list leaves out the result, which is where a running task's figures stand.
_COLUMNS: Final = "--tasks_columns=name,state,result,received,runtime,worker,uuid"
_PORT: Final = click.IntRange(0, 65535)


@click.command()
@click.option("--host", envvar="API_HOST", default="127.0.0.1", help="Of API and Flower.")
@click.option("--port", envvar="API_PORT", type=_PORT, default=8004)
@click.option("--flower-port", envvar="FLOWER_PORT", type=_PORT, default=5555)
@click.option("--folder", type=Path, default=Path(".run"), help="For logs and prices.")
@click.option("--delay-ms", default=300, help="What the price source lets each page wait.")
@click.pass_context
def run(
    ctx: click.Context, host: str, port: int, flower_port: int, folder: Path, delay_ms: int
) -> None:
    """Start everything on this machine, until Ctrl-C; the store is in memory unless
    PROGRESS_REDIS_URL names one."""
    begun = time.monotonic()
    with ExitStack() as stack:
        folder.mkdir(parents=True, exist_ok=True)
        url = _named_store() or start_store(stack)
        # All parts, this process's own app included, read the URLs from the environment.
        for name, default in {
            "PROGRESS_REDIS_URL": url,
            "CELERY_BROKER_URL": url,
            "CELERY_RESULT_BACKEND": url,
            "PROGRESS_LOCALE": language(Settings.from_sources(None, os.environ), None),
            "PROGRESS_TIMEZONE": get_localzone_name(),
            "PRICES_DB_URL": f"sqlite:///{folder.resolve()}/prices.db",
            "PYTHONUNBUFFERED": "1",
        }.items():
            os.environ[name] = os.environ.get(name) or default
        os.environ |= {"API_HOST": host, "API_PORT": str(port)}
        prices = _free_port()
        os.environ["PRICES_URL"] = f"http://127.0.0.1:{prices}"
        source = ["-m", "workers.price_source", f"--port={prices}", f"--delay-ms={delay_ms}"]
        schedule = f"--schedule={folder.resolve() / 'beat-schedule'}"
        flower = ["flower", f"--address={host}", f"--port={flower_port or _free_port()}", _COLUMNS]
        parts = {
            "prices": (source, r"http://\S+"),
            "worker": ([*_CELERY, "worker", "-c", "2", "-l", "INFO"], r" ready\.$"),
            "beat": ([*_CELERY, "beat", "-l", "INFO", schedule], "beat: Starting"),
            "API": (["-m", "api.app"], r"http://\S+"),
            "Flower": ([*_CELERY, *flower], r"(?<=Visit me at )\S+"),
        }
        found = start_parts(stack, folder, parts, begun)
        from . import tasks, workflows  # after the environment has all URLs
        from .app import app

        for symbol, period in ("AAPL", "5y"), ("MSFT", "2y"), ("GOOG", "1y"), ("NOSUCH", "1y"):
            tasks.fetch_data.delay(symbol, period)
        tasks.bulk_import.delay(["IBM", "FB", "MSFT"], "1y")
        workflows.fetch_and_merge(["IBM", "FB", "MSFT", "GOOG"], ["1mo", "3mo"]).delay()
        click.echo(f"  page    {found['API']}/\n  API     {found['API']}/docs")
        click.echo(f"  Flower  {found['Flower']}\n  store   {without_password(url)}")
        click.echo(f"  logs    {folder}\nin a second terminal, in this folder:")
        click.echo(f"  export PROGRESS_REDIS_URL={without_password(url)}")
        click.echo("  .venv/bin/progress-backend watch")
        click.echo("""  .venv/bin/celery -A workers.app call fetch_data -a '["AAPL"]'""")
        click.echo("Ctrl-C ends all of it.")
        ctx.obj = SimpleNamespace(app=app)
        ctx.invoke(watch, page_url=found["API"])


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _named_store() -> str | None:
    """The store that the environment names, if it answers."""
    url = None
    try:
        settings = Settings.from_sources(None, os.environ)
        if (url := settings.redis_url) is not None:
            with sync_client(settings, Deadline(3.0)) as client:
                client.ping()
        return url
    except SettingsError as error:
        raise click.ClickException(str(error)) from error
    except (redis.RedisError, OSError) as error:
        raise click.ClickException(
            f"the store {without_password(url or '')} does not answer ({error}): start it, or "
            "unset PROGRESS_REDIS_URL to run with one in memory"
        ) from error


if __name__ == "__main__":
    run()
