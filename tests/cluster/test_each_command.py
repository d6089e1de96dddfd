"""Each thing that a store can do, on a real cluster and behind real sentinels."""

from __future__ import annotations

import pytest

from tests.behaviour.each_command import (
    test_each_command_is_carried_out,
    test_what_is_over_is_swept,
)
from tests.cluster.test_behaviour import driver

__all__ = ["driver", "test_each_command_is_carried_out", "test_what_is_over_is_swept"]
pytestmark = [pytest.mark.integration, pytest.mark.slow]
