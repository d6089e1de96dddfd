from hypothesis import example, given
from hypothesis import strategies as st

from progress_backend.operations.keys import Keys
from progress_backend.record.model import STATUSES


def test_the_specifications_names() -> None:
    keys = Keys()
    assert keys.task("f47ac10b") == "task:f47ac10b"
    assert keys.channel("f47ac10b") == "task_update:f47ac10b"
    assert keys.every_channel == "task_update:*"


def test_a_prefix_goes_before_every_name() -> None:
    keys = Keys("app[1]:")
    every = [
        keys.task("t"),
        keys.channel("t"),
        keys.index("running", "x", "y"),
        keys.facets,
        keys.expiry,
        keys.runs("x"),
        keys.leases,
        keys.lease_tasks("lease"),
        keys.lock("reap"),
    ]
    assert all(name.startswith("app[1]:") for name in every)
    assert len(set(every)) == len(every)


def test_a_prefix_is_no_pattern() -> None:
    assert Keys("a*[b]?\\:").every_channel == "a\\*\\[b\\]\\?\\\\:task_update:*"


facets = st.tuples(
    st.none() | st.sampled_from(STATUSES),
    st.none() | st.text("ab|=type symbol", max_size=12),
    st.none() | st.text("ab|=type symbol", max_size=12),
)


@given(facets, facets)
@example((None, "a|symbol=b", None), (None, "a", "b"))
@example((None, "a||symbol=b", None), (None, "a|", "b"))
def test_no_two_filters_share_an_index(one, other) -> None:
    keys = Keys()
    assert (keys.index(*one) == keys.index(*other)) == (one == other)
