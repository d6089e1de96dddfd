"""One update of a task for its watching clients, encoded once per message, not per client."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from typing import NamedTuple

from ..record import task_json
from ..record.document_check import body_of
from ..record.model import ENDED
from ..record.reader_view import in_zone

_NEVER = datetime.min.replace(tzinfo=UTC)


class Update(NamedTuple):
    """A version of a task, or the fact that its record is gone (`message` is None)."""

    #: Orders the updates of a task: the epoch, the record's creation time, the revision.
    key: tuple[int, datetime, int]
    #: The JSON text for clients.
    message: str | None
    #: The JSON text as a WebSocket frame.
    frame: bytes = b""
    task_id: str = ""
    #: Status, type and symbol, which lists can be filtered by.
    facets: tuple[str, str, str | None] = ("", "", None)
    ended: bool = False
    #: Whether the end is final.
    final: bool = False
    #: Until when an end that is not final may be taken back.
    again_until: datetime | None = None

    @classmethod
    def of(
        cls,
        document: bytes | None,
        epoch: int,
        zone: tzinfo | None = None,
        task_id: str | None = None,
    ) -> Update:
        """The update of a document, or of None where there is none; its times in `zone`.

        Raises:
            ForeignValue: the value is no record, or (where `task_id` is given) another task's.
        """
        if document is None:
            return cls((epoch, _NEVER, 0), None)
        body = body_of(document, task_id)
        if zone is not None:
            in_zone(body, zone)
        created_at, revision = task_json.version(body)
        status = body["status"]
        kind = "task_created" if revision == 1 else "progress_update"
        text = task_json.update_message(body, kind)
        return cls(
            (epoch, created_at or _NEVER, revision),
            text.decode(),
            text_frame(text),
            body["task_id"],
            (status, body["task_type"], body["symbol"]),
            status in ENDED,
            task_json.is_final(body),
            task_json.again_until(body),
        )

    @property
    def revision(self) -> int:
        """The record's revision; 0 if it is gone."""
        return self.key[2]

    def open_for_s(self, now: datetime) -> float:
        """Seconds until an end becomes final; 0 or less if it is."""
        if self.final or self.again_until is None:
            return 0
        return (self.again_until - now).total_seconds()

    def says_more_than(self, other: Update) -> bool:
        """Whether a client that got `other` has to get this update.

        Within an epoch only a later version counts; a new epoch's version is sent whatever it is,
        since Redis may come back from an older copy.
        """
        mine, theirs = self.key, other.key
        return mine > theirs and (mine[2] != theirs[2] or mine[1] != theirs[1])


def text_frame(text: bytes) -> bytes:
    """A text message of a server as one WebSocket frame (RFC 6455, section 5.2)."""
    if len(text) < 126:
        return bytes((0x81, len(text))) + text
    if len(text) < 1 << 16:
        return b"\x81\x7e" + len(text).to_bytes(2, "big") + text
    return b"\x81\x7f" + len(text).to_bytes(8, "big") + text
