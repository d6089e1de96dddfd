"""Token buckets: what a client gets in time, and what they remember."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from progress_backend.web.limits import Buckets

#: Pauses between takes, and how much is taken.
TAKES = st.lists(
    st.tuples(st.floats(0, 20, allow_nan=False), st.floats(0.1, 5)), min_size=1, max_size=60
)


@given(rate=st.floats(0.1, 50), most=st.floats(5, 40), takes=TAKES)
def test_a_client_never_gets_more_than_a_bucket_and_what_flows_in(
    rate: float, most: float, takes: list[tuple[float, float]]
) -> None:
    buckets, now, got = Buckets(rate, most), 1_000.0, list[tuple[float, float]]()
    for pause, units in takes:
        now += pause
        if buckets.take("a", now, units) == 0:
            got.append((now, units))
    for first, (since, _) in enumerate(got):
        for last in range(first, len(got)):
            taken = sum(units for _, units in got[first : last + 1])
            assert taken <= most + rate * (got[last][0] - since) + 1e-6


@given(rate=st.floats(0.1, 50), most=st.floats(0.5, 40), takes=TAKES)
def test_a_request_passes_after_the_given_wait_and_not_before(
    rate: float, most: float, takes: list[tuple[float, float]]
) -> None:
    buckets, now = Buckets(rate, most), 1_000.0
    for pause, units in takes:
        now += pause
        wait_s = buckets.take("a", now, units)
        if wait_s:
            assert buckets.take("a", now + wait_s * 0.99 - 1e-6, units) > 0
            now += wait_s + 1e-6
            assert buckets.take("a", now, units) == 0


def test_more_than_a_bucket_holds_is_taken_out_of_a_full_one() -> None:
    buckets = Buckets(1, 2)
    assert buckets.take("a", 0.0, 10) == 0
    assert buckets.take("a", 0.0) == pytest.approx(9)
    assert buckets.take("a", 9.0) == 0


def test_so_many_clients_are_remembered_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("progress_backend.web.limits.REMEMBERED", 3)
    buckets = Buckets(1, 1)
    for client in "abcde":
        assert buckets.take(client, 0.0) == 0
    assert len(buckets) == 3
    assert buckets.take("e", 0.0) == 1
    assert buckets.take("a", 0.0) == 0, "its bucket was forgotten: it is full"
