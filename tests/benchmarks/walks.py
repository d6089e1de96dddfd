"""How far one operation walks through the library: files entered, Python calls, ways back; of a
read by HTTP also the files of web before its first line of work.

Counted with `sys.setprofile` in the operation's own thread, after the same operation has run twice,
so that what is made once is made. It prints a table of its own; the figures are the same on each
machine.
"""

import asyncio
import sys
from collections.abc import Callable, MutableMapping
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

from celery import Celery, group
from celery.app.trace import build_tracer

import progress_backend
from progress_backend.embedded import EmbeddedServer
from progress_backend.flows.stored_record import milliseconds
from progress_backend.operations import leases
from progress_backend.record import events as ev
from progress_backend.record.model import TaskStatus, Worker
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from progress_backend.tracking.lost_runs import LostRunCheck
from progress_backend.web import create_app
from progress_backend.web.state import lifespan

from . import cloned_records
from .jobs import make_app
from .row import Row
from .written_value import our_write

_OURS = str(Path(progress_backend.__file__).parent)
_WEB, _STORE = f"{_OURS}/web/", f"{_OURS}/store/"
#: Parts of a function that newer Pythons do not call.
_PARTS = frozenset({"<genexpr>", "<listcomp>", "<setcomp>", "<dictcomp>"})
VALUE, PUBLISH = "a value, sender's thread -> Redis", "publish -> record"
MEMBER, TASK = "one of a group of 100 -> record", "a no-op task, start to end"
LOST, READ = "one lost record found", "GET status"
#: Of each walk what is wanted: files, calls, ways back.
WANTED = {
    VALUE: (22, 70, 15),
    PUBLISH: (24, 85, 18),
    MEMBER: (50, 80, 20),
    TASK: (60, 330, 120),
    LOST: (28, 220, 60),
    READ: (22, 90, 18),
}
#: Of a read, the files of web that are entered before the store's first one.
WEB_BEFORE = 6


class Walk(NamedTuple):
    """What one operation entered. A way back is a call into another file than the last one's, which
    was entered before."""

    files: int
    calls: int
    back: int
    web: int


def walked(operation: Callable[[], object]) -> Walk:
    """Counts the library's Python functions that the operation calls in this thread."""
    seen: set[str] = set()
    calls = back = web = 0
    last = ""

    def count(frame: FrameType, event: str, _: Any) -> None:
        nonlocal calls, back, last, web
        name = frame.f_code.co_filename
        if event != "call" or not name.startswith(_OURS) or frame.f_code.co_name in _PARTS:
            return
        calls += 1
        if not any(file.startswith(_STORE) for file in seen):
            web = sum(file.startswith(_WEB) for file in seen)
        back += name != last and name in seen
        seen.add(name)
        last = name

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        operation()
    finally:
        sys.setprofile(before)
    return Walk(len(seen), calls, back, web)


def measure(quick: bool) -> list[Row]:
    """Prints the table; no row, since nothing is timed."""
    with EmbeddedServer() as server:
        base = server.url.rpartition("/")[0]
        walks = of_jobs(base)
        with Store(Settings(redis_url=f"{base}/3")) as store:
            lose = _losses(store)
            lose()
            _run_out(store, "lost-2")
            walks[LOST] = walked(lose)
            walks[READ] = _of_a_read(Settings(redis_url=f"{base}/4"))
            found = store.run(store.flows.get("lost-2"))
            assert found is not None
            assert f'"{TaskStatus.ERROR}"'.encode() in found
    print(f"\n{'':36}{'files':>12}{'calls':>12}{'ways back':>12}")
    for name, wanted in WANTED.items():
        walk = walks[name]
        pairs = zip((walk.files, walk.calls, walk.back), wanted, strict=True)
        print(f"{name:36}" + "".join(f"{f'{have} / {most}':>12}" for have, most in pairs))
    print(f"{'GET status: web before the store':36}{f'{walks[READ].web} / {WEB_BEFORE}':>12}")
    print(
        "    now / wanted at most; published is the task `noop`, alone, by delay(); a value's call "
        "in the job and its hand-over are not counted; the lost record is the only one of its lease"
    )
    return []


def _of_a_read(settings: Settings) -> Walk:
    """A read of a new document of a running task, by HTTP without a server."""
    with Store(settings) as store, asyncio.Runner() as runner:
        app, ids = create_app(settings), cloned_records.running(store, 2)
        context = lifespan(app)
        runner.run(context.__aenter__())

        async def received() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def read(task_id: str) -> None:
            sent: list[MutableMapping[str, Any]] = []

            async def send(message: MutableMapping[str, Any]) -> None:
                sent.append(message)

            path = f"/internal/task/{task_id}/status"
            local = {"server": ("127.0.0.1", 80), "client": ("127.0.0.1", 1), "scheme": "http"}
            asked = {"type": "http", "method": "GET", "path": path, "query_string": b""}
            await app({**local, **asked, "headers": [(b"host", b"127.0.0.1")]}, received, send)
            assert sent[0]["status"] == 200

        async def settled() -> None:
            while not app.state.progress.listener.connected:
                await asyncio.sleep(0.01)

        runner.run(settled())
        runner.run(read(ids[0]))
        walk = walked(lambda: runner.run(read(ids[1])))
        runner.run(context.__aexit__(None, None, None))
        return walk


def of_jobs(base: str) -> dict[str, Walk]:
    """The walks of a job's events, in the databases of a server."""
    app = make_app(f"{base}/2", 0.0)
    noop = app.tasks["noop"]
    members = group([noop.si() for _ in range(100)], app=app)
    operations: dict[str, Callable[[], object]] = {
        TASK: _run(app),
        VALUE: our_write(f"{base}/1"),
        PUBLISH: noop.delay,
        MEMBER: members.apply_async,
    }
    for operation in (*operations.values(), *operations.values()):
        operation()
    walks = {name: walked(operation) for name, operation in operations.items()}
    calls, back = walks[MEMBER].calls // 100, walks[MEMBER].back // 100
    return {**walks, MEMBER: walks[MEMBER]._replace(calls=calls, back=back)}


def _run(app: Celery) -> Callable[[], object]:
    """Runs the next of three published no-op tasks, as a pool's process does."""
    noop, requests = app.tasks["noop"], list[dict[str, Any]]()
    trace = build_tracer("noop", noop, app=app, hostname="celery@host")
    with app.connection_for_read() as connection:
        queue = connection.SimpleQueue(app.conf.task_default_queue)
        for _ in range(3):
            noop.delay()
            message = queue.get(timeout=10)
            message.ack()
            about = {"hostname": "celery@host", "is_eager": False}
            requests.append({**message.headers, "delivery_info": message.delivery_info, **about})
        queue.close()
    left = iter(requests)

    def run() -> None:
        request = next(left)
        trace(request["id"], (), {}, request)

    return run


def _losses(store: Store) -> Callable[[], None]:
    """A pass that finds what has run under leases that ran out; one record is there."""
    judge = LostRunCheck(store, None, "benchmark", lambda: True)
    _run_out(store, "lost-1")

    def find() -> None:
        judge.dead(judge.over())

    return find


def _run_out(store: Store, task_id: str) -> None:
    """Makes a running record that was written minutes ago, with a lease that has run out."""
    store.ready()
    lease = f"gone@host/{task_id}"
    identity = ev.Identity(task_type="fetch_data", total_items=100, symbol="7203.T")
    started = ev.Started(identity=identity, worker=Worker(lease, "gone@host"))
    now = store.now() - timedelta(minutes=2)  # an older lease is deleted
    store.run(store.flows.apply(task_id, (started,), now))
    store.execute(leases.renew(lease, milliseconds(now)))
