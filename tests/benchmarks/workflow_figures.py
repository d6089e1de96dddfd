"""A workflow of any size: the read of its status, and what membership costs a task's record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from time import perf_counter_ns

import redis

from progress_backend.embedded import EmbeddedServer
from progress_backend.flows import workflows
from progress_backend.flows.gather import together
from progress_backend.record import events as ev
from progress_backend.record.model import Member, Worker
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store

from .rounds import Rounds
from .row import Row

MEMBER, PLAIN = "member", "plain task"
#: What a member's commit does besides at least: its status' sets, its share, what was asked.
_LEAST = """
redis.call('HGET', KEYS[1], 'act')
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('ZADD', KEYS[3], ARGV[2], ARGV[1])
redis.call('HINCRBY', KEYS[1], 'share', 250)
"""
_MORE_US, _MORE_BYTES = 5.0, 500
_FAILED = 5
_TOGETHER = 500


def measure(quick: bool) -> list[Row]:
    """A row of the read, one of a commit at the server, one of memory."""
    sizes, each, rounds = ((10, 200), 50, 2) if quick else ((10, 100_000), 500, 20)
    with EmbeddedServer() as server, Store(Settings(redis_url=server.url)) as store:
        for size in sizes:
            _fill(store, [f"{size}/{n}" for n in range(size)], Member((f"w{size}",)))
        reads = Rounds.of({f"{n:,} members": _read(store, f"w{n}", each) for n in sizes}, rounds)
    with EmbeddedServer() as server, Store(Settings(redis_url=server.url)) as store:
        sides = {MEMBER: Member(("w",)), PLAIN: None}
        lives = {name: _lives(store, name, of, server.pid, each) for name, of in sides.items()}
        with redis.Redis.from_url(server.url) as client:
            bare = {text: _script(client, text, server.pid, 4 * each) for text in ("", _LEAST)}
            commits = Rounds.of({**lives, **bare}, rounds)
    taken = {name: _bytes_of(each * 40, member) for name, member in sides.items()}
    small, large = (f"{n:,} members" for n in sizes)
    more_us = commits.medians()[MEMBER] - commits.medians()[PLAIN]
    least_us = commits.medians()[_LEAST] - commits.medians()[""]
    more_bytes = taken[MEMBER] - taken[PLAIN]
    return [
        Row(
            what=f"status of a workflow of {sizes[1]:,} members",
            unit="µs",
            figures={large: reads.medians()[large], small: reads.medians()[small]},
            peer=small,
            ratio=reads.ratio(large, small),
            target=1.2,
            notes=(
                "half of its members have ended, the first five of these failed",
                reads.spread(large, small),
            ),
        ),
        Row(
            what="a commit of a workflow's member, more than a plain task's",
            unit="µs",
            figures={"more": more_us, "allowed": _MORE_US, "the least": least_us},
            peer="allowed",
            ratio=more_us / _MORE_US,
            target=1.0,
            notes=(
                f"processor time of the server, {each} lives of create, start, value and end a "
                f"round: member {commits.medians()[MEMBER]:.1f} µs, plain "
                f"{commits.medians()[PLAIN]:.1f} µs a commit; {commits.spread(MEMBER, PLAIN)}",
                "the least: HGET, ZREM, ZADD and HINCRBY in a script, less one that does nothing",
            ),
        ),
        Row(
            what="bytes of Redis a workflow's member, more than a plain task's",
            unit="bytes",
            figures={"more": more_bytes, "allowed": _MORE_BYTES},
            peer="allowed",
            ratio=more_bytes / _MORE_BYTES,
            target=1.0,
            notes=(f"used_memory after before, {each * 40:,} records each",),
        ),
    ]


def _fill(store: Store, ids: Sequence[str], member: Member | None) -> None:
    """Begins records; every second one has ended, the first of these failed."""
    identity = _identity(member)
    for start in range(0, len(ids), _TOGETHER):
        part, now = ids[start : start + _TOGETHER], store.now()
        begun = [store.flows.apply(i, (ev.Created(identity=identity),), now) for i in part]
        store.run(together(begun))
        end: ev.Event = ev.Completed()
        if not start:
            end = ev.Failed(error_message="no answer", cause="exception")
        some = part[::2] if start else part[: 2 * _FAILED : 2]
        store.run(together([store.flows.apply(i, (end,), now) for i in some]))


def _identity(member: Member | None) -> ev.Identity:
    return ev.Identity(task_type="fetch_data", total_items=252, symbol="7203.T", member=member)


def _read(store: Store, workflow_id: str, times: int) -> Callable[[], float]:
    """Microseconds of a read."""

    def a_round() -> float:
        began = perf_counter_ns()
        for _ in range(times):
            assert store.run(workflows.status(store.flows, workflow_id, store.now())) is not None
        return (perf_counter_ns() - began) / times / 1000

    return a_round


def _lives(
    store: Store, name: str, member: Member | None, server: int, lives: int
) -> Callable[[], float]:
    """Microseconds of the server's processor a commit."""
    identity, worker = _identity(member), Worker("celery@host/1", "celery@host")
    steps: tuple[ev.Event, ...] = (
        ev.Created(identity=identity),
        ev.Started(identity=identity, worker=worker),
        ev.Progressed(current=1),
        ev.Completed(),
    )
    numbers = count()

    def a_round() -> float:
        before = _spent_ns(server)
        for _ in range(lives):
            task_id, base = f"{name}/{next(numbers)}", None
            for step in steps:
                flow = store.flows.apply(task_id, (step,), store.now(), base=base)
                base = store.run(flow).base
        return (_spent_ns(server) - before) / lives / len(steps) / 1000

    return a_round


def _script(client: redis.Redis, text: str, server: int, times: int) -> Callable[[], float]:
    """Microseconds of the server's processor a call of a script."""
    script, names = client.register_script(text), ["hash", "left", "entered"]
    numbers = count()

    def a_round() -> float:
        before = _spent_ns(server)
        for _ in range(times):
            number = next(numbers)
            script(keys=names, args=[f"{number % 1000}", number])
        return (_spent_ns(server) - before) / times / 1000

    return a_round


def _bytes_of(size: int, member: Member | None) -> float:
    """Bytes a record."""
    with EmbeddedServer() as server, Store(Settings(redis_url=server.url)) as store:
        with redis.Redis.from_url(server.url) as client:
            before = client.info("memory")["used_memory"]
            _fill(store, [f"{n:08}" for n in range(size)], member)
            return (client.info("memory")["used_memory"] - before) / size


def _spent_ns(pid: int) -> int:
    """Processor time of a process's first thread; it is the one that serves."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])
