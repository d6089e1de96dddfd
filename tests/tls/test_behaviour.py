"""What holds of every store holds over TLS."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.behaviour.driving import Driver, over
from tests.behaviour.suite import of_every_store

pytestmark = pytest.mark.integration


@pytest.fixture(params=["sync-one", "async-one", "sync-cluster", "async-cluster"])
def driver(request: pytest.FixtureRequest) -> Iterator[Driver]:
    """In the place of the suite's own."""
    kind, _, place = request.param.partition("-")
    name = {"one": "settings", "cluster": "settings_of_cluster"}[place]
    with over(kind, request.getfixturevalue(name)) as driver:
        yield driver


globals().update(of_every_store())
