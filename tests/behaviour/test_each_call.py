"""Each thing that a store can do, by each driver on each kind of server."""

from collections.abc import Iterator

import pytest

from tests.behaviour.conftest import DRIVERS, driving
from tests.behaviour.driving import Driver
from tests.behaviour.each_call import (
    test_each_call_is_carried_out,
    test_each_set_of_parts_is_committed,
    test_what_is_over_is_swept,
)

__all__ = [
    "test_each_call_is_carried_out",
    "test_each_set_of_parts_is_committed",
    "test_what_is_over_is_swept",
]


WIDE = {name: [pytest.mark.wide] for name in DRIVERS if name.endswith("redis")}


@pytest.fixture(params=[pytest.param(name, marks=WIDE.get(name, [])) for name in DRIVERS])
def driver(request: pytest.FixtureRequest) -> Iterator[Driver]:
    """In the place of the suite's own."""
    yield from driving(request)
