"""One written progress value, from the event to the record, as the sender's thread writes it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter_ns, thread_time_ns

import redis
from celery import Celery

from progress_backend.embedded import EmbeddedServer
from progress_backend.flows.commands import Commit
from progress_backend.record import events as ev
from progress_backend.record.default_texts import progress_text
from progress_backend.record.model import Worker
from progress_backend.record.task_json import digest
from progress_backend.runs.run import Run
from progress_backend.runs.sender import Sender
from progress_backend.settings import Settings
from progress_backend.store.command_table import plan
from progress_backend.store.drivers import Store

from .rounds import Rounds
from .row import Row

OURS, PEER, SCRIPT, PING = "event to record", "update_state", "bare commit script", "PING"
TASK_ID = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"


def measure(quick: bool) -> list[Row]:
    """One row."""
    writes, rounds = (100, 3) if quick else (500, 30)
    with EmbeddedServer() as server, _on_one_core(server.pid):
        client = redis.Redis.from_url(server.url)
        ours, theirs = our_write(server.url), _celery_write(server.url)
        script = _bare_script(client, server.url)
        for write, trips in ((ours, 1), (theirs, 2)):
            _assert_round_trips(client, write, trips)
        calls = {
            OURS: ours,
            PEER: theirs,
            SCRIPT: script,
            PING: lambda: client.execute_command("PING"),
        }
        wall: dict[str, list[float]] = {name: [] for name in calls}

        def a_round(name: str) -> Callable[[], float]:
            return lambda: _microseconds(calls[name], writes, server.pid, wall[name])

        measured = Rounds.of({name: a_round(name) for name in calls}, rounds)
        client.close()
    return [
        Row(
            what="one written progress value, event to recorded",
            unit="µs",
            figures=measured.medians(),
            peer=PEER,
            ratio=measured.ratio(OURS, PEER),
            target=0.5,
            stretch=0.35,
            notes=(
                "counted at the server: 1 EVALSHA and 1 read of the socket a value; update_state 2",
                "processor time of client and server, which share one core",
                f"wall time of the calmest rounds: {min(wall[OURS]):.1f} µs, "
                f"update_state {min(wall[PEER]):.1f} µs",
                measured.spread(OURS, PEER),
            ),
        )
    ]


def our_write(url: str) -> Callable[[], None]:
    """Has the sender write the next value of a running task, as its thread does."""
    settings = Settings(redis_url=url, timezone="Asia/Tokyo")
    sender = Sender(Store(settings), None)
    identity = ev.Identity(
        task_type="fetch_data", total_items=10**6, symbol="7203.T", metadata={"market": "TSE"}
    )
    run = Run(TASK_ID, identity, sender)
    worker = Worker("celery@host/0123456789abcdef", "celery@host")
    assert sender.record(run, TASK_ID, ev.Started(identity=identity, worker=worker)) is not None
    sender.opened(run)

    def write() -> None:
        run.current += 1
        run.pending = True
        sender.flush(everything=True)
        assert run.base is not None
        assert run.base.task.current_items == run.current

    return write


def _celery_write(url: str) -> Callable[[], None]:
    """What a job does without this library: `update_state` with the same figures."""
    app = Celery("peer", broker=url, backend=url, set_as_current=False)

    @app.task(bind=True, shared=False, name="peer.task")
    def task(self: object) -> None:
        """Never run: its update_state is called with an id."""

    counted = iter(range(1, 10**9))

    def write() -> None:
        current = next(counted)
        message = progress_text("ja", current, 10**6)
        percent = current * 1000 // 10**6 / 10
        meta = {"current": current, "total": 10**6, "percent": percent, "description": message}
        task.update_state(task_id=TASK_ID, state="PROGRESS", meta=meta)

    return write


def _bare_script(client: redis.Redis, url: str) -> Callable[[], object]:
    """The script as a progress value calls it, its arguments ready, through redis-py alone."""
    identity = ev.Identity(task_type="fetch_data", total_items=10**6, symbol="7203.T")
    with Store(Settings(redis_url=url, timezone="Asia/Tokyo")) as store:
        started = ev.Started(identity=identity, worker=Worker("bare/01234567", "bare"))
        now = store.now()
        base = store.run(store.flows.apply("bare", (started,), now)).base
        progressed = ev.Progressed(current=1, message=progress_text("ja", 1, 10**6))
        command = next(store.flows.apply("bare", (progressed,), now, base=base))
        assert isinstance(command, Commit)
        assert store.execute(command).done
        again = command._replace(expected=digest(command.document))
        (request,) = plan(again, store.layout).requests
    assert client.execute_command(*request) == [1]
    return lambda: client.execute_command(*request)


def _microseconds(write: Callable[[], object], count: int, server: int, wall: list[float]) -> float:
    """Processor time of this thread and the server for one of `count` calls."""
    spent, began = thread_time_ns() + _spent_ns(server), perf_counter_ns()
    for _ in range(count):
        write()
    wall.append((perf_counter_ns() - began) / count / 1000)
    return (thread_time_ns() + _spent_ns(server) - spent) / count / 1000


def _spent_ns(pid: int) -> int:
    """Processor time of a process's first thread; it is the one that serves."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])


def _assert_round_trips(client: redis.Redis, write: Callable[[], None], trips: int) -> None:
    """Counts at the server: reads of its sockets, and scripts called."""
    count = 50
    write()  # connects, loads the script
    client.config_resetstat()
    for _ in range(count):
        write()
    reads = client.info("stats")["total_reads_processed"] - 1  # this INFO is one
    scripts_called = client.info("commandstats").get("cmdstat_evalsha", {"calls": 0})["calls"]
    assert reads == trips * count, f"{reads / count} round trips a value, not {trips}"
    assert scripts_called == (count if trips == 1 else 0), f"{scripts_called} scripts"


@contextmanager
def _on_one_core(server_pid: int) -> Iterator[None]:
    """Client and server on one core: a wake-up of another one costs more than the command."""
    before = os.sched_getaffinity(0)
    core = {max(before)}
    os.sched_setaffinity(0, core)
    os.sched_setaffinity(server_pid, core)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
