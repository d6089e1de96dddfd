"""The request that commits the first record of a task: packed for the server once for all tasks
with the same facets, but for what is a task's own."""

from __future__ import annotations

from typing import Any, Final

from ..record.fields import MAX_DOCUMENT_BYTES
from .index_entry import Facets, write_facets
from .keys import Keys
from .scripts import script
from .standing import indexes

#: Keys and arguments that are each task's own.
_OWN: Final = ("task", "id", "text", "due", "channel")


class FirstRequest:
    """The requests of first records with these facets, to `commit_first`, on keys that are no
    Cluster's; `ttl_ms` is that of their documents."""

    __slots__ = ("_channel", "_format", "_order", "_task")

    def __init__(self, facets: Facets, ttl_ms: int, keys: Keys) -> None:
        places = {name: f"\0{name}" for name in _OWN}
        named = {"facets": keys.facets, "expiry": keys.expiry, "task": places["task"]}
        about: dict[str, Any] = {
            "stands": write_facets(facets),
            "ttl": ttl_ms,
            "publish": "PUBLISH",
            "most": MAX_DOCUMENT_BYTES,
            **{name: place for name, place in places.items() if name != "task"},
        }
        request = script("commit_first", named, about, indexes(facets, keys))
        texts = [str(part).encode(errors="surrogateescape") for part in request]
        own = {place.encode(): name for name, place in places.items()}
        parts = (b"$%d\r\n%b\r\n" if text in own else _literal(text) for text in texts)
        self._format = b"*%d\r\n" % len(texts) + b"".join(parts)
        self._order = [own[text] for text in texts if text in own]
        self._task, self._channel = keys.task("").encode(), keys.channel("").encode()

    def of(self, task_id: str, document: bytes, due_ms: int) -> bytes:
        """The request of one task: its document, and the time (ms) from which cleanup may delete
        it.

        Raises:
            UnicodeEncodeError: the id is no UTF-8.
        """
        name = task_id.encode()
        given = {
            "task": self._task + name,
            "id": name,
            "text": document,
            "due": b"%d" % due_ms,
            "channel": self._channel + name,
        }
        own = [part for own in self._order for part in (len(given[own]), given[own])]
        return self._format % tuple(own)


def _literal(text: bytes) -> bytes:
    """An argument as RESP has it, in a format string."""
    return b"$%d\r\n%b\r\n" % (len(text), text.replace(b"%", b"%%"))
