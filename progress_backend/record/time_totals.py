"""How long tasks waited for their start and ran: how often, and in all, by task type; pure."""

from __future__ import annotations

from typing import Final, NamedTuple

WAIT, RUN = KINDS = ("wait", "run")
#: Most task types of one kind with a total of their own; further ones count together.
MOST_TOTALS: Final = 200
#: The type under which these count: no task's.
OTHERS: Final = ""
#: A longer time counts as this one, so that no sum outgrows 64 bits.
LONGEST_US: Final = 366 * 86_400 * 1_000_000


class Total(NamedTuple):
    """How many times were counted, and their sum in microseconds."""

    number: int = 0
    us: int = 0


#: By kind and task type.
Totals = dict[tuple[str, str], Total]
