"""The id of a keyed start, in every process the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from progress_backend.errors import InvalidEvent
from progress_backend.jobs.starts import id_of
from progress_backend.operations.starts import unquoted

parts = st.tuples(st.text(), st.none() | st.text(), st.text(), st.text())


@given(parts, parts)
def test_two_keys_have_one_id_only_if_all_of_it_is_equal(
    one: tuple[str, str | None, str, str], other: tuple[str, str | None, str, str]
) -> None:
    assert (id_of(*one) == id_of(*other)) is (one == other)
    assert id_of("a", None, "b", "c") != id_of("a", "", "b", "c")


def test_an_id_stays_over_versions() -> None:
    assert id_of("p:", "alice", "shop.fetch", "k1") == "47bf0a11-431f-511e-a64a-cc8821ba4ec6"


def test_a_key_in_quotes_is_the_same_key() -> None:
    assert unquoted(' "k-1" ') == unquoted("k-1") == "k-1"
    assert unquoted('"') == '"'


@pytest.mark.parametrize("key", ["", '""', "k" * 201, "a\nb", "é"])
def test_a_key_that_cannot_be_used(key: str) -> None:
    with pytest.raises(InvalidEvent):
        unquoted(key)
