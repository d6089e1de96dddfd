"""When an event that was not taken is sent again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from progress_backend.webhooks.schedule import ATTEMPTS, PAUSES_S, pause_ms

chances = st.floats(0, 1)


def wait_s(attempts: int, chance: float) -> float:
    pause, over = pause_ms(attempts, chance) or (0, 0)
    assert pause in [one * 1000 for one in PAUSES_S]  # a stream keeps a consumer for each
    return (pause - over) / 1000


@given(st.integers(1, ATTEMPTS - 1), chances)
def test_a_pause_is_the_schedules_and_a_fifth_shorter_at_most(attempts: int, chance: float) -> None:
    pause = PAUSES_S[attempts - 1]
    assert pause * 0.8 <= wait_s(attempts, chance) <= pause + 0.001


@given(chances)
def test_pauses_grow_and_end(chance: float) -> None:
    pauses = [wait_s(n, chance) for n in range(1, ATTEMPTS)]
    assert pauses == sorted(pauses)
    assert pause_ms(ATTEMPTS, chance) is None
    assert 3 < sum(PAUSES_S) / 86_400 < 4  # days, within which the store keeps the event
