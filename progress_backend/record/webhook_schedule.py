"""When an event that a webhook's receiver has not taken is sent again; pure."""

from __future__ import annotations

from typing import Final

#: Seconds after each attempt that failed until the next one: 11 attempts in a little over three
#: days.
PAUSES_S: Final = (5, 30, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
#: Attempts in all.
ATTEMPTS: Final = len(PAUSES_S) + 1
#: A pause is longer by so much of it at most, so that what failed together does not come together.
JITTER: Final = 0.2
#: Longest pause that a receiver may ask for (Retry-After), in seconds.
_LONGEST_ASKED_S: Final = 86_400.0


def pause_s(attempts: int, chance: float, asked_s: float | None = None) -> float | None:
    """Seconds until an event is sent again; None: never.

    Args:
        attempts: how often it was sent.
        chance: a random number from 0 to 1.
        asked_s: seconds that the receiver has asked for.
    """
    if attempts >= ATTEMPTS:
        return None
    pause = PAUSES_S[max(attempts, 1) - 1] * (1 + JITTER * chance)
    return max(pause, min(asked_s or 0.0, _LONGEST_ASKED_S))
