"""What a worker takes from a message's header, whoever wrote it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from progress_backend.tracking.headers import created_by_publisher

TOLD = {"created_at": "2024-01-15T10:30:00.000+00:00", "digest": "a" * 40}


def test_what_the_publisher_said() -> None:
    assert created_by_publisher(TOLD) == (datetime(2024, 1, 15, 10, 30, tzinfo=UTC), "a" * 40)
    assert created_by_publisher({}) is None


@pytest.mark.parametrize("digest", [None, 5, ["a"], {}])
def test_a_digest_that_is_none(digest: Any) -> None:
    assert created_by_publisher({**TOLD, "digest": digest}) is None


@pytest.mark.parametrize("created_at", [None, 5, "", "yesterday", "2024-01-15T10:30:00", ["x"]])
def test_a_time_that_is_none(created_at: Any) -> None:
    assert created_by_publisher({**TOLD, "created_at": created_at}) is None
