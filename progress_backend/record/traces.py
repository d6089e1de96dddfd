"""W3C trace contexts (`traceparent`), as OpenTelemetry puts them into the headers of messages and
requests; pure."""

from __future__ import annotations

import re
from typing import Final

#: Version 00: trace id, span id, flags; ids of zeros alone are none.
_TRACEPARENT: Final = re.compile(
    r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}", re.ASCII
)


def traceparent(given: object) -> str | None:
    """A header's value, if it is a trace context; None if it is anything else."""
    return given if isinstance(given, str) and _TRACEPARENT.fullmatch(given) else None


def trace_id_of(given: object) -> str | None:
    """The trace id in a header's value, 32 digits; None without one."""
    found = _TRACEPARENT.fullmatch(given) if isinstance(given, str) else None
    return None if found is None else found[1]
