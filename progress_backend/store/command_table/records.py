"""Commands about records: read, commit, extend the TTL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from typing import Any, Final

from ...flows import commands as c
from ...operations.call import Request
from ...operations.index_entry import read_facets, write_facets
from ...operations.keys import Keys
from ...operations.partitions import Layout
from ...operations.requests import evalsha
from ...operations.scripts import SCRIPTS
from ...operations.values import text
from ...operations.webhooks import noted
from ...record import past_runs
from ...record.document_check import MAX_DOCUMENT_BYTES, OTHER_TYPE
from ...record.past_runs import PastRun
from .entry import Entry, Part, grouped, in_order, nothing, of_its_task, of_its_tasks
from .light import LIGHT
from .members import (
    begins_member,
    commit_of_member,
    commit_of_members,
    compared,
    is_member,
    publish,
)
from .standing import by_end, indexes
from .timelines import remembered
from .times import times_of

_COMMITTED = c.Committed(True)
#: First commits that one script does.
_IN_ONE_REQUEST = 50
#: Last byte that is read of the runs of a type, which are a third as long.
_MOST_OF_RUNS: Final = 4_095


def _read(command: c.Read, keys: Keys) -> list[Request]:
    names = [keys.task(task_id) for task_id in command.task_ids]
    if command.light:
        return [evalsha(SCRIPTS["read"], names, MAX_DOCUMENT_BYTES, *LIGHT)] if names else []
    # A script takes Redis twice as long for a document, and MGET would send a value of any length
    # that another program has put there.
    return [("GETRANGE", name, 0, MAX_DOCUMENT_BYTES) for name in names]


def _documents(command: c.Read, replies: list[Any]) -> list[bytes | None]:
    if command.light:
        return replies[0] if replies else []
    return [_stored(reply) for reply in replies]


def _stored(reply: bytes | None) -> bytes | None:
    """The value of a GETRANGE reply, which is an empty string where there is no key."""
    return OTHER_TYPE + b"value of another type" if reply is None else reply or None


def _commit(commit: c.Commit, keys: Keys) -> Request:
    before, after, due_ms = commit.before, commit.after, commit.due_ms
    if after.workflows or is_member(before):
        return commit_of_member(commit, keys)
    if commit.run is None and not (commit.told or commit.took or commit.entries or commit.end_ms):
        if due_ms is None and before == after and commit.expected:
            return _commit_in_place(commit, keys)
        if due_ms is not None and before is None and commit.fresh and not commit.expected:
            return _commit_first(commit, keys)
    leave, enter = _moved(before, after, commit.fresh, keys)
    outboxes, told = noted(commit.told, keys)
    about_all = _about_all(after.task_type, after.status, keys)
    timelines, entries = remembered(commit, keys)
    return evalsha(
        SCRIPTS["commit"],
        [keys.task(commit.task_id), *about_all, *leave, *enter, *outboxes, *timelines],
        *compared(commit, keys, len(leave), len(enter), len(told), len(entries)),
        *times_of(commit),
        *told,
        *entries,
    )


def _commit_first(commit: c.Commit, keys: Keys) -> Request:
    return evalsha(
        SCRIPTS["commit_first"],
        [keys.task(commit.task_id), *_begun(commit.after, keys)],
        commit.task_id,
        commit.document,
        write_facets(commit.after),
        commit.ttl_ms,
        commit.due_ms,
        keys.channel(commit.task_id),
        publish(keys),
        MAX_DOCUMENT_BYTES,
    )


def _commit_in_place(commit: c.Commit, keys: Keys) -> Request:
    return evalsha(
        SCRIPTS["commit_in_place"],
        [keys.task(commit.task_id), keys.facets],
        commit.task_id,
        commit.expected,
        commit.document,
        commit.ttl_ms,
        keys.channel(commit.task_id),
        publish(keys),
        MAX_DOCUMENT_BYTES,
    )


@lru_cache(maxsize=1_024)
def _about_all(task_type: str, status: str, keys: Keys) -> tuple[str, ...]:
    """The keys of a commit that depend on the task's type and status alone."""
    return (
        *(keys.facets, keys.expiry, keys.index(), keys.runs(task_type), keys.times),
        keys.ended(status),
    )


@lru_cache(maxsize=4_096)
def _moved(
    before: c.Standing, after: c.Facets, fresh: bool, keys: Keys
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The indexes that a task leaves and enters; a fresh one enters all, as the newest."""
    if before == after and not fresh:
        return (), ()
    old, new = indexes(before, keys) if before is not None else (), indexes(after, keys)
    leave = tuple(name for name in old if name not in new)
    leave += tuple(name for name in by_end(before, keys) if name not in by_end(after, keys))
    return leave, new if fresh else tuple(name for name in new if name not in old)


@lru_cache(maxsize=1_024)
def _begun(after: c.Facets, keys: Keys) -> tuple[str, ...]:
    """The keys of a first record that depend on the task's facets alone."""
    return (keys.facets, keys.expiry, *indexes(after, keys))


def _committed(command: c.Commit, replies: list[Any]) -> c.Committed:
    if replies[0][0] == 1:
        return _COMMITTED
    _, document, facets, *rest = replies[0]
    told = [text(one) for one in rest[0]] if rest else []
    asked = zip(told[::3], told[1::3], told[2::3], strict=True)
    acts = tuple((workflow_id, c.Act.of(act, control)) for workflow_id, act, control in asked)
    return c.Committed(False, document, read_facets(facets), acts)


def _commits(command: c.Commits, keys: Keys) -> list[Request]:
    return [
        _commit(alike[0], keys) if len(alike) == 1 else commit_of_members(alike, keys)
        for alike in _by_request(command.commits)
    ]


def _all_committed(command: c.Commits, replies: list[Any]) -> list[c.Committed]:
    committed: list[c.Committed] = []
    for alike, reply in zip(_by_request(command.commits), replies, strict=True):
        own = [reply] if len(alike) == 1 else reply
        committed += (_committed(one, [its]) for one, its in zip(alike, own, strict=True))
    return committed


def _by_request(commits: Sequence[c.Commit]) -> Iterator[tuple[c.Commit, ...]]:
    """The commits, in order, by the request that carries them: first ones of members with the same
    facets share one, as far as it blocks Redis no longer than a pass of cleanup."""
    for begins, several in groupby(commits, lambda one: begins_member(one) and one.after):
        size, alike = (_IN_ONE_REQUEST if begins else 1), tuple(several)
        yield from (alike[start : start + size] for start in range(0, len(alike), size))


def _by_partition(command: c.Commits, layout: Layout) -> list[Part]:
    groups = grouped(command.commits, layout, lambda commit: commit.task_id)
    return [(place, c.Commits(tuple(own))) for place, own in groups]


def _commits_in_order(
    command: c.Commits, layout: Layout, parts: list[Part], replies: list[Any]
) -> list[c.Committed]:
    # Within each part the order is the command's.
    waiting = {i: iter(reply) for (i, _), reply in zip(parts, replies, strict=True)}
    return [next(waiting[layout.place(commit.task_id)]) for commit in command.commits]


def _facets_of(command: c.FacetsOf, keys: Keys) -> list[Request]:
    return [("HMGET", keys.facets, *command.task_ids)] if command.task_ids else []


def _facets(command: c.FacetsOf, replies: list[Any]) -> list[c.Standing]:
    if not replies:
        return []
    return [read_facets(facets) for facets in replies[0] or [None] * len(command.task_ids)]


def _extend(command: c.Extend, keys: Keys) -> list[Request]:
    alive = [("PEXPIRE", keys.task(i), command.ttl_ms, "GT") for i in command.task_ids]
    due = [part for task_id in command.task_ids for part in (command.due_ms, task_id)]
    return [*alive, ("ZADD", keys.expiry, "XX", "GT", *due)] if due else []


def _runs_of(command: c.RunsOf, keys: Keys) -> list[Request]:
    return [("GETRANGE", keys.runs(command.task_type), 0, _MOST_OF_RUNS)]


def _runs(command: c.RunsOf, replies: list[Any]) -> tuple[PastRun, ...]:
    return past_runs.read_all(replies[0] or b"")


def _all_runs(
    command: c.RunsOf, layout: Layout, parts: list[Part], replies: list[tuple[PastRun, ...]]
) -> tuple[PastRun, ...]:
    return past_runs.newest(run for own in replies for run in own)


TABLE: dict[type[c.Command], Entry] = {
    c.Read: Entry(_read, _documents, of_its_tasks, in_order),
    c.Commit: Entry(lambda command, keys: [_commit(command, keys)], _committed, of_its_task),
    c.Commits: Entry(_commits, _all_committed, _by_partition, _commits_in_order),
    c.FacetsOf: Entry(_facets_of, _facets, of_its_tasks, in_order),
    c.Extend: Entry(_extend, nothing, of_its_tasks),
    c.RunsOf: Entry(_runs_of, _runs, merge=_all_runs),
}
