"""One update of a task or workflow for its watching clients, encoded once per message, not per
client."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

from ..operations.index_entry import Facets
from ..record import messages
from ..record.default_texts import Locale
from ..record.document import read
from ..record.fields import Body
from ..record.local_time import optional_moment
from ..record.model import ENDED, LOST
from ..record.redelivery import left_s
from ..record.responses import in_language
from ..record.workflow_fields import WorkflowBody

_NEVER = datetime.min.replace(tzinfo=UTC)


class Update(NamedTuple):
    """A version of a task or workflow, or the fact that it is gone (`message` is None)."""

    #: Orders the updates of a task: the epoch, the record's creation time, the revision.
    key: tuple[int, datetime, int]
    #: The JSON text for clients.
    message: str | None
    #: The JSON text as a WebSocket frame.
    frame: bytes = b""
    task_id: str = ""
    #: Status, type, symbol and owner, which lists can be filtered by.
    facets: Facets = Facets("", "")
    ended: bool = False
    #: Until when an end may be taken back; None: it is final.
    again_until: datetime | None = None
    #: Of a workflow: all members have ended, and a publish may add others.
    waits: bool = False
    #: Whether the passing of time alone has made the end final.
    later: bool = False
    #: Whether it is the end of a run that was lost.
    lost: bool = False
    #: The update in each language that clients wish, and as a final one ("final"), each made once.
    by_language: dict[str, Update] | None = None

    @classmethod
    def of(cls, document: bytes | None, epoch: int, task_id: str | None = None) -> Update:
        """The update of a document, or of None where there is none.

        Raises:
            ForeignValue: the value is no record, or (where `task_id` is given) another task's.
        """
        if document is None:
            return cls((epoch, _NEVER, 0), None)
        return cls.of_record(read(document, task_id), epoch)

    @classmethod
    def of_record(cls, record: Body, epoch: int) -> Update:
        """The update of a checked record."""
        kind = "task_created" if record.revision == 1 else "progress_update"
        text = messages.update_message(record, kind)
        return cls(
            (epoch, optional_moment(record.created_at) or _NEVER, record.revision),
            text.decode(),
            text_frame(text),
            record.task_id,
            Facets(record.status, record.task_type, record.symbol, owner=record.owner),
            record.status in ENDED,
            optional_moment(record.may_come_again_until),
            later=record.final and record.may_come_again_until is not None,
            lost=record.error_cause == LOST,
            by_language={},
        )

    @classmethod
    def of_workflow(cls, body: WorkflowBody | None, epoch: int, workflow_id: str) -> Update:
        """The update of a workflow's body, or of None where no member is stored."""
        if body is None:
            return cls((epoch, _NEVER, 0), None)
        text = messages.workflow_message(body)
        over, counts = body.end_time is not None, body.counts
        going = counts.created + counts.running + counts.paused
        # The end of a publish changes no revision, and may be the workflow's own.
        revision = 2 * body.revision + over
        return cls(
            (epoch, optional_moment(body.created_at) or _NEVER, revision),
            text.decode(),
            text_frame(text),
            workflow_id,
            Facets(body.status, body.task_type),
            over,
            optional_moment(body.may_come_again_until),
            waits=not going and not over,
            later=body.final and body.may_come_again_until is not None,
            by_language={},
        )

    def in_language(self, locale: Locale | None, without_errors: Locale | None = None) -> Update:
        """The update as `responses.in_language` has it."""
        if locale is None and without_errors is None:
            return self
        name = f"{locale} {without_errors}"
        return self._made(name, lambda message: in_language(message, locale, without_errors))

    def as_final(self, locale: Locale) -> Update:
        """The update once time alone has made its end final."""
        final = self._made("final", lambda message: messages.final_message(message, locale))
        return final._replace(later=True)

    def _made(self, name: str, make: Callable[[bytes], bytes]) -> Update:
        if self.message is None or self.by_language is None:
            return self
        if (known := self.by_language.get(name)) is None:
            text = make(self.message.encode())
            known = self.by_language[name] = self._replace(
                message=text.decode(), frame=text_frame(text), by_language={}
            )
        return known

    @property
    def revision(self) -> int:
        """A number that grows with the record's revision; 0 if it is gone."""
        return self.key[2]

    @property
    def event_id(self) -> str:
        """The id of the update as an event: its revision, and whether time alone made it final."""
        return f"{self.revision}/final" if self.later else str(self.revision)

    def left_s(self, now: datetime) -> float | None:
        """See `redelivery.left_s`."""
        return left_s(self.ended, self.again_until, now)

    def supersedes(self, other: Update) -> bool:
        """Whether a client that got `other` has to get this update.

        Within an epoch only a later version counts, or that the record is gone, or there again; a
        new epoch's version is sent whatever it is, since Redis may come back from an older copy.
        """
        mine, theirs = self.key, other.key
        if (self.message is None) is not (other.message is None):
            return mine[0] >= theirs[0]
        return mine > theirs and (mine[2] != theirs[2] or mine[1] != theirs[1])


def text_frame(text: bytes) -> bytes:
    """A text message of a server as one WebSocket frame (RFC 6455, section 5.2)."""
    if len(text) < 126:
        return bytes((0x81, len(text))) + text
    if len(text) < 1 << 16:
        return b"\x81\x7e" + len(text).to_bytes(2, "big") + text
    return b"\x81\x7f" + len(text).to_bytes(8, "big") + text
