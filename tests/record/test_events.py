from datetime import timedelta

from hypothesis import given

from progress_backend.record import events as ev
from tests.strategies import NOW, events


@given(events())
def test_a_run_signs_what_it_says_once(event) -> None:
    signed = event.of_attempt(3)
    if isinstance(event, ev.Started):
        assert signed is event  # it makes the next attempt, nothing fences it
    elif event.attempt is None:
        assert signed.attempt == 3
    else:
        assert signed is event


def test_the_time_of_happening_is_kept() -> None:
    happened = ev.Completed().happened_at(NOW)
    assert happened.at == NOW
    assert happened.happened_at(NOW + timedelta(hours=1)).at == NOW
