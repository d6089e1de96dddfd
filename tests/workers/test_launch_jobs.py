"""How a demo is judged, by real records."""

from __future__ import annotations

import pytest

from tests.records import Records
from workers.launch_jobs import Job, unexpected

CANCELLED = Job("fetch_data", ("GOOG", "5y"), ends="cancelled", touch="cancel")
PAUSED = Job("fetch_data", ("MSFT", "2y"), touch="pause")
LEFT_ALONE = Job("fetch_data", ("AAPL", "2y"))


@pytest.fixture
def records(redis_url: str) -> Records:
    return Records(redis_url)


def test_a_demo_is_judged_by_how_its_jobs_ended(records: Records) -> None:
    records.start("one")
    records.start("two")
    tasks = [records.complete("one"), records.complete("two")]
    assert unexpected({"one": LEFT_ALONE, "two": PAUSED}, tasks) == []
    wrong = unexpected({"one": LEFT_ALONE, "two": CANCELLED, "three": LEFT_ALONE}, tasks)
    assert wrong == [
        "fetch_data('GOOG', '5y') should be cancelled, but is completed",
        "fetch_data('AAPL', '2y') should be completed, but is without a record",
    ]
