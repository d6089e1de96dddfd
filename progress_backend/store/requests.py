"""Commands as Redis requests; shared by both stores."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from ..flows import commands as c
from ..flows.index_entry import write_facets
from ..flows.keys import Keys
from ..record import task_json
from ..record.document_check import MAX_DOCUMENT_BYTES
from ..record.model import STATUSES, TaskStatus
from . import scripts

Request = tuple[Any, ...]

#: Bytes up to which a row's document is read as a whole; of a longer one what is cut out of it.
_WHOLE = 4096
_AS_IT_IS = ("",) * 5
_LIGHT = (_WHOLE, task_json.MOST_GIVEN, task_json.GIVEN, task_json.OURS, task_json.OMITTED)
_READS = frozenset({scripts.READ.sha, scripts.PAGE.sha})


def encode(command: c.Command, keys: Keys) -> list[Request]:
    """The requests, sent together, that carry out a command."""
    match command:
        case c.Commit():
            return [_commit(command, keys)]
        case c.Commits(commits):
            return [_commit(commit, keys) for commit in commits]
        case c.Read(task_ids, light):
            if len(task_ids) == 1 and not light:
                return [("GETRANGE", keys.task(task_ids[0]), 0, MAX_DOCUMENT_BYTES)]
            names = [keys.task(task_id) for task_id in task_ids]
            cut = _LIGHT if light else _AS_IT_IS
            return [_evalsha(scripts.READ, names, MAX_DOCUMENT_BYTES, *cut)] if names else []
        case c.Page() | c.Tally() | c.Newest() | c.Above():
            return _about_lists(command, keys)
        case c.FacetsOf(task_ids):
            return [("HMGET", keys.facets, *task_ids)] if task_ids else []
        case c.Due(before_ms, limit):
            ids = ("ZRANGE", keys.expiry, 0, limit - 1)
            return [("ZCOUNT", keys.expiry, "-inf", before_ms), ids]
        case c.Sweep():
            return [_sweep(command, keys)]
        case c.RateOf(task_type):
            return [("GET", keys.rate(task_type))]
        case c.Count(since_ms):
            indexes = [keys.index(), keys.index(TaskStatus.RUNNING)]
            rest = [keys.index(s) for s in STATUSES if s != TaskStatus.RUNNING]
            names = [*indexes, keys.facets, *rest, keys.expiry, keys.leases]
            return [
                ("INFO", "memory", "replication"),
                _evalsha(scripts.COUNT, names, since_ms * 1000),
            ]
        case _:
            return _about_workers(command, keys)


def _about_lists(command: c.Command, keys: Keys) -> list[Request]:
    match command:
        case c.Page(start, limit, status, task_type, symbol, light):
            index = keys.index(status, task_type, symbol)
            statuses = [keys.index(s) for s in STATUSES]
            about = (start, start + limit - 1, keys.task(""), MAX_DOCUMENT_BYTES)
            cut = _LIGHT if light else _AS_IT_IS
            return [_evalsha(scripts.PAGE, [index, *statuses], *about, *cut)]
        case c.Tally(filters):
            return [("ZCARD", keys.index(*filters)), *(("ZCARD", keys.index(s)) for s in STATUSES)]
        case c.Newest(until_us, limit, filters):
            bounds = (until_us, "-inf", "WITHSCORES", "LIMIT", 0, limit)
            return [("ZREVRANGEBYSCORE", keys.index(*filters), *bounds)]
        case c.Above(after_us, filters):
            return [("ZCOUNT", keys.index(*filters), f"({after_us}", "+inf")]
        case _:
            raise TypeError(f"no request for {command!r}")


def _about_workers(command: c.Command, keys: Keys) -> list[Request]:
    match command:
        case c.Lock(name, token, ttl_ms):
            return [_evalsha(scripts.LOCK, [keys.lock(name)], token, ttl_ms)]
        case c.Unlock(name, token):
            return [_evalsha(scripts.UNLOCK, [keys.lock(name)], token)]
        case c.Held(lease, limit):
            return [("ZRANGE", keys.held(lease), 0, limit - 1)]
        case c.Extend(task_ids, ttl_ms, due_ms):
            alive = [("PEXPIRE", keys.task(task_id), ttl_ms, "GT") for task_id in task_ids]
            due = [part for task_id in task_ids for part in (due_ms, task_id)]
            return [*alive, ("ZADD", keys.expiry, "XX", "GT", *due)] if due else []
        case c.CountLost(runs):
            return [("INCRBY", keys.lost, runs)]
        case c.LostSoFar():
            return [("GET", keys.lost)]
        case c.ForgetLease(lease, before_ms):
            return [_evalsha(scripts.FORGET, [keys.leases, keys.held(lease)], lease, before_ms)]
        case _:
            return _about_leases(command, keys)


def _about_leases(command: c.Command, keys: Keys) -> list[Request]:
    match command:
        case c.Renew(lease, until_ms):
            return [("ZADD", keys.leases, until_ms, lease)]
        case c.Assume(leases, until_ms):
            known = [part for lease in leases for part in (until_ms, lease)]
            return [("ZADD", keys.leases, "NX", *known)]
        case c.EndLease(lease):
            return [("ZADD", keys.leases, "XX", 0, lease)]
        case c.Leases(before_ms, limit):
            bounds = ("-inf", f"({before_ms}", "WITHSCORES", "LIMIT", 0, limit)
            return [("ZRANGEBYSCORE", keys.leases, *bounds)]
        case c.Ahead(after_ms, limit):
            return [("ZRANGEBYSCORE", keys.leases, f"({after_ms}", "+inf", "LIMIT", 0, limit)]
        case c.Shorten(leases, until_ms):
            known = [part for lease in leases for part in (until_ms, lease)]
            return [("ZADD", keys.leases, "XX", "LT", *known)]
        case c.LeaseEnd(_, lease):
            return [("ZSCORE", keys.leases, lease)]
        case c.LeaveMarkings(markings, most, ttl_ms):
            pairs = [text for pair in markings for text in pair]
            return [_evalsha(scripts.LEAVE_MARKINGS, [keys.markings], ttl_ms, most, *pairs)]
        case c.MarkingOf(name):
            return [("HMGET", keys.markings, name), ("EXISTS", keys.markings)]
        case _:
            raise TypeError(f"no request for {command!r}")


def reads(request: Request) -> bool:
    """Whether a request is one of those that read documents: it may be sent again."""
    return request[0] == "GETRANGE" or (request[0] == "EVALSHA" and request[1] in _READS)


def _evalsha(script: scripts.Script, keys: list[str], *args: Any) -> Request:
    return ("EVALSHA", script.sha, len(keys), *keys, *args)


def _commit(commit: c.Commit, keys: Keys) -> Request:
    before, after, due_ms = commit.before, commit.after, commit.due_ms
    if commit.rate is None:
        if due_ms is None and before == after and commit.expected:
            return _rewrite(commit, keys)
        if due_ms is not None and before is None and commit.fresh and not commit.expected:
            return _begin(commit, keys)
    leave, enter = _moved(before, after, commit.fresh, keys)
    return _evalsha(
        scripts.COMMIT,
        [keys.task(commit.task_id), *_about_all(after.task_type, keys), *leave, *enter],
        commit.task_id,
        commit.expected,
        write_facets(before),
        commit.document,
        write_facets(after),
        commit.ttl_ms,
        "" if due_ms is None else due_ms,
        keys.channel(commit.task_id),
        len(leave),
        len(enter),
        int(commit.fresh),
        "" if commit.rate is None else repr(commit.rate),
        _publish(keys),
        MAX_DOCUMENT_BYTES,
    )


def _begin(commit: c.Commit, keys: Keys) -> Request:
    return _evalsha(
        scripts.BEGIN,
        [keys.task(commit.task_id), *_begun(commit.after, keys)],
        commit.task_id,
        commit.document,
        write_facets(commit.after),
        commit.ttl_ms,
        commit.due_ms,
        keys.channel(commit.task_id),
        _publish(keys),
        MAX_DOCUMENT_BYTES,
    )


def _rewrite(commit: c.Commit, keys: Keys) -> Request:
    return _evalsha(
        scripts.REWRITE,
        [keys.task(commit.task_id), keys.facets],
        commit.task_id,
        commit.expected,
        commit.document,
        commit.ttl_ms,
        keys.channel(commit.task_id),
        _publish(keys),
        MAX_DOCUMENT_BYTES,
    )


def _publish(keys: Keys) -> str:
    return "SPUBLISH" if keys.sharded else "PUBLISH"


def _sweep(command: c.Sweep, keys: Keys) -> Request:
    alike: dict[c.Standing, list[str]] = {}
    for task_id, facets in command.entries:
        alike.setdefault(facets, []).append(task_id)
    places: dict[str, int] = {keys.facets: 1, keys.expiry: 2}
    task_ids = [task_id for own in alike.values() for task_id in own]
    also = [] if command.found_in is None else [_found_in(command.found_in, keys)]
    groups: list[Any] = []
    for facets, own in alike.items():
        indexes = dict.fromkeys([*_indexes(facets, keys), *also])
        standing = [places.setdefault(name, len(places) + 1) for name in indexes]
        groups += [write_facets(facets), len(own), len(standing), *standing]
    about = (command.before_ms, keys.task(""), len(task_ids))
    return _evalsha(scripts.SWEEP, list(places), *about, *task_ids, *groups)


def _found_in(place: c.Filters | str, keys: Keys) -> str:
    return keys.held(place) if isinstance(place, str) else keys.index(*place)


@lru_cache(maxsize=1_024)
def _about_all(task_type: str, keys: Keys) -> tuple[str, ...]:
    """The keys of a commit that do not depend on the task itself."""
    return (keys.facets, keys.expiry, keys.index(), keys.rate(task_type))


@lru_cache(maxsize=4_096)
def _moved(
    before: c.Standing, after: c.Facets, fresh: bool, keys: Keys
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The indexes that a task leaves and enters; a fresh one enters all, to be the newest there."""
    if before == after and not fresh:
        return (), ()
    old, new = _indexes(before, keys) if before is not None else (), _indexes(after, keys)
    leave = tuple(name for name in old if name not in new)
    return leave, new if fresh else tuple(name for name in new if name not in old)


@lru_cache(maxsize=1_024)
def _begun(after: c.Facets, keys: Keys) -> tuple[str, ...]:
    """The keys of a first record that do not depend on the task itself."""
    return (keys.facets, keys.expiry, *_indexes(after, keys))


@lru_cache(maxsize=4_096)
def _indexes(facets: c.Standing, keys: Keys) -> tuple[str, ...]:
    """Every set that a task stands in; of one whose facets say nothing, the one of all tasks."""
    if not isinstance(facets, c.Facets):
        return (keys.index(),)
    names = keys.indexes(facets.status, facets.task_type, facets.symbol)
    return tuple(names) if facets.lease is None else (*names, keys.held(facets.lease))
