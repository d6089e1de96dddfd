"""A kept message is signed for its task, and for nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from progress_backend.record import kept_message
from progress_backend.record.kept_message import NotSigned

KEYS = ("k" * 32, "older" * 8)
ABOUT = ("p:", "task", "fetch", "alice")


@given(st.text())
def test_a_signed_text_is_read_by_any_of_the_keys(text: str) -> None:
    stored = kept_message.signed(text, KEYS[1:], *ABOUT)
    assert stored is not None
    kept_message.check(stored, KEYS, *ABOUT)
    assert kept_message.read(stored) == text


@pytest.mark.parametrize("place", range(len(ABOUT)))
def test_another_tasks_signature_does_not_count(place: int) -> None:
    stored = kept_message.signed("text", KEYS, *ABOUT)
    other = [*ABOUT]
    other[place] = "other"
    assert stored is not None
    with pytest.raises(NotSigned):
        kept_message.check(stored, KEYS, *other)
    with pytest.raises(NotSigned):
        kept_message.check(stored + b"x", KEYS, *ABOUT)


def test_without_keys_nothing_is_signed() -> None:
    stored = kept_message.signed("text", (), *ABOUT)
    assert stored == b"- text"
    kept_message.check(stored, (), *ABOUT)
    with pytest.raises(NotSigned):
        kept_message.check(stored, KEYS, *ABOUT)


def test_what_is_too_large_is_not_kept() -> None:
    assert kept_message.signed("x" * kept_message.MAX_BYTES, KEYS, *ABOUT) is None
