"""A traceback as it is kept: redacted, and where it is long its beginning and its end; pure."""

from __future__ import annotations

from typing import Final

from ..record.redaction import Redaction

#: Bytes that are kept: of the first lines, and of the last.
BEGINNING, END = 2 * 1024, 6 * 1024
#: Longest line in characters; so many are redacted of each, so that no part of a secret is left.
LONGEST_LINE, _READ = 400, 2_000
#: Lines that are redacted, the first and the last: more than there is room for.
_FIRST, _LAST = 100, 300
_CUT: Final = "  …"


def cut(text: str, redaction: Redaction) -> str:
    """The traceback without secrets, whole lines of 8 KiB at most."""
    lines = [line[:_READ] for line in text.rstrip().split("\n")]
    if len(lines) > _FIRST + _LAST:
        lines = [*lines[:_FIRST], _CUT, *lines[-_LAST:]]
    redacted = redaction.value("error_message", "\n".join(lines))
    lines = [line[:LONGEST_LINE] for line in redacted.split("\n")]
    kept = "\n".join(lines).encode("utf-8", "replace")
    if len(kept) <= BEGINNING + END:
        return kept.decode()
    first = kept[:BEGINNING].rpartition(b"\n")[0]
    last = kept[len(_CUT.encode()) + 2 - END :].partition(b"\n")[2]
    return f"{first.decode()}\n{_CUT}\n{last.decode()}"
