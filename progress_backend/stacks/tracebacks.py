"""A traceback as it is kept: redacted, and of a long one its end; pure."""

from __future__ import annotations

from typing import Final

from ..record.redaction import Redaction

#: Bytes and lines that are kept, the last; characters of a line that are kept, and that are
#: redacted, so that no part of a secret is left.
LONGEST, _LINES, LONGEST_LINE, _READ = 8 * 1024, 400, 400, 2_000
_CUT: Final = b"  \xe2\x80\xa6\n"


def cut(text: str, redaction: Redaction) -> str:
    """The traceback without secrets, whole lines of 8 KiB at most."""
    lines = (line[:_READ] for line in text.rstrip().split("\n")[-_LINES:])
    redacted = redaction.value("error_message", "\n".join(lines)).split("\n")
    kept = "\n".join(line[:LONGEST_LINE] for line in redacted).encode("utf-8", "replace")
    if len(kept) > LONGEST:
        kept = _CUT + kept[len(_CUT) - LONGEST :].partition(b"\n")[2]
    return kept.decode()
