"""Requests that are packed for the server once; only what differs for each task or value is added.
Not for a Redis Cluster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .call import Request
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


class FirstRequest:
    """The requests of first records with these facets, to `commit_first`: packed once for all of
    them; `ttl_ms` is that of their documents."""

    __slots__ = ("_channel", "_format", "_task")

    def __init__(self, facets: Facets, ttl_ms: int, keys: Keys) -> None:
        own = _places("task", "id", "text", "due", "channel")  # they come in this order
        self._format = _packed(first(own, facets, ttl_ms, keys), own)
        self._task, self._channel = keys.task("").encode(), keys.channel("").encode()

    def of(self, task_id: str, document: bytes, due_ms: int) -> bytes:
        """The request of one task: its document, and the time (ms) from which cleanup may delete
        it.

        Raises:
            UnicodeEncodeError: the id is no UTF-8.
        """
        name, due = task_id.encode(), b"%d" % due_ms
        task, channel = self._task + name, self._channel + name
        return self._format % (
            *(len(task), task),
            *(len(name), name),
            *(len(document), document),
            *(len(due), due),
            *(len(channel), channel),
        )


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
