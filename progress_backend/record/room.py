"""Room of a task's log and timeline in the store, 64 KiB together at most, unless a setting gives
the log more; pure.

Each has a share of its own, so that none is read or cut while another is written. A share counts
the bytes of texts, and `AROUND` for each; Redis takes up to a quarter more, and of each stream two
blocks of 4 KiB that are partly used.
"""

from __future__ import annotations

from typing import Final

#: What Redis keeps beside a text in a stream, in bytes.
AROUND: Final = 24
#: Of a timeline, its newest entries.
TIMELINE: Final = 12 * 1024
