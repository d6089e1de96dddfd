"""When an event that a webhook's receiver has not taken is sent again; pure."""

from __future__ import annotations

from typing import Final

#: Seconds after each attempt that failed until the next one: 11 attempts in three days.
PAUSES_S: Final = (5, 30, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
#: Attempts in all.
ATTEMPTS: Final = len(PAUSES_S) + 1
#: A pause is shorter by so much of it at most, so that what failed together does not come together.
JITTER: Final = 0.2


def pause_ms(attempts: int, chance: float, asked_s: float | None = None) -> tuple[int, int] | None:
    """One of the pauses, and how much of it counts as over already: the rest of it passes until an
    event is sent again. None: it is not.

    Args:
        attempts: how often it was sent.
        chance: a random number from 0 to 1.
        asked_s: seconds that the receiver has asked for (Retry-After); a day at most counts.
    """
    if attempts >= ATTEMPTS:
        return None
    wait_s = PAUSES_S[max(attempts, 1) - 1] * (1 - JITTER * chance)
    wait_s = max(wait_s, min(asked_s or 0.0, PAUSES_S[-1]))
    pause_s = next(pause for pause in PAUSES_S if pause >= wait_s)
    return pause_s * 1000, int((pause_s - wait_s) * 1000)
