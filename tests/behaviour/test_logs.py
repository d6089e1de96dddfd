"""The log of a task: its lines, their numbers and its bound, in memory, on Redis and in
partitions."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from progress_backend.errors import TaskNotFound
from progress_backend.flows import task_log
from progress_backend.flows.cleanup import cleanup
from progress_backend.operations import streams
from progress_backend.record import events as ev
from progress_backend.record import room
from progress_backend.record.log_line import LogLine
from tests.behaviour.driving import Driver


def add(driver: Driver, task_id: str, *texts: str, lost: int = 0, level: str = "info") -> None:
    lines = [LogLine(1_705_282_200.25 + n, level, text) for n, text in enumerate(texts)]
    about = (task_id, 1, lines, lost, driver.settings, driver.flows.redaction)
    driver.execute(task_log.add(*about))


def read(driver: Driver, task_id: str, after: int | None = None, limit: int = 1_000) -> Any:
    return driver.run(task_log.read(task_id, after, limit))


def texts(part: streams.LogPart) -> list[tuple[int, str]]:
    return [(number, json.loads(line)["text"]) for number, line in part.lines]


def test_of_a_long_log_the_newest_22_kib_are_kept(driver: Driver) -> None:
    driver.start("t")
    written = [f"{n:05} " + "x" * 900 for n in range(300)]
    for begin in range(0, 300, 25):
        add(driver, "t", *written[begin : begin + 25])
    part = read(driver, "t")
    kept = sum(len(line) + room.AROUND for _, line in part.lines)
    most = driver.settings.log_kib * 1024
    assert most - 1_100 < kept <= most
    assert part.last == 300
    assert part.first == part.lines[0][0] > 200
    assert texts(part) == [(n, written[n - 1]) for n in range(part.first, 301)]


def test_a_longer_log_is_kept_where_a_setting_allows_it(redis_driver: Driver) -> None:
    redis_driver.start("t")
    settings = replace(redis_driver.settings, log_kib=64)
    for _ in range(3):  # each as many lines as a run collects, and the shortest ones
        lines = [LogLine(1_705_282_200.25, "info", "")] * 800
        about = ("t", 1, lines, 0, settings, redis_driver.flows.redaction)
        redis_driver.execute(task_log.add(*about))
    kept = sum(len(line) + room.AROUND for _, line in read(redis_driver, "t").lines)
    assert 63 * 1024 < kept <= 64 * 1024


def test_without_a_record_there_is_no_log(driver: Driver) -> None:
    add(driver, "nobody", "a")
    with pytest.raises(TaskNotFound):
        read(driver, "nobody")
    driver.start("nobody")
    assert read(driver, "nobody").lines == ()


def test_secrets_are_masked(driver: Driver) -> None:
    driver.start("t")
    add(driver, "t", "connect to redis://:hunter2@cache/0", "password=hunter2 is wrong")
    assert [text for _, text in texts(read(driver, "t"))] == [
        "connect to redis://:***@cache/0",
        "password=*** is wrong",
    ]


def test_a_log_goes_with_its_record(driver: Driver) -> None:
    driver.start("t")
    add(driver, "t", "a")
    driver.apply("t", ev.Completed())
    assert texts(read(driver, "t")) == [(1, "a")]
    late = driver.now() + timedelta(days=30)
    assert driver.run(cleanup(driver.settings, late, "ours")) == 1
    driver.start("t")
    assert read(driver, "t").lines == ()


def test_a_log_expires_by_itself_not_before_its_record(redis_driver: Driver) -> None:
    redis_driver.start("t")
    add(redis_driver, "t", "a")
    log, task = (redis_driver.raw.pttl(key) for key in ("progress_log:t", "task:t"))
    assert task - 5_000 <= log


def test_another_programs_key_takes_no_lines(redis_driver: Driver) -> None:
    redis_driver.start("t")
    redis_driver.raw.set("progress_log:t", "mine")
    add(redis_driver, "t", "a")
    assert read(redis_driver, "t") == streams.LogPart((), None, None)
    assert redis_driver.raw.get("progress_log:t") in (b"mine", "mine")


def test_without_the_right_to_xadd_only_log_lines_are_lost(redis_driver: Driver) -> None:
    redis_driver.start("t")
    raw, command = redis_driver.raw, streams.add_lines("t", (b'{"text":"a"}',), 1_024, 60_000)
    raw.execute_command("ACL", "SETUSER", "default", "-xadd")
    try:
        assert redis_driver.execute(command) is False
        redis_driver.apply("t", ev.Progressed(current=1))
    finally:
        raw.execute_command("ACL", "SETUSER", "default", "+xadd")
    assert redis_driver.execute(command) is True
