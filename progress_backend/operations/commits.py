"""Commits of records, each atomic by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from typing import Any, Final

from ..record import room
from ..record.act import Act
from ..record.fields import MAX_DOCUMENT_BYTES
from ..record.model import TaskStatus
from ..record.times_taken import MOST_TOTALS
from .call import Asked, Call, Request, of_each
from .commit import Commit, Committed, publish
from .index_entry import Facets, Standing, read_facets, write_facets
from .keys import Keys
from .member_commits import (
    begins_member,
    is_member,
    of_workflows,
    request_of_all,
)
from .partitions import Layout
from .scripts import script
from .standing import by_end, indexes
from .values import text
from .webhooks import noted
from .workflows import sets_of_workflows

_COMMITTED: Final = Committed(True)
#: First commits that one script does.
_IN_ONE_REQUEST: Final = 50


class CommitCall(Call[Committed]):
    """The call of a commit; several of them share a round trip, and their scripts, by
    `commit_all`."""

    __slots__ = ("commit",)

    def __init__(self, commit: Commit) -> None:
        self.commit = commit

    def asked(self, layout: Layout) -> Asked[Committed]:
        """The request to the task's partition."""
        keys = layout.of_task(self.commit.task_id)
        return Asked([_request(self.commit, keys)], _first_committed)


def commit_all(commits: Sequence[Commit]) -> Call[list[Committed]]:
    """Several commits, each atomic by itself, all sent together; their replies are in order."""

    def ask(keys: Keys, commits: Sequence[Commit]) -> Asked[list[Committed]]:
        groups = list(_by_request(commits))

        def parse(replies: list[Any]) -> list[Committed]:
            each = zip(groups, replies, strict=True)
            several = ([reply] if len(alike) == 1 else reply for alike, reply in each)
            return [_committed(reply) for own in several for reply in own]

        requests = [
            _request(alike[0], keys) if len(alike) == 1 else request_of_all(alike, keys)
            for alike in groups
        ]
        return Asked(requests, parse)

    return of_each(commits, lambda commit: commit.task_id, ask)


def _by_request(commits: Sequence[Commit]) -> Iterator[tuple[Commit, ...]]:
    """The commits, in order, by the request that carries them: first ones of members with the same
    facets share one, as far as it blocks Redis no longer than a pass of cleanup."""
    for begins, several in groupby(commits, lambda one: begins_member(one) and one.after):
        size, alike = (_IN_ONE_REQUEST if begins else 1), tuple(several)
        yield from (alike[start : start + size] for start in range(0, len(alike), size))


def _first_committed(replies: list[list[Any]]) -> Committed:
    return _committed(replies[0])


def _committed(reply: list[Any]) -> Committed:
    if reply[0] == 1:
        return _COMMITTED
    _, document, facets, *rest = reply
    told = [text(one) for one in rest[0]] if rest else []
    asked = zip(told[::3], told[1::3], told[2::3], strict=True)
    acts = tuple((workflow_id, Act.of(act, control)) for workflow_id, act, control in asked)
    return Committed(False, document, read_facets(facets), acts)


def _request(commit: Commit, keys: Keys) -> Request:
    before, after, due_ms = commit.before, commit.after, commit.due_ms
    single = not (after.workflows or is_member(before) or commit.run or commit.told)
    if single and not (commit.took or commit.entries or commit.end_ms):
        if due_ms is None and before == after and commit.expected:
            return _in_place(commit, keys)
        if due_ms is not None and before is None and commit.fresh and not commit.expected:
            return _first(commit, keys)
    leave, enter = _moved(before, after, commit.fresh, keys)
    completes = after.status == TaskStatus.COMPLETED and not keys.sharded
    workflows, about = of_workflows(commit, keys, completes=completes)
    webhooks, told = noted(commit.told, keys)
    entries = (room.TIMELINE, room.AROUND, *commit.entries) if commit.entries else ()
    timelines = (keys.timeline(commit.task_id),) if entries else ()
    args = {
        "id": commit.task_id,
        "expected": commit.expected,
        "before": write_facets(before),
        "text": commit.document,
        "after": write_facets(after),
        "ttl": commit.ttl_ms,
        "due": _or_none(due_ms),
        "channel": keys.channel(commit.task_id),
        "leaves": len(leave),
        "enters": len(enter),
        "fresh": int(commit.fresh),
        "run": "" if commit.run is None else commit.run.text,
        "publish": publish(keys),
        "most": MAX_DOCUMENT_BYTES,
        "fields": 2 * MOST_TOTALS,
        "told": len(told),
        "entries": len(entries),
        "over": _or_none(commit.end_ms),
        "timed": len(commit.took),
        "started": _or_none(commit.started_ms),
        "completed": _or_none(commit.ended_ms),
        "name": commit.workflow_name or "",
        "members": commit.workflow_total or "",
        "past": keys.past_workflows("") if completes else "",
    }
    times = [part for each in commit.took for part in (each.kind, after.task_type, each.us)]
    named = {"task": keys.task(commit.task_id), **_about_all(after.task_type, after.status, keys)}
    more_keys = (*leave, *enter, *workflows, *webhooks, *timelines)
    return script("commit", named, args, more_keys, (*times, *about, *told, *entries))


def _or_none(time_ms: int | None) -> int | str:
    """A time as a script takes it: "" for none."""
    return "" if time_ms is None else time_ms


def _first(commit: Commit, keys: Keys) -> Request:
    named = {"task": keys.task(commit.task_id), "facets": keys.facets, "expiry": keys.expiry}
    about = {
        "id": commit.task_id,
        "text": commit.document,
        "stands": write_facets(commit.after),
        "ttl": commit.ttl_ms,
        "due": commit.due_ms,
        "channel": keys.channel(commit.task_id),
        "publish": publish(keys),
        "most": MAX_DOCUMENT_BYTES,
    }
    return script("commit_first", named, about, indexes(commit.after, keys))


def _in_place(commit: Commit, keys: Keys) -> Request:
    about = {
        "id": commit.task_id,
        "expected": commit.expected,
        "text": commit.document,
        "ttl": commit.ttl_ms,
        "channel": keys.channel(commit.task_id),
        "publish": publish(keys),
        "most": MAX_DOCUMENT_BYTES,
    }
    named = {"task": keys.task(commit.task_id), "facets": keys.facets}
    return script("commit_in_place", named, about)


@lru_cache(maxsize=1_024)
def _about_all(task_type: str, status: str, keys: Keys) -> dict[str, str]:
    """The keys of a commit that depend on the task's type and status alone."""
    return {
        "facets": keys.facets,
        "expiry": keys.expiry,
        "tasks": keys.index(),
        "runs": keys.runs(task_type),
        "times": keys.times,
        "ended": keys.ended(status),
        **sets_of_workflows(keys),
    }


@lru_cache(maxsize=4_096)
def _moved(
    before: Standing, after: Facets, fresh: bool, keys: Keys
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The indexes that a task leaves and enters; a fresh one enters all, as the newest."""
    if before == after and not fresh:
        return (), ()
    old, new = indexes(before, keys) if before is not None else (), indexes(after, keys)
    leave = tuple(name for name in old if name not in new)
    leave += tuple(name for name in by_end(before, keys) if name not in by_end(after, keys))
    return leave, new if fresh else tuple(name for name in new if name not in old)
