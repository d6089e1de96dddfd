"""What a worker takes from a message's header, whoever wrote it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from progress_backend.flows.stored_record import Base
from progress_backend.record import events as ev
from progress_backend.tracking import headers

TOLD = {"created_at": "2024-01-15T10:30:00.000+00:00", "digest": "a" * 40}
LATER = "2024-01-15T10:31:00.000+00:00"
MADE = ev.Created(identity=ev.Identity(task_type="fetch_data"))


def created_by_publisher(header: dict[str, Any]) -> Base | None:
    return headers.created_by_publisher("t", header, MADE)


def test_what_the_publisher_said() -> None:
    base = created_by_publisher(TOLD)
    assert base is not None
    at = datetime(2024, 1, 15, 10, 30, tzinfo=UTC)
    assert (base.digest, base.task.created_at, base.task.updated_at) == ("a" * 40, at, at)
    assert base.task.revision == 1
    assert created_by_publisher({}) is None


def test_a_planned_record_whose_message_has_left() -> None:
    base = created_by_publisher({**TOLD, "published_at": LATER})
    assert base is not None
    at = datetime(2024, 1, 15, 10, 31, tzinfo=UTC)
    assert (base.task.revision, base.task.updated_at) == (2, at)


@pytest.mark.parametrize("digest", [None, 5, ["a"], {}])
def test_a_digest_that_is_none(digest: Any) -> None:
    assert created_by_publisher({**TOLD, "digest": digest}) is None


@pytest.mark.parametrize("created_at", [None, 5, "", "yesterday", "2024-01-15T10:30:00", ["x"]])
def test_a_time_that_is_none(created_at: Any) -> None:
    assert created_by_publisher({**TOLD, "created_at": created_at}) is None
    assert created_by_publisher({**TOLD, "published_at": created_at}) is None
