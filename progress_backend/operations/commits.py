"""Commits of records, each atomic by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from typing import Any, Final

from ..record.act import Act
from ..record.fields import MAX_DOCUMENT_BYTES
from .call import Asked, Call, Request, of_each, one
from .commit import Commit, Committed, compared, moved, publish, remembered, times_of
from .index_entry import read_facets, write_facets
from .keys import Keys
from .member_commits import begins_member, is_member, request_of, request_of_all
from .scripts import SCRIPTS, script
from .standing import indexes
from .values import text
from .webhooks import noted

_COMMITTED: Final = Committed(True)
#: First commits that one script does.
_IN_ONE_REQUEST: Final = 50


class CommitCall(Call[Committed]):
    """The call of a commit; several of them share a round trip, and their scripts, by
    `commit_all`."""

    __slots__ = ("commit",)

    def __init__(self, commit: Commit) -> None:
        self.commit = commit
        super().__init__(
            lambda layout: one(_request(commit, layout.of_task(commit.task_id)), _committed)
        )


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
    if after.workflows or is_member(before):
        return request_of(commit, keys)
    if commit.run is None and not (commit.told or commit.took or commit.entries or commit.end_ms):
        if due_ms is None and before == after and commit.expected:
            return _in_place(commit, keys)
        if due_ms is not None and before is None and commit.fresh and not commit.expected:
            return _first(commit, keys)
    leave, enter = moved(before, after, commit.fresh, keys)
    outboxes, told = noted(commit.told, keys)
    timelines, entries = remembered(commit, keys)
    names = [keys.task(commit.task_id), *_about_all(after.task_type, after.status, keys)]
    names += [*leave, *enter, *outboxes, *timelines]
    return (
        *("EVALSHA", SCRIPTS["commit"].sha, len(names), *names),
        *compared(commit, keys, len(leave), len(enter), len(told), len(entries)),
        *times_of(commit),
        *told,
        *entries,
    )


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
def _about_all(task_type: str, status: str, keys: Keys) -> tuple[str, ...]:
    """The keys of a commit that depend on the task's type and status alone."""
    return (
        *(keys.facets, keys.expiry, keys.index(), keys.runs(task_type), keys.times),
        keys.ended(status),
    )
