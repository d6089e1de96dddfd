"""What a worker takes from a message's header, whoever wrote it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from amqp.serialization import dumps

from progress_backend.flows.first_records import FirstRecords
from progress_backend.flows.stored_record import ReadRecord
from progress_backend.flows.task_flows import Records
from progress_backend.record import events as ev
from progress_backend.settings import Settings
from progress_backend.tracking import created_header
from progress_backend.tracking.identity import header_of

HEADERS = {"created_at": "2024-01-15T10:30:00.000+00:00", "digest": "a" * 40}
LATER = "2024-01-15T10:31:00.000+00:00"
FLOWS = Records(Settings(), None, lambda what, error, about: None)
FIRSTS = FirstRecords(FLOWS)
MADE = ev.Created(identity=ev.Identity(task_type="fetch_data"))


def created_by_publisher(header: dict[str, Any]) -> ReadRecord | None:
    return created_header.created_by_publisher("t", header, MADE, FIRSTS)


@pytest.mark.parametrize(
    ("published", "minute", "revision"), [({}, 30, 1), ({"published_at": LATER}, 31, 2)]
)
def test_the_publishers_headers_become_the_record(
    published: dict[str, str], minute: int, revision: int
) -> None:
    """Also of a planned record with a message that has left."""
    base = created_by_publisher({**HEADERS, **published})
    assert base is not None
    created, at = (datetime(2024, 1, 15, 10, m, tzinfo=UTC) for m in (30, minute))
    assert (base.digest, base.task.created_at, base.task.updated_at) == ("a" * 40, created, at)
    assert base.task.revision == revision


@pytest.mark.parametrize("other", [None, 5, "", "yesterday", "2024-01-15T10:30:00", ["x"], {}])
def test_what_is_no_time_or_digest_says_nothing(other: Any) -> None:
    for name in ("created_at", "published_at", *(["digest"] * (not isinstance(other, str)))):
        assert created_by_publisher({**HEADERS, name: other}) is None
    assert created_by_publisher({}) is None


DEEP: Any = 1
for _ in range(300):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    ("value", "fits"),
    [
        ({"é" * 127: [-(2**63), 2**63 - 1, True, None, 1.5, "\ud800", {}]}, True),
        ({"é" * 128: 1}, False),
        ([2**63], False),
        (-(2**63) - 1, False),
        (DEEP, False),
    ],
)
def test_metadata_that_amqp_cannot_encode_is_not_in_the_message(value: Any, fits: bool) -> None:
    """The publish of a message with it would raise."""
    header = header_of(ev.Identity(task_type="fetch_data", metadata={"of": {"the": value}}))
    assert ("metadata" in header) == fits
    dumps("F", [{"progress": header}])
