"""Redis replies as a command's reply, and facets as the text that is stored."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from . import commands as c

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
        case c.Read(task_ids):
            return [replies[0]] if len(task_ids) == 1 else list(replies[0]) if replies else []
        case c.Page():
            total, counts, ids, documents = replies[0]
            rows = zip(map(bytes.decode, ids), documents, strict=True)
            return c.Paged(total, tuple(counts), tuple(rows))
        case c.FacetsOf():
            return [read_facets(f) for f in replies[0]] if replies else []
        case c.Due():
            due, task_ids = replies
            return [task_id.decode() for task_id in task_ids[:due]]
        case c.Held() | c.Ahead():
            return [task_id.decode() for task_id in replies[0]]
        case c.RateOf():
            return float(replies[0]) if replies[0] else None
        case c.Count():
            records, active, recent, info = replies
            return c.Counted(records, active, recent, _used_memory(info))
        case _:
            return _decode_plain(command, replies)


def _decode_plain(command: c.Command, replies: list[Any]) -> Any:
    match command:
        case c.LostSoFar():
            return int(replies[0] or 0)
        case c.Lock():
            return replies[0] == 1
        case c.Leases():
            return [(lease.decode(), int(float(score))) for lease, score in _pairs(replies[0])]
        case c.LeaseEnd():
            return None if replies[0] is None else int(float(replies[0]))
        case c.Sweep() | c.Above():
            return replies[0]
        case c.Tally():
            return c.Tallied(replies[0], tuple(replies[1:]))
        case c.MarkingOf():
            return c.Marked(replies[0][0], bool(replies[1]))
        case c.Newest():
            return [(int(float(us)), task_id.decode()) for task_id, us in _pairs(replies[0])]
        case _:
            return None


def _used_memory(info: dict[str, Any]) -> int:
    """Bytes; of all nodes, where a cluster answers with each node's."""
    if "used_memory" in info:
        return int(info["used_memory"])
    return sum(int(node["used_memory"]) for node in info.values())


def _pairs(reply: list[Any]) -> list[Any]:
    """Members with scores: pairs already (RESP3, or parsed), or a flat list."""
    if reply and not isinstance(reply[0], (list, tuple)):
        return list(zip(reply[::2], reply[1::2], strict=True))
    return reply


@lru_cache(maxsize=1_024)
def write_facets(facets: c.Facets | None) -> str:
    """Facets as the text that is stored; "" for none."""
    return "" if facets is None else json.dumps(facets, ensure_ascii=False, separators=(",", ":"))


@lru_cache(maxsize=1_024)
def read_facets(stored: bytes | None) -> c.Facets | None:
    """Facets from the stored text."""
    return c.Facets(*json.loads(stored)) if stored else None
