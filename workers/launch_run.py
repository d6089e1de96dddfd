"""One run from its checks to its end."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace
from http.client import HTTPException
from typing import TYPE_CHECKING, Final, NoReturn
from urllib.request import ProxyHandler, build_opener

from progress_backend.addresses import without_password
from progress_backend.embedded import EmbeddedServer, EmbeddedServerError
from progress_backend.errors import StoreUnavailable, TaskNotFound
from progress_backend.record.list_request import ListRequest
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from progress_backend.terminal.lines import Lines
from progress_backend.terminal.opening import language
from progress_backend.terminal.readers import ListReader
from progress_backend.terminal.shows import show_in_terminal
from progress_backend.terminal.source import Source
from progress_backend.terminal.view import View
from progress_backend.tracking.tracker import settings_of

from . import launch_checks as checks
from . import launch_jobs as jobs
from .launch_fleet import Child, Fleet, LaunchError

if TYPE_CHECKING:
    from progress_backend.terminal.live_bars import Bars

#: Seconds until all must work: a first start on a busy machine takes its time.
READY_S: Final = 90.0
#: Seconds until the demo's jobs must have ended.
DEMO_S: Final = 180.0
STORE_TIMEOUT_S: Final = 2.0
LOOPBACK: Final = "127.0.0.1"
_LOOK_S: Final = 0.5
#: Flower's list leaves out the result, which is where a running task's figures stand.
_COLUMNS: Final = "--tasks_columns=name,state,result,received,runtime,worker,uuid"
_CELERY: Final = ("-m", "celery", "-A", "workers.app")


def launch(given: argparse.Namespace) -> int:
    """Starts the processes, shows their jobs, and ends them; returns the exit code.

    Raises:
        LaunchError: something is missing, did not start, or ended on its own.
    """
    make = os.getppid() if "MAKELEVEL" in os.environ else None
    terminal = sys.stdout.isatty()
    named = checks.store_url(os.environ)
    wanted = {"API": (given.port, "API_PORT"), "Flower": (given.flower_port, "FLOWER_PORT")}
    port, flower_port = checks.ports(given.host, wanted)
    with ExitStack() as stack:
        stack.enter_context(checks.locked(given.folder))
        url = named or _embedded(stack)
        # All parts, this process's own app included, read the URLs from the environment.
        os.environ["PROGRESS_REDIS_URL"] = url
        for name, default in (
            ("CELERY_BROKER_URL", url),
            ("CELERY_RESULT_BACKEND", url),
            ("PROGRESS_LOCALE", language(Settings.from_sources(None, os.environ), None)),
            ("PROGRESS_TIMEZONE", checks.readers_zone(os.environ)),
            ("PRICES_DB_URL", f"sqlite:///{given.folder.resolve()}/prices.db"),
        ):
            os.environ[name] = os.environ.get(name) or default
        fleet = stack.enter_context(Fleet(given.folder, given.root))
        _say("starting price source, worker, beat, API and Flower: some ten seconds …")
        _start(fleet, given, port, flower_port)
        from .app import app  # after the environment has all URLs

        settings = settings_of(app)
        store = stack.enter_context(Store(settings, timeout_s=STORE_TIMEOUT_S))
        demo = given.mode == "demo"
        published = jobs.publish(jobs.DEMO if demo else jobs.RUN)
        source = stack.enter_context(Source.of_store(settings, language(settings, app)))
        show = show_in_terminal(source.locale)
        stack.enter_context(show)
        for line in _addresses(given, port, flower_port, url, embedded=named is None):
            show.say(line)

        def check() -> None:
            for name in fleet.check():
                show.say(f"the {name} was killed, and is started again")
            if make is not None and os.getppid() != make:
                raise LaunchError("make was killed, and with it what it started")
            # SIGHUP goes to the terminal's first process alone, and make does not pass it on.
            if terminal and not sys.stdout.isatty():
                raise LaunchError("the terminal is gone")

        try:
            if not demo:
                _stay(source, show, check)
            reader = jobs.JobsReader(source, published)
            return _demo(store, show, published, reader, check)
        except BaseException:  # Ctrl-C and signals too, each of them passed on
            with suppress(OSError):  # the terminal may be what is gone
                show.say("ending what was started …")
            raise


def _embedded(stack: ExitStack) -> str:
    try:
        return stack.enter_context(EmbeddedServer()).url
    except EmbeddedServerError as error:
        raise LaunchError(str(error)) from error


def _start(fleet: Fleet, given: argparse.Namespace, port: int, flower_port: int) -> None:
    """Starts all processes; returns when all work."""

    def answers(host: str, port: int, path: str) -> Callable[[Child], bool]:
        return lambda _: _answers(host, port, path)

    prices = checks.port("price source", LOOPBACK, 0, "")
    os.environ["PRICES_URL"] = _url(LOOPBACK, prices)
    source = ["-m", "workers.price_source", f"--port={prices}", f"--delay-ms={given.delay_ms}"]
    fleet.start("prices", source, answers(LOOPBACK, prices, "/health"))
    worker = [*_CELERY, "worker", "--pool=prefork", "-c", "2", "-E", "-l", "INFO"]
    fleet.start("worker", worker, lambda child: bool(child.said(r" ready\.$")), again=True)
    beat = [*_CELERY, "beat", "-l", "INFO", "-s", str(given.folder.resolve() / "beat-schedule")]
    fleet.start("beat", beat, lambda child: bool(child.said("beat: Starting")))
    os.environ.update(API_HOST=given.host, API_PORT=str(port))
    fleet.start("api", ["-m", "api.app"], answers(given.host, port, "/internal/health"))
    flower = [*_CELERY, "flower", f"--address={given.host}", f"--port={flower_port}", _COLUMNS]
    fleet.start("flower", flower, answers(given.host, flower_port, "/healthcheck"))
    fleet.wait_ready(READY_S)


def _answers(host: str, port: int, path: str) -> bool:
    """Whether a GET is answered with 200."""
    try:
        # Through no proxy that the environment may name: it is this machine.
        with build_opener(ProxyHandler({})).open(_url(host, port) + path, timeout=1) as response:
            return bool(response.status == 200)
    except (OSError, HTTPException):
        return False


def _url(host: str, port: int) -> str:
    """The URL by which a browser on this machine reaches a server on this host and port."""
    # It replaces the address of all interfaces, and binds nothing.
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # nosec B104
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _addresses(
    given: argparse.Namespace, port: int, flower_port: int, url: str, *, embedded: bool
) -> Iterator[str]:
    where = "embedded, in memory" if embedded else "yours"
    yield f"  web        {_url(given.host, port)}/"
    yield f"  API        {_url(given.host, port)}/docs"
    yield f"  Flower     {_url(given.host, flower_port)}/"
    yield f"  store      {without_password(url)}  ({where})"
    yield f"  logs       {given.folder}"
    if given.mode == "run":
        yield "in a second terminal, in this folder:"
        yield f"  export PROGRESS_REDIS_URL={without_password(url)}"
        yield "  .venv/bin/progress-backend watch"
        yield """  .venv/bin/celery -A workers.app call fetch_data -a '["AAPL"]'"""


def _stay(source: Source, show: Lines | Bars, check: Callable[[], None]) -> NoReturn:
    """Shows all tasks of the store until a signal or the end of one of the processes."""
    reader = ListReader(source, ListRequest(top=True, limit=50))
    show.say("Ctrl-C ends all of it.")
    while True:
        check()
        show.show(reader.read())
        time.sleep(_LOOK_S)


def _demo(
    store: Store,
    show: Lines | Bars,
    published: dict[str, jobs.Job],
    reader: jobs.JobsReader,
    check: Callable[[], None],
) -> int:
    """Shows the demo's jobs to their ends; 0 if each ended as it should."""
    guide = jobs.Guide(store, published, show.say)
    deadline, view = time.monotonic() + DEMO_S, View()
    while not view.ended:
        check()
        try:
            view = reader.read()
            guide.look(view.tasks)
        except (TaskNotFound, StoreUnavailable):
            pass  # a record may come late; the deadline is the bound
        if time.monotonic() > deadline:
            break
        if not view.ended:
            show.show(view)
            time.sleep(_LOOK_S)
    show.final(replace(view, counts=Counter(task.status for task in view.tasks)))
    wrong = jobs.unexpected(published, view.tasks)
    if wrong:
        raise LaunchError("the demo did not go as it should:\n  " + "\n  ".join(wrong))
    _say(f"demo: all {len(published)} jobs ended as they should; what it started ends now.")
    _say("To keep it all running, with the page and your own jobs: make run")
    return 0


def _say(text: str) -> None:
    print(text, flush=True)
