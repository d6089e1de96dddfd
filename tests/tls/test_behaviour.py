"""Each thing that a store can do, over TLS."""

from collections.abc import Iterator

import pytest

from tests.behaviour.driving import Driver, over
from tests.behaviour.each_call import test_each_call_is_carried_out, test_what_is_over_is_swept

__all__ = ["test_each_call_is_carried_out", "test_what_is_over_is_swept"]


@pytest.fixture(params=["sync-one", "async-cluster"])
def driver(request: pytest.FixtureRequest) -> Iterator[Driver]:
    """In the place of the suite's own."""
    kind, _, place = request.param.partition("-")
    name = {"one": "settings", "cluster": "settings_of_cluster"}[place]
    with over(kind, request.getfixturevalue(name)) as driver:
        yield driver
