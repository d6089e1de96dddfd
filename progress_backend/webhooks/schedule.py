"""When an event that a webhook's receiver has not taken is sent again; pure."""

from __future__ import annotations

from typing import Final

#: Seconds after each attempt that failed until the next one: 11 attempts in three days.
PAUSES_S: Final = (5, 30, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
#: Attempts in all.
ATTEMPTS: Final = len(PAUSES_S) + 1
#: A pause is shorter by so much of it at most, so that what failed together does not come together.
JITTER: Final = 0.2


def pause_ms(attempts: int, chance: float) -> tuple[int, int] | None:
    """The pause behind an attempt, and how much of it counts as over already; None: it was the
    last.

    Args:
        attempts: how often the event was sent.
        chance: a random number from 0 to 1.
    """
    if attempts >= ATTEMPTS:
        return None
    pause = PAUSES_S[max(attempts, 1) - 1] * 1000
    return pause, int(pause * JITTER * chance)
