"""Commits of records, each atomic by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain, groupby
from typing import Any, Final

from ..record.act import Act
from ..record.fields import MAX_DOCUMENT_BYTES
from .call import Call, Layout, Request, Requests, of_each
from .commit import Commit, Committed
from .index_entry import Facets, StoredFacets, by_end, indexes, read_facets, write_facets
from .keys import Keys
from .scripts import PARTS, SETS, of_set, script
from .values import text, texts

_COMMITTED: Final = Committed(True)
#: Most first commits in one script: it blocks Redis no longer than a call of cleanup.
_IN_ONE_REQUEST: Final = 50


class CommitCall(Call[Committed]):
    """The call of a commit; several of them share a round trip, and their scripts, by
    `commit_all`."""

    __slots__ = ("commit",)

    def __init__(self, commit: Commit) -> None:
        self.commit = commit

    def asked(self, layout: Layout) -> Requests[Committed]:
        """Its request, and what the reply means."""
        commit = self.commit
        request = _request((commit,), layout.of_task(commit.task_id))
        return Requests([request], lambda replies: _committed(replies[0], commit))


def commit_all(commits: Sequence[Commit]) -> Call[list[Committed]]:
    """Several commits, each atomic by itself, all sent together; their replies are in order."""

    def ask(keys: Keys, commits: Sequence[Commit]) -> Requests[list[Committed]]:
        groups = list(_by_request(commits))

        def parse(replies: list[Any]) -> list[Committed]:
            each = zip(groups, replies, strict=True)
            own = ([reply] if len(alike) == 1 else reply for alike, reply in each)
            return [*map(_committed, chain.from_iterable(own), commits)]

        return Requests([_request(alike, keys) for alike in groups], parse)

    return of_each(commits, ask, lambda commit: commit.task_id)


def _by_request(commits: Sequence[Commit]) -> Iterator[tuple[Commit, ...]]:
    """The commits, in order, in groups by request: first commits with the same facets and parts
    share a request."""
    for alike, several in groupby(commits, _shared):
        size, all_of_them = (_IN_ONE_REQUEST if alike else 1), tuple(several)
        yield from (all_of_them[start : start + size] for start in range(0, len(all_of_them), size))


def _shared(commit: Commit) -> tuple[object, ...] | None:
    """What the commits of one request have in common; None for one that has its own."""
    first = (commit.before, commit.expected, any(commit.acts)) == (None, "", False)
    shared = [part.shared for part in commit.parts]
    if first and commit.fresh and not commit.end_ms and shared and None not in shared:
        return commit.after, *shared
    return None


def _committed(reply: list[Any], commit: Commit) -> Committed:
    if reply[0] == 1:
        return _COMMITTED if len(reply) == 1 else Committed(True, left_out=(*texts(reply[1:]),))
    _, document, facets, *rest = reply
    asked = rest[0] if rest else []
    acts = tuple(
        (commit.after.workflows[number], Act.of(text(act), control))
        for number, act, control in zip(asked[::3], asked[1::3], asked[2::3], strict=True)
    )
    return Committed(False, document, read_facets(facets), acts)


def _request(commits: Sequence[Commit], keys: Keys) -> Request:
    """The request of one commit, or of several that share one."""
    one = commits[0]
    before, after, fresh, parts = one.before, one.after, one.fresh, one.parts
    if not (parts or after.workflows or one.end_ms):
        if one.due_ms is None and before == after and one.expected:
            own = {"expected": one.expected, "text": one.document, "ttl": one.ttl_ms}
            return in_place(own, one.task_id, keys)
        if one.due_ms is not None and before is None and fresh and not one.expected:
            task, channel = keys.task(one.task_id), keys.channel(one.task_id)
            own = {"task": task, "id": one.task_id, "text": one.document, "due": one.due_ms}
            return first({**own, "channel": channel}, after, one.ttl_ms, keys)
    leave, enter, named, texts = _moved(before, after, fresh, keys)
    args = {
        **texts,
        "leaves": len(leave),
        "enters": len(enter),
        "requests": len(after.workflows),
        "records": len(commits),
        "fresh": int(fresh),
        "over": "" if one.end_ms is None else one.end_ms,
        "most": MAX_DOCUMENT_BYTES,
    }
    more_keys = [*leave, *enter, *map(keys.workflow, after.workflows)]
    more: list[Any] = [*(one.acts or ("",) * len(after.workflows))]
    for one in commits:
        more_keys.append(keys.task(one.task_id))
        more += (one.task_id, one.expected, one.document, one.ttl_ms)
        more += ("" if one.due_ms is None else one.due_ms, keys.channel(one.task_id))
    given = {part.lua: part.given(keys) for part in parts}
    name, names = _script_of(tuple(given))
    for lua in names:
        if (its := given.get(lua)) is None:
            more += (0, 0)
            continue
        own_keys, own_args = PARTS[lua].given(its.keys, its.args)
        more_keys += (*own_keys, *its.more_keys)
        more += (len(own_keys) + len(its.more_keys), len(own_args) + len(its.more))
        more += (*own_args, *its.more)
    return script(name, named, args, more_keys, more)


@lru_cache(maxsize=64)
def _script_of(parts: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """The script of the first set that has all these parts, and the set."""
    names = next(names for names in SETS if set(parts) <= set(names))
    return of_set(names), names


def first(own: Mapping[str, Any], facets: Facets, ttl_ms: int, keys: Keys) -> Request:
    """The request of a task's first commit; `own` has the task's key, its id, document, due time
    (ms) and channel."""
    named = {"task": own["task"], "facets": keys.facets, "expiry": keys.expiry}
    about = {"stands": write_facets(facets), "ttl": ttl_ms, "most": MAX_DOCUMENT_BYTES, **own}
    del about["task"]
    return script("commit_first", named, about, indexes(facets, keys))


def in_place(own: Mapping[str, Any], task_id: str, keys: Keys) -> Request:
    """The request of a commit that changes no index; `own` has the digest that is expected, the
    document and its TTL (ms)."""
    named = {"task": keys.task(task_id), "facets": keys.facets}
    about = {"id": task_id, "channel": keys.channel(task_id), "most": MAX_DOCUMENT_BYTES, **own}
    return script("commit_in_place", named, about)


@lru_cache(maxsize=4_096)
def _moved(
    before: StoredFacets, after: Facets, fresh: bool, keys: Keys
) -> tuple[tuple[str, ...], tuple[str, ...], dict[str, str], dict[str, str | bytes]]:
    """The indexes that a task leaves and enters; a fresh one enters all, as the newest. And what
    else is the same in each such commit: the script's named keys, and the texts of the facets."""
    named = {"facets": keys.facets, "expiry": keys.expiry, "tasks": keys.index()}
    named["ended"] = keys.ended(after.status)
    facets = {"before": write_facets(before), "after": write_facets(after)}
    if before == after and not fresh:
        return (), (), named, facets
    old, new = indexes(before, keys) if before is not None else (), indexes(after, keys)
    leave = tuple(name for name in old if name not in new)
    leave += tuple(name for name in by_end(before, keys) if name not in by_end(after, keys))
    enter = new if fresh else tuple(name for name in new if name not in old)
    return leave, enter, named, facets
