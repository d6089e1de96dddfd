"""Times in zones that change their offset: what passes between two of them is real."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from progress_backend.flows.task_flows import Records
from progress_backend.operations import counts
from progress_backend.operations.call import Layout
from progress_backend.record import local_time
from progress_backend.settings import Settings

#: Half an hour before New York's clocks go back, and forward.
BACK = datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
ZONES = ("America/New_York", "Asia/Tokyo", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC")
SECONDS = st.floats(BACK.timestamp() - 86_400, BACK.timestamp() + 86_400)


@given(st.sampled_from(ZONES), st.lists(SECONDS, min_size=1, max_size=5))
def test_a_time_is_the_zones_and_keeps_its_moment(zone: str, seconds: list[float]) -> None:
    for each in seconds:
        time = local_time.at(each, ZoneInfo(zone))
        assert time.isoformat() == datetime.fromtimestamp(each, ZoneInfo(zone)).isoformat()
        for other in seconds:
            later = local_time.at(other, ZoneInfo(zone))
            assert (later - time).total_seconds() == pytest.approx(other - each, abs=1e-5)


def test_today_begins_once_where_midnight_comes_twice() -> None:
    """Havana's clocks go back from one to midnight."""
    zone = ZoneInfo("America/Havana")
    first = datetime(2026, 11, 1, 0, 30, tzinfo=zone).timestamp()
    settings = Settings(timezone="America/Havana")
    flows, layout = Records(settings, None, lambda *_: None), Layout.of(settings)
    since_midnight = counts.store(int((first - 1_800) * 1000)).asked(layout).requests
    for hours in (0, 0.5, 1, 1.5, 2):
        count = flows.count(local_time.at(first + hours * 3_600, zone))
        assert count.asked(layout).requests == since_midnight
