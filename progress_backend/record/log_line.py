"""A line of a task's log, as JSON; pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from .json_text import dumps, parsed

#: The levels of a line: logging's own, in small letters.
LEVELS: Final = ("debug", "info", "warning", "error", "critical")
#: Longest text of a line in characters; what is longer is cut.
LONGEST: Final = 2_000
_CUT: Final = "…"


class LogLine(NamedTuple):
    """A line of a task's log."""

    #: Seconds since 1970, by the clock of the process that wrote it.
    at: float
    level: str
    text: str


def written(line: LogLine, attempt: int | None) -> bytes:
    """A line as it is stored, and as clients get it but for its id."""
    text = line.text
    if len(text) > LONGEST:
        text = text[: LONGEST - len(_CUT)] + _CUT
    time = datetime.fromtimestamp(line.at, UTC).isoformat(timespec="milliseconds")
    body: dict[str, Any] = {"time": time, "level": line.level, "attempt": attempt, "text": text}
    return dumps(body).encode("utf-8", "replace")


def with_id(number: int, line: bytes, whole: bool = True) -> bytes:
    """A stored line with its number in the log, as clients get it; without the traceback that
    logging has added to it, unless it is to be `whole`."""
    if not whole and (begins := "Traceback (most recent call last):").encode() in line:
        body = parsed(line)
        body["text"] = body["text"].partition(begins)[0].rstrip()
        line = dumps(body).encode("utf-8", "replace")
    return b'{"id":%d,' % number + line[1:]
