"""What holds of every store holds on a real cluster and behind real sentinels."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.behaviour.driving import Driver, over
from tests.behaviour.suite import of_every_store
from tests.behaviour.test_acts import bases as bases  # noqa: PLC0414 - a fixture of its tests

# Each rule is proved once on one server; test_each_command asks each topology for all that a store
# does.
pytestmark = pytest.mark.long


@pytest.fixture(params=["sync-cluster", "async-cluster", "sync-sentinel", "async-sentinel"])
def driver(request: pytest.FixtureRequest) -> Iterator[Driver]:
    """In the place of the suite's own."""
    kind, _, place = request.param.partition("-")
    name = {"cluster": "settings", "sentinel": "settings_of_sentinel"}[place]
    with over(kind, request.getfixturevalue(name)) as driver:
        yield driver


globals().update(of_every_store())
