"""When an event that was not taken is sent again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from progress_backend.record.webhook_schedule import ATTEMPTS, PAUSES_S, pause_s

chances = st.floats(0, 1)


@given(st.integers(1, ATTEMPTS - 1), chances)
def test_a_pause_is_the_schedules_and_a_fifth_longer_at_most(attempts: int, chance: float) -> None:
    pause = pause_s(attempts, chance)
    assert pause is not None
    assert PAUSES_S[attempts - 1] <= pause <= PAUSES_S[attempts - 1] * 1.2


@given(chances)
def test_pauses_grow_and_end(chance: float) -> None:
    pauses = [pause_s(n, chance) for n in range(1, ATTEMPTS)]
    assert pauses == sorted(pauses, key=lambda one: one or 0)
    assert pause_s(ATTEMPTS, chance) is None
    assert 3 < sum(PAUSES_S) / 86_400 < 4  # days, within which the store keeps the event


@given(st.integers(1, ATTEMPTS - 1), st.floats(0, 1e9))
def test_a_receiver_may_ask_for_a_longer_pause_up_to_a_day(attempts: int, asked: float) -> None:
    pause = pause_s(attempts, 0, asked)
    assert pause == max(PAUSES_S[attempts - 1], min(asked, 86_400))
