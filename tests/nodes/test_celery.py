"""The containers' tests over processes, for a machine without an engine or who wants none."""

from __future__ import annotations

import pytest

from tests.docker.test_celery import (
    test_a_killed_workers_job_is_found_lost_by_the_other,
    test_tracking_goes_on_after_the_broker_died_and_came_back,
    test_two_workers_record_what_their_jobs_do,
)

__all__ = [
    "test_a_killed_workers_job_is_found_lost_by_the_other",
    "test_tracking_goes_on_after_the_broker_died_and_came_back",
    "test_two_workers_record_what_their_jobs_do",
]
pytestmark = pytest.mark.integration
