"""What a task's log and timeline take of the store together, whatever is written."""

import json
from datetime import timedelta

import pytest

from progress_backend.flows import task_log
from progress_backend.operations import streams
from progress_backend.record import events as ev
from progress_backend.record.log_line import LONGEST, LogLine
from progress_backend.record.model import Worker
from progress_backend.stacks import asking
from tests.behaviour.driving import Driver, identity_of

BOUND = 64 * 1024
LONG = "在庫の確認が終わるまで待ってください。" * 180  # 10 kB
QUOTED = '"\\\x01' * 3_000


@pytest.mark.parametrize("text", ["x", LONG, QUOTED])
def test_they_take_64_kib_at_most_and_count_what_was_dropped(
    redis_driver: Driver, text: str
) -> None:
    driver, settings = redis_driver, redis_driver.settings
    started = ev.Started(identity=identity_of(), worker=Worker("lease-1", f"celery@{text}"))
    now = driver.now()
    driver.apply("t", started, now=now)
    for number in range(100):
        now += timedelta(milliseconds=10)
        asked = (
            ev.Paused(by=text or None, reason=text),
            ev.Acknowledged(),
            ev.Resumed(by=text or None),
        )
        for event in asked if number % 3 else (*asked, ev.Retried(message=text), started):
            now += timedelta(milliseconds=1)
            driver.apply("t", event, now=now)
    lines = [LogLine(now.timestamp(), "warning", text[: LONGEST + 1])] * 100
    for _ in range(5):
        driver.execute(task_log.add("t", 1, lines, 0, settings, driver.flows.redaction))
    keys = [f"progress_{part}:t" for part in ("log", "timeline")]
    assert sum(driver.raw.memory_usage(key, samples=0) for key in keys) <= BOUND
    timeline = json.loads(driver.run(asking.timeline_with("t", driver.now())))
    assert timeline["gone"] > 100
    assert len(timeline["entries"]) > 4
    part: streams.LogPart = driver.run(task_log.read("t", None, 1_000))
    assert part.last == 500
    assert part.first > 200
