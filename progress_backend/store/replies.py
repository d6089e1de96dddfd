"""Redis replies as a command's reply.

A reply of None stands for a key of another type than the request asks for: there is nothing.
"""

from __future__ import annotations

from math import inf
from typing import Any

from ..flows import commands as c
from ..flows.index_entry import read_facets
from ..record.document_check import OTHER_TYPE

_COMMITTED = c.Committed(True)


def decode(command: c.Command, replies: list[Any]) -> Any:
    """The command's reply, from the replies to its requests."""
    match command:
        case c.Commit():
            if replies[0][0] == 1:
                return _COMMITTED
            _, document, facets = replies[0]
            return c.Committed(False, document, read_facets(facets))
        case c.Commits(commits):
            return [decode(*pair) for pair in zip(commits, [[r] for r in replies], strict=True)]
        case c.Read(task_ids, light):
            if len(task_ids) == 1 and not light:
                return [_stored(replies[0])]
            return replies[0] if replies else []
        case c.Page():
            total, counts, ids, documents = replies[0]
            rows = zip(map(_id, ids), documents, strict=True)
            return c.Paged(total, tuple(counts), tuple(rows))
        case c.FacetsOf(task_ids):
            return [read_facets(f) for f in replies[0] or [None] * len(task_ids)] if replies else []
        case c.Due():
            due, task_ids = replies
            return [_id(task_id) for task_id in (task_ids or [])[:due]]
        case c.Held() | c.Ahead():
            return [_id(task_id) for task_id in replies[0] or ()]
        case c.RateOf():
            return _rate(replies[0])
        case c.Count():
            info, (records, active, recent, wrong) = replies
            names = zip(map(_id, wrong[::2]), map(_id, wrong[1::2]), strict=True)
            return c.Counted(
                records, active, recent, _used_memory(info), tuple(names), _no_writes(info)
            )
        case _:
            return _decode_plain(command, replies)


def _decode_plain(command: c.Command, replies: list[Any]) -> Any:
    match command:
        case c.LostSoFar():
            return _whole(replies[0] or 0)
        case c.Lock():
            return replies[0] == 1
        case c.Leases():
            return [(_id(lease), _whole(score)) for lease, score in _pairs(replies[0] or [])]
        case c.LeaseEnd():
            return None if replies[0] is None else _whole(replies[0])
        case c.Sweep() | c.Above():
            return replies[0] or 0
        case c.Tally():
            total, *counts = (count or 0 for count in replies)
            return c.Tallied(total, tuple(counts))
        case c.MarkingOf():
            return c.Marked((replies[0] or [None])[0], bool(replies[1]))
        case c.Newest():
            return [(_whole(us), _id(task_id)) for task_id, us in _pairs(replies[0] or [])]
        case _:
            return None


def _used_memory(info: dict[str, Any]) -> int:
    """Bytes; of all nodes, where a cluster answers with each node's."""
    if "used_memory" in info:
        return int(info["used_memory"])
    return sum(int(node["used_memory"]) for node in info.values())


def _no_writes(info: dict[str, Any]) -> str:
    """Why a server takes no writes; of a cluster's nodes, the first that takes none."""
    for node in [info] if "used_memory" in info else info.values():
        if node.get("role") == "slave" and int(node.get("slave_read_only", 1)):
            return "it is a read-only replica"
        most = int(node.get("maxmemory", 0))
        if most and node.get("maxmemory_policy") == "noeviction" and node["used_memory"] >= most:
            return "its memory is full"
    return ""


def _pairs(reply: list[Any]) -> list[Any]:
    """Members with scores: pairs already (RESP3, or parsed), or a flat list."""
    if reply and not isinstance(reply[0], (list, tuple)):
        return list(zip(reply[::2], reply[1::2], strict=True))
    return reply


def _stored(reply: bytes | None) -> bytes | None:
    """What GETRANGE gives of a document; the server gives an empty text where there is none."""
    return OTHER_TYPE + b"value of another type" if reply is None else reply or None


def _id(stored: bytes) -> str:
    """A member as text; what is no UTF-8 can be sent back as it is."""
    return stored.decode(errors="surrogateescape")


def _whole(score: Any) -> int:
    """A score as a whole number; those without an end are far away."""
    try:
        return int(max(min(float(score), 2.0**53), -(2.0**53)))
    except ValueError:  # somebody else's text
        return 0


def _rate(stored: bytes | None) -> float | None:
    """Items a second; None where nothing, or no such number, is stored."""
    try:
        rate = float(stored or 0)
    except ValueError:
        return None
    return rate if 0 < rate < inf else None
