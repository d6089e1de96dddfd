"""What the tests stand on: servers that can be hurt, and real workers that leave nothing behind."""

from __future__ import annotations

import os

import psutil
import pytest

from tests.conftest import StartService
from tests.waiting import aeventually, eventually


def test_a_service_that_ends_before_it_is_ready_is_told_with_its_log(
    start_service: StartService,
) -> None:
    with pytest.raises(RuntimeError, match="no such place"):
        start_service(["sh", "-c", "echo no such place; exit 3"], ready="listening")


def test_a_services_orphans_end_with_it(start_service: StartService) -> None:
    service = start_service(["sh", "-c", "sleep 60 & echo child $!; wait"], ready=r"child \d+")
    orphan = int(service.wait_for_log(r"child (\d+)")[1])
    service.kill()
    eventually(lambda: not psutil.pid_exists(orphan))


def test_a_persons_settings_do_not_reach_the_tests() -> None:
    assert not [n for n in os.environ if n.startswith("PROGRESS_") and "_TEST_" not in n]


def test_waiting_ends_with_what_was_seen_last() -> None:
    with pytest.raises(AssertionError, match="three not true within 0.1 s; last value: 0"):
        eventually(lambda: 0, 0.1, what="three")


async def test_waiting_without_a_thread() -> None:
    async def hangs() -> bool:
        await aeventually(lambda: False, 60)
        return True

    with pytest.raises(AssertionError, match="not true within 0.1 s"):
        await aeventually(hangs, 0.1)
    assert await aeventually(lambda: 3) == 3
