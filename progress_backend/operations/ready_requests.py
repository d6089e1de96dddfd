"""Requests that are packed for the server once; only what differs for each task or value is added.
Not for a Redis Cluster."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from .call import Request
from .commit import Commit
from .commits import first, in_place
from .index_entry import Facets
from .keys import Keys

#: The reply to a value that is recorded.
RECORDED: Final = [1]


class ValueRequest:
    """The request to `commit_in_place` that records a value of a run without a change of the
    indexes: packed once a run."""

    __slots__ = ("_format",)

    def __init__(self, task_id: str, keys: Keys) -> None:
        own = _places("expected", "text", "ttl")  # they follow one another
        self._format = _packed(in_place(own, task_id, keys), own)

    def of(self, expected: str, document: bytes, ttl_ms: int) -> bytes:
        """The request of one value: the digest of the document that is stored, its next document,
        and this one's TTL."""
        ttl = b"%d" % ttl_ms
        return self._format % (
            *(len(expected), expected.encode()),
            *(len(document), document),
            *(len(ttl), ttl),
        )


def first_request(commit: Commit, keys: Keys) -> bytes:
    """The request to `commit_first` of a first record's commit without parts: packed once for all
    with its facets and TTL.

    Raises:
        UnicodeEncodeError: the task's id is no UTF-8.
    """
    form, task, channel = _first(commit.after, commit.ttl_ms, keys)
    name, due = commit.task_id.encode(), str(commit.due_ms).encode()
    task, channel = task + name, channel + name
    return form % (
        *(len(task), task),
        *(len(name), name),
        *(len(commit.document), commit.document),
        *(len(due), due),
        *(len(channel), channel),
    )


@lru_cache(maxsize=1_024)
def _first(facets: Facets, ttl_ms: int, keys: Keys) -> tuple[bytes, bytes, bytes]:
    """The form of these requests, and what is before the task's id in its key and channel."""
    own = _places("task", "id", "text", "due", "channel")  # they come in this order
    form = _packed(first(own, facets, ttl_ms, keys), own)
    return form, keys.task("").encode(), keys.channel("").encode()


def _places(*names: str) -> dict[str, str]:
    """Placeholders for the arguments that change: no id has their first character."""
    return {name: f"\0{name}" for name in names}


def _packed(request: Request, places: Mapping[str, str]) -> bytes:
    """A request in RESP, as a format string that takes the length and the text for each
    placeholder; an id that is no UTF-8 is sent as it was read."""
    own = {place.encode() for place in places.values()}
    texts = [str(part).encode(errors="surrogateescape") for part in request]
    packed = b"*%d\r\n" % len(texts)
    for text in texts:
        fixed = b"$%d\r\n%b\r\n" % (len(text), text.replace(b"%", b"%%"))
        packed += b"$%d\r\n%b\r\n" if text in own else fixed
    return packed
