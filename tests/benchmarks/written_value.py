"""One written progress value, from the event to the record, as the sender's thread writes it."""

from collections.abc import Callable
from time import perf_counter_ns, thread_time_ns

import redis
from celery import Celery

from progress_backend.embedded import EmbeddedServer
from progress_backend.record import events as ev
from progress_backend.record.default_texts import progress_text
from progress_backend.record.model import Worker
from progress_backend.runs.run import Run
from progress_backend.runs.sender import Sender
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store

from .processor import on_one_core, spent_ns
from .rounds import Rounds
from .row import Row

OURS, PEER = "event to record", "update_state"
TASK_ID = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"


def measure(quick: bool) -> list[Row]:
    """One row."""
    writes, rounds = (100, 3) if quick else (500, 30)
    with EmbeddedServer() as server, on_one_core([server.pid]):
        client = redis.Redis.from_url(server.url)
        ours, theirs = our_write(server.url), _celery_write(server.url)
        for write, trips in ((ours, 1), (theirs, 2)):
            _assert_round_trips(client, write, trips)
        calls = {OURS: ours, PEER: theirs}
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


def _microseconds(write: Callable[[], None], count: int, server: int, wall: list[float]) -> float:
    """Processor time of this thread and the server for one of `count` calls."""
    spent, began = thread_time_ns() + spent_ns(server), perf_counter_ns()
    for _ in range(count):
        write()
    wall.append((perf_counter_ns() - began) / count / 1000)
    return (thread_time_ns() + spent_ns(server) - spent) / count / 1000


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
