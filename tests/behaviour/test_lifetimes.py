"""How long a record is kept, and what a read returns of one that has not started."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from progress_backend.flows import shown_record
from progress_backend.flows.task_lifetimes import UNENDED_S
from progress_backend.record import events as ev
from progress_backend.record.document import written
from progress_backend.record.model import Worker
from tests.behaviour.driving import Driver, identity_of

DAY_MS = 86_400_000


def shown(driver: Driver) -> dict[str, Any]:
    return json.loads(written(driver.run(shown_record.current(driver.flows, "b", driver.now()))))


def test_how_long_a_record_is_kept(driver: Driver) -> None:
    now = driver.now()
    now_ms = int(now.timestamp() * 1000)
    driver.create("t", root_id="t")
    assert driver.due_ms("t") == pytest.approx(now_ms + UNENDED_S * 1000, abs=60_000)
    assert driver.ttl_ms("t") == pytest.approx(UNENDED_S * 1000 + 3_660_000, abs=60_000)
    driver.start("t")
    for current in range(3):  # 0.1 a second: 116 days to go
        far = ev.Progressed(current=current, total=10**6)
        driver.apply("t", far, now=now + timedelta(seconds=10 * current))
    assert driver.due_ms("t") > now_ms + 100 * DAY_MS
    assert driver.ttl_ms("t") > 100 * DAY_MS
    driver.apply("t", ev.Completed(), now=now + timedelta(seconds=20))
    assert driver.due_ms("t") == pytest.approx(now_ms + DAY_MS, abs=60_000)
    # It outlives the cleanup that takes it together with its index entries.
    assert driver.ttl_ms("t") == pytest.approx(DAY_MS + 3_600_000 + 60_000, abs=60_000)


MADE = ev.Created(identity=identity_of())
BEGUN = ev.Started(identity=identity_of(), worker=Worker("lease-1", "celery@one"))
RETRIED = ev.Retried(retries=1, attempt=1)
EXPIRED = ev.Cancelled(by="celery", reason="expired")


def sent(**when: datetime) -> ev.Created:
    return ev.Created(identity=identity_of(root_id="t"), **when)


UNENDED_MS, FAR_MS = UNENDED_S * 1000, 30 * DAY_MS
#: By what has happened to a task, with a time that is far away: for how long its record is kept.
KEPT: dict[str, tuple[int, Callable[[datetime], Sequence[ev.Event]]]] = {
    "made by HTTP": (DAY_MS, lambda _: [MADE]),
    "paused": (UNENDED_MS, lambda _: [MADE, ev.Paused()]),
    "begun by HTTP": (UNENDED_MS, lambda _: [MADE, ev.Resumed(), ev.Progressed(current=1)]),
    "begun by a worker": (UNENDED_MS, lambda _: [MADE, BEGUN]),
    "published for later": (FAR_MS + UNENDED_MS, lambda far: [sent(eta=far)]),
    "published until then": (FAR_MS + UNENDED_MS, lambda far: [sent(expires=far)]),
    "retried later": (FAR_MS + UNENDED_MS, lambda far: [BEGUN, RETRIED.replace(eta=far)]),
    # Without its record a task that was cancelled would begin as its message comes.
    "cancelled before its time": (
        FAR_MS + UNENDED_MS,
        lambda far: [sent(eta=far), ev.Cancelled(by="api")],
    ),
    "cancelled before its message": (UNENDED_MS, lambda _: [sent(), ev.Cancelled()]),
    "cancelled without a message": (DAY_MS, lambda _: [MADE, ev.Cancelled()]),
    "cancelled in its run": (DAY_MS, lambda _: [sent(), BEGUN, ev.Cancelled()]),
    "cancelled by its message": (DAY_MS, lambda _: [sent(), EXPIRED]),
}


@pytest.mark.parametrize(("kept_ms", "happened"), KEPT.values(), ids=KEPT)
def test_a_record_is_kept_as_long_as_its_message_may_take(
    driver: Driver, kept_ms: int, happened: Callable[[datetime], Sequence[ev.Event]]
) -> None:
    now = driver.now()
    for event in happened(now + timedelta(days=30)):
        driver.apply("t", event)
    due_ms = int(now.timestamp() * 1000) + kept_ms
    assert driver.due_ms("t") == pytest.approx(due_ms, abs=60_000)
    assert 0 < driver.ttl_ms("t") - kept_ms < 4_000_000


def test_where_the_total_is_not_known_it_is_estimated_by_whole_runs(driver: Driver) -> None:
    """From the creation on; of a run from its start on, however far it has counted."""
    began = driver.now() - timedelta(hours=1)
    for number, took in enumerate((8, 10, 12, 14)):
        driver.apply(f"t{number}", ev.Started(identity=identity_of(total_items=None)), now=began)
        driver.apply(f"t{number}", ev.Completed(), now=began + timedelta(seconds=took))
    base = driver.create("b", total_items=None)
    assert base.task.created_at is not None

    def ends_after(start: datetime) -> tuple[float, ...]:
        body = shown(driver)
        assert body["estimate"]["likely"] == body["estimated_completion"]
        assert body["estimate"]["runs"] == 4
        times = [body["estimate"][name] for name in ("earliest", "likely", "latest")]
        return tuple((datetime.fromisoformat(time) - start).total_seconds() for time in times)

    earliest, likely, latest = ends_after(base.task.created_at)
    assert likely == pytest.approx(12.04, abs=0.01)
    assert latest / likely == pytest.approx(likely / earliest, abs=0.01)
    start = base.task.created_at + timedelta(seconds=30)
    driver.apply("b", ev.Started(identity=identity_of(total_items=None)), now=start)
    for done in range(4):
        value = ev.Progressed(current=10 * done)
        driver.apply("b", value, now=start + timedelta(seconds=1 + done))
    assert driver.task("b").rate is not None
    assert ends_after(start)[1] == pytest.approx(12.04, abs=0.01)


def test_a_run_without_a_rate_has_its_types(driver: Driver) -> None:
    """Until two seconds of work; then its own."""
    now = driver.now()
    driver.apply("a", ev.Started(identity=identity_of(total_items=100)), now=now)
    driver.apply("a", ev.Completed(), now=now + timedelta(seconds=10))

    def left(seconds: float, *events: ev.Event) -> float:
        driver.apply("b", *events, now=now + timedelta(seconds=seconds))
        body = shown(driver)
        ending = datetime.fromisoformat(body["estimated_completion"])
        return (ending - now).total_seconds() - seconds

    assert left(20, ev.Started(identity=identity_of(total_items=50))) == pytest.approx(5, abs=0.01)
    assert left(21, ev.Progressed(current=0)) == pytest.approx(5, abs=0.01)
    assert left(22, ev.Progressed(current=10)) == pytest.approx(4, abs=0.01)
    assert left(24, ev.Progressed(current=20)) == pytest.approx(4.5, abs=0.01)
    # A retry starts from zero, once its countdown is over.
    eta = now + timedelta(seconds=60)
    assert left(30, ev.Retried(retries=1, eta=eta)) == pytest.approx(30 + 5, abs=0.01)


def test_a_range_is_estimated_from_four_past_runs_on(driver: Driver) -> None:
    """With each value once it has a rate."""
    began = driver.now() - timedelta(hours=1)
    for number, took in enumerate((8, 10, 12, 14)):
        driver.apply(f"t{number}", ev.Started(identity=identity_of(total_items=100)), now=began)
        for quarter in range(5):
            value, at = ev.Progressed(current=25 * quarter), timedelta(seconds=took * quarter / 4)
            driver.apply(f"t{number}", value, now=began + at)
        driver.apply(f"t{number}", ev.Completed(), now=began + timedelta(seconds=took))
    now = driver.now()
    driver.apply("b", ev.Started(identity=identity_of(total_items=100)), now=now)
    for done in range(4):
        value = ev.Progressed(current=10 * done)
        driver.apply("b", value, now=now + timedelta(seconds=done))
    assert json.loads(driver.run(driver.flows.get("b")))["_"]["usual"][0] == 4
    stored = shown(driver)
    assert stored["estimate"]["likely"] == stored["estimated_completion"]
    assert stored["estimate"]["earliest"] < stored["estimate"]["likely"]
    assert stored["estimate"]["likely"] < stored["estimate"]["latest"]
    # What its type does meanwhile does not change what a running task's record says.
    driver.apply("t9", ev.Started(identity=identity_of(total_items=100)), now=began)
    driver.apply("t9", ev.Completed(), now=began + timedelta(seconds=500))
    assert shown(driver) == stored
    driver.apply("b", ev.Paused(), ev.Acknowledged(), now=now + timedelta(seconds=4))
    assert "estimate" not in shown(driver)
    driver.apply("b", ev.Retried(retries=1), now=now + timedelta(seconds=5))
    assert driver.task("b").usual is None  # the next run asks again
