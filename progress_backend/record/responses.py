"""HTTP responses made from stored documents, which are not decoded: bodies, rows of a list, ETags.

The caller's own values are before `created_at` in a document, and no JSON text holds an unescaped
quote: from there on, the last occurrence of a name is the field's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Final

from .default_texts import Locale, text
from .fields import GIVEN
from .json_text import dumps
from .local_time import optional_moment
from .model import ENDED
from .redelivery import left_s

_AGAIN_UNTIL: Final = b'"may_come_again_until":'
_NEVER: Final = b"null,"
_FINAL: Final = b'"final":true,'
_REVISION: Final = b'"revision":'
_AHEAD: Final = b'"ahead":'
#: Documents with an end that is not final yet whose later text is cached, and the largest of those.
_REMEMBERED: Final = 4_096
_SMALL: Final = 4_096
_STATUS: Final = re.compile(rb'"status":"(\w+)"')
#: A list's row has at most so many bytes of the caller's own values; else it names what it omits.
MOST_GIVEN: Final = 1024
#: The caller's own values are between the first of the one name and the last of the other, and
#: nothing else is.
FIRST_GIVEN: Final = f'"{GIVEN[0]}":'.encode()
OURS: Final = b'"created_at":'
OMITTED: Final = f'"omitted":{dumps(GIVEN)},'.encode()
#: Bytes of these fields when they are empty.
_EMPTY: Final = sum(len(f'"{name}":{{}},') for name in GIVEN)


def settled(document: bytes) -> bool:
    """Whether a document reads the same at any time: no time that passes makes its end final."""
    # One of the last names; text before it may be the caller's.
    at = document.rfind(_AGAIN_UNTIL)
    return at >= 0 and document.startswith(_NEVER, at + len(_AGAIN_UNTIL))


def as_of(document: bytes, now: datetime, locale: Locale) -> bytes:
    """A document as it is to be read now: an end is final once no message can take it back."""
    if settled(document):
        return document
    until, before, after = (_remembered if len(document) <= _SMALL else _by_time)(document, locale)
    return before if left_s(True, until, now) else after


def _by_time(document: bytes, locale: Locale) -> tuple[datetime | None, bytes, bytes]:
    """Until when a document's end may be taken back, and the document before and after that."""
    body = json.loads(document)
    until, ended = optional_moment(body.get("may_come_again_until")), body["status"] in ENDED
    before, after = (_with_final(document, final, until, locale) for final in (False, ended))
    return until, before, after


def _with_final(document: bytes, final: bool, until: datetime | None, locale: Locale) -> bytes:
    body = json.loads(document)
    if body.get("final") is final:
        return document
    if until is not None:
        body["current_status"] = text(locale, "failed")
    revision = body.pop("revision", 0)  # the last
    body["final"], body["revision"] = final, revision
    return dumps(body).encode()


_remembered: Callable[[bytes, Locale], tuple[datetime | None, bytes, bytes]] = lru_cache(
    maxsize=_REMEMBERED
)(_by_time)


def entity_tag(document: bytes) -> str:
    """The ETag of a document: created_at, revision, and whether only the passing of time made its
    end final; of a waiting task with its place, a digest of all that its body has besides.

    It is weak, since the estimate of a task without a rate of its own may change without a new
    revision.
    """
    created = document.rfind(OURS) + len(OURS)
    revision = document.rfind(_REVISION) + len(_REVISION)
    created_at = document[created : document.index(b",", created)].strip(b'"')
    since = not settled(document) and _FINAL in document[document.rfind(_AGAIN_UNTIL) :]
    later = "/final" if since else ""
    ahead = document.rfind(_AHEAD)
    if ahead >= 0 and not document.startswith(_NEVER, ahead + len(_AHEAD)):
        later = f"/{blake2b(document, digest_size=6).hexdigest()}"
    return f'W/"{created_at.decode()}/{document[revision:-1].decode()}{later}"'


def status_of(document: bytes) -> str | None:
    """The status in a document or a list's row, without parsing all of it; None if there is
    none."""
    ours = max(document.find(FIRST_GIVEN), document.find(OMITTED), 0)  # only one of them occurs
    found = _STATUS.search(document, 0, ours)
    return None if found is None else found[1].decode()


def id_of(document: bytes) -> str:
    """The task's id in a list's row."""
    return str(json.loads(document)["task_id"])


def created_body(document: bytes, share: Mapping[str, str] | None = None) -> bytes:
    """The response body to a creation (specification 2.1), and the share token beside it where one
    was asked for."""
    body = json.loads(document)
    names = ("task_id", "status", "task_type", "symbol")
    answer = {name: body[name] for name in names}
    answer["total_items"] = body["progress"]["total"]
    answer["created_at"] = body["created_at"]
    answer["estimated_completion"] = body["estimated_completion"]
    answer["estimate"] = body["estimate"]
    if share is not None:
        answer["share"] = share
    return dumps(answer).encode()


def row(document: bytes) -> bytes:
    """A document as a list's row: unchanged, unless the caller's own values are too long for a
    list."""
    if len(document) <= MOST_GIVEN:
        return document
    given, ours = document.find(FIRST_GIVEN), document.rfind(OURS)
    if given < 0 or ours - given <= MOST_GIVEN + _EMPTY:
        return document
    return document[:given] + OMITTED + document[ours:]


def list_body(
    documents: Iterable[bytes],
    pagination: Mapping[str, int | None],
    summary: Mapping[str, int | None],
    cursor: str | None = None,
) -> bytes:
    """The response body of the list (specification 2.2), made of its rows; with a cursor where one
    says where to go on."""
    goes_on = "" if cursor is None else f',"cursor":{dumps(cursor)}'
    tail = f'],"pagination":{dumps(pagination)},"summary":{dumps(summary)}{goes_on}}}'
    return b'{"tasks":[' + b",".join(documents) + tail.encode()


def workflows_body(rows: Iterable[bytes], pagination: Mapping[str, int]) -> bytes:
    """The response body of the list of workflows."""
    tail = f'],"pagination":{dumps(pagination)}}}'
    return b'{"workflows":[' + b",".join(rows) + tail.encode()
