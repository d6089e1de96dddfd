"""Each thing that a store can do, on a real cluster and behind real sentinels."""

from collections.abc import Iterator

import pytest

from tests.behaviour.driving import Driver, over
from tests.behaviour.each_call import (
    test_each_call_is_carried_out,
    test_each_set_of_parts_is_committed,
    test_what_is_over_is_swept,
)
from tests.behaviour.test_outcomes import test_each_first_start_and_each_success_counts

__all__ = [
    "test_each_call_is_carried_out",
    "test_each_first_start_and_each_success_counts",
    "test_each_set_of_parts_is_committed",
    "test_what_is_over_is_swept",
]
pytestmark = [pytest.mark.integration, pytest.mark.slow]


@pytest.fixture(params=["sync-cluster", "async-cluster", "sync-sentinel", "async-sentinel"])
def driver(request: pytest.FixtureRequest) -> Iterator[Driver]:
    """In the place of the suite's own."""
    kind, _, place = request.param.partition("-")
    name = {"cluster": "settings", "sentinel": "settings_of_sentinel"}[place]
    with over(kind, request.getfixturevalue(name)) as driver:
        yield driver
