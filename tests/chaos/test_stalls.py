"""A store that pauses again and again takes every publish in the end."""

from __future__ import annotations

import pytest

from tests.chaos.stalls import measure


@pytest.mark.chaos
@pytest.mark.long
def test_no_publish_is_without_a_record(capsys: pytest.CaptureFixture[str]) -> None:
    stalled = measure()
    with capsys.disabled():
        print(f"\n{stalled}")
    assert stalled.pauses >= 2
    assert stalled.missing == 0
