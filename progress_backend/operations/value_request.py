"""The request that records a value of a run where the record stands in the indexes: packed for the
server once a run, but for what each value changes."""

from __future__ import annotations

from typing import Any, Final

from ..record.fields import MAX_DOCUMENT_BYTES
from .keys import Keys
from .scripts import script

#: Arguments that each value changes; they follow one another.
_CHANGING: Final = ("expected", "text", "ttl")
#: The reply to a value that is recorded.
RECORDED: Final = [1]


class ValueRequest:
    """The request of a task's values, to `commit_in_place`, on keys that are no Cluster's."""

    __slots__ = ("_after", "_before")

    def __init__(self, task_id: str, keys: Keys) -> None:
        named = {"task": keys.task(task_id), "facets": keys.facets}
        about: dict[str, Any] = {
            "id": task_id,
            "channel": keys.channel(task_id),
            "publish": "PUBLISH",
            "most": MAX_DOCUMENT_BYTES,
            **dict.fromkeys(_CHANGING),
        }
        request = script("commit_in_place", named, about)
        first = request.index(None)
        self._before = b"*%d\r\n" % len(request) + _packed(request[:first])
        self._after = _packed(request[first + len(_CHANGING) :])

    def of(self, expected: str, document: bytes, ttl_ms: int) -> bytes:
        """The request of one value: the digest of the document that is stored, its next document,
        and this one's TTL."""
        ttl = b"%d" % ttl_ms
        return b"%b$%d\r\n%b\r\n$%d\r\n%b\r\n$%d\r\n%b\r\n%b" % (
            self._before,
            *(len(expected), expected.encode()),
            *(len(document), document),
            *(len(ttl), ttl),
            self._after,
        )


def _packed(parts: tuple[Any, ...]) -> bytes:
    """Arguments as RESP has them; an id that is no UTF-8 as it was read."""
    texts = [str(part).encode(errors="surrogateescape") for part in parts]
    return b"".join(b"$%d\r\n%b\r\n" % (len(text), text) for text in texts)
