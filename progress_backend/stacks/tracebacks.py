"""A traceback as it is kept: redacted, its files as stacks name them, and of a long one its end."""

from __future__ import annotations

import re
import sys
from typing import Final

from ..record.redaction import Redaction
from ..record.secret_texts import MASK
from .frames import At

#: Bytes and lines that are kept, the last; characters of a line that are kept, and that are
#: redacted, so that no part of a secret is left.
LONGEST, _LINES, LONGEST_LINE, _READ = 8 * 1024, 400, 400, 2_000
#: A frame, also of a group's exception: its file, and below its line, indented, code and carets.
_FRAME: Final = re.compile(r'^([ |+-]*)File "([^"\n]+)"(.*)((?:\n\1  .*)*)', re.MULTILINE)
_CUT: Final = b"  \xe2\x80\xa6\n"


def cut(text: str, redaction: Redaction) -> str:
    """The traceback without secrets, whole lines of 8 KiB at most."""
    read = "\n".join(line[:_READ] for line in text.rstrip().split("\n")[-2 * _LINES :])
    lines = _shown(read, redaction).split("\n")[-_LINES:]
    redacted = redaction.value("error_message", "\n".join(lines)).split("\n")
    kept = "\n".join(line[:LONGEST_LINE] for line in redacted).encode("utf-8", "replace")
    if len(kept) > LONGEST:
        kept = _CUT + kept[len(_CUT) - LONGEST :].partition(b"\n")[2]
    return kept.decode()


def _shown(text: str, redaction: Redaction) -> str:
    """The text with the files as stacks name them, and code with a secret's name masked whole."""
    modules = [(name, getattr(module, "__dict__", {})) for name, module in [*sys.modules.items()]]
    names = {about["__file__"]: name for name, about in modules if "__file__" in about}

    def shown(found: re.Match[str]) -> str:
        before, file, rest, code = found.groups()
        if redaction.hides(code):
            code = f"\n{before}  {MASK}"
        return f'{before}File "{At(file, 0, "", names.get(file, "")).shown}"{rest}{code}'

    return _FRAME.sub(shown, text)
