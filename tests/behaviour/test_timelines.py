"""The timeline of a task, in memory, on Redis and in partitions."""

import json
from datetime import timedelta
from typing import Any

import pytest

from progress_backend.errors import TaskNotFound
from progress_backend.flows.cleanup import cleanup
from progress_backend.operations import streams
from progress_backend.record import events as ev
from progress_backend.record import room
from progress_backend.record.model import Member
from progress_backend.stacks import asking
from tests.behaviour.driving import Driver


def read(driver: Driver, task_id: str) -> Any:
    return json.loads(driver.run(asking.timeline_with(task_id, driver.now())))


def names(driver: Driver, task_id: str) -> list[str]:
    return [entry["event"] for entry in read(driver, task_id)["entries"]]


def pause(driver: Driver, task_id: str) -> None:
    now = driver.now()
    driver.apply(task_id, ev.Paused(by="api", reason="lunch"), now=now)
    driver.apply(task_id, ev.Acknowledged(), now=now + timedelta(milliseconds=10))
    driver.apply(task_id, ev.Resumed(by="alice"), now=now + timedelta(milliseconds=20))


def test_of_a_long_one_the_newest_are_kept_and_the_others_counted(driver: Driver) -> None:
    driver.start("t")
    for number in range(150):
        driver.apply("t", ev.Progressed(details={"phase": f"phase {number:03}"}))
    found = read(driver, "t")
    texts = [entry["text"] for entry in found["entries"][2:]]
    assert texts == [f"phase {number:03}" for number in range(found["gone"], 150)]
    kept = driver.execute(streams.timeline("t")).entries
    assert len(kept) == len(texts)
    costs = [len(entry) + room.AROUND for entry in kept]
    assert room.TIMELINE - costs[0] < sum(costs) <= room.TIMELINE


def test_without_a_record_there_is_none(driver: Driver) -> None:
    with pytest.raises(TaskNotFound):
        read(driver, "nobody")


def test_it_goes_with_its_record(driver: Driver) -> None:
    driver.start("t")
    pause(driver, "t")
    driver.apply("t", ev.Completed())
    late = driver.now() + timedelta(days=30)
    assert driver.run(cleanup(driver.settings, late, "ours")) == 1
    driver.start("t")
    assert names(driver, "t") == ["created", "started"]


def test_a_plain_task_has_no_such_key_nor_command(counted_driver: Driver) -> None:
    counted_driver.raw.config_resetstat()
    counted_driver.create("t")
    counted_driver.start("t", "lease-1")
    counted_driver.apply("t", ev.Progressed(current=3))
    counted_driver.apply("t", ev.Completed())
    assert not [name for name in counted_driver.left_over() if "timeline" in name]
    ran = counted_driver.raw.info("commandstats")
    assert "cmdstat_evalsha" in ran
    assert not {"cmdstat_xadd", "cmdstat_unlink", "cmdstat_pexpire"} & ran.keys()


def test_they_expire_by_themselves_not_before_the_record(redis_driver: Driver) -> None:
    redis_driver.start("t")
    pause(redis_driver, "t")
    kept_ms = redis_driver.raw.pttl("progress_timeline:t")
    assert kept_ms >= redis_driver.raw.pttl("task:t") - 5_000


@pytest.mark.parametrize("member", [None, Member(("w",))])
def test_no_commit_fails_by_it(redis_driver: Driver, member: Member | None) -> None:
    raw = redis_driver.raw
    redis_driver.start("t", member=member)
    raw.execute_command("ACL", "SETUSER", "default", "-xadd")
    try:
        pause(redis_driver, "t")
    finally:
        raw.execute_command("ACL", "SETUSER", "default", "+xadd")
    assert names(redis_driver, "t") == ["created", "started"]
    raw.set("progress_timeline:t", "mine")
    pause(redis_driver, "t")
    assert names(redis_driver, "t") == ["created", "started"]
    assert raw.get("progress_timeline:t") in (b"mine", "mine")
    raw.delete("progress_timeline:t")
    raw.xadd("progress_timeline:t", {"theirs": "x"})
    pause(redis_driver, "t")
    assert names(redis_driver, "t")[:2] == ["created", "started"]
