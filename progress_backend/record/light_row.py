"""A list's row without the caller's own values where these are too long for a list; pure."""

from __future__ import annotations

from itertools import accumulate
from typing import Final

from .document import written
from .fields import GIVEN, Body
from .json_text import dumps
from .links import MAX_URL

#: A list's row has at most so many bytes of the caller's own values; else it names what it omits.
MOST_GIVEN: Final = 1024
#: In a document only the caller's own values are between the first of this name and the last of the
#: next one.
FIRST_GIVEN: Final = f'"{GIVEN[0]}":'.encode()
OURS: Final = b'"created_at":'
OMITTED: Final = "".join(
    [*(f'"{name}":{{}},' for name in GIVEN), f'"omitted":{dumps(GIVEN)},']
).encode()


def row(record: Body) -> bytes:
    """A record as a list's row, without the caller's own values where these are too long for a
    list; it has the links of a workflow's member, since the workflow's body has none."""
    record.checkpoint = None
    sizes = accumulate(len(link.url) for link in record.links if record.workflow)
    record.links = [
        link for link, size in zip(record.links, sizes, strict=False) if size <= MAX_URL
    ]
    document = written(record)
    if len(document) > MOST_GIVEN:
        given = [dumps(getattr(record, name)).encode("utf-8", "replace") for name in GIVEN]
        if sum(len(value) - len("{}") for value in given) > MOST_GIVEN:
            for name in GIVEN:
                setattr(record, name, {})
            record.omitted = list(GIVEN)
            document = written(record)
    return document
