"""A store that pauses again and again takes every publish in the end, and ends no chain early."""

from __future__ import annotations

import pytest

from tests.chaos.stalls import measure, measure_chains


@pytest.mark.chaos
@pytest.mark.long
def test_no_publish_is_without_a_record(capsys: pytest.CaptureFixture[str]) -> None:
    stalled = measure()
    with capsys.disabled():
        print(f"\n{stalled}")
    assert stalled.pauses >= 2
    assert stalled.missing == 0


@pytest.mark.chaos
@pytest.mark.long
def test_no_chain_has_an_end_that_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    found = measure_chains()
    with capsys.disabled():
        print(f"\n{found}")
    assert found.pauses >= 2
    assert (found.succeeded, found.wrong, found.falls) == (found.chains, 0, 0)
