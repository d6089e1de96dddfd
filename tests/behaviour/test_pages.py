"""Lists: every filter, every page, newest first, at a page's cost, holes repaired."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from progress_backend.flows.cleanup import cleanup
from progress_backend.flows.task_list import by_status
from progress_backend.record import events as ev
from progress_backend.record.document import read
from progress_backend.record.light_row import row
from progress_backend.record.model import STATUSES
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from tests.asked import page_of
from tests.behaviour.driving import SYMBOLS, TYPES, Driver, calls, check_agreement

ENDS = {
    "created": (),
    "running": (ev.Progressed(current=1),),
    "paused": (ev.Paused(),),
    "completed": (ev.Completed(),),
    "error": (ev.Failed(error_message="why"),),
    "cancelled": (ev.Cancelled(),),
}


def one_of_each(driver: Driver) -> list[tuple[str, str, str, str | None]]:
    """A task for each combination; newest first."""
    made = []
    for status, task_type, symbol in product(STATUSES, TYPES, SYMBOLS):
        task_id = f"{status}/{task_type}/{symbol}"
        driver.create(task_id, task_type=task_type, symbol=symbol)
        if ENDS[status]:
            driver.apply(task_id, *ENDS[status])
        made.append((task_id, status, task_type, symbol))
    return made[::-1]


def test_every_combination_of_filters(driver: Driver) -> None:
    made = one_of_each(driver)
    filters = product((None, *STATUSES), (None, *TYPES, "none"), (None, "7203.T", "6758.T", "none"))
    for wanted in filters:
        expected = [
            task_id
            for task_id, *facets in made
            if all(w in (None, f) for w, f in zip(wanted, facets, strict=True))
        ]
        paged = driver.run(page_of(driver.flows, 1, 100, *wanted))
        assert [task_id for task_id, _ in paged.rows] == expected
        assert paged.total == len(expected)
        assert by_status(paged.counts) == dict.fromkeys(STATUSES, 6)  # whatever the filter
    check_agreement(driver, [task_id for task_id, *_ in made])


def test_a_light_page_has_what_a_row_shows_of_each_record(driver: Driver) -> None:
    for size in (0, 900, 1_200, 4_000, 4_100, 60_000):
        driver.create(f"t{size}", metadata={"created_at": "進" * (size // 3), '"results":': 1})
        driver.apply(f"t{size}", ev.Progressed(current=1, message='"created_at":"x"' * 20))
    whole = driver.run(page_of(driver.flows, 1, 10)).rows
    light = driver.run(page_of(driver.flows, 1, 10, light=True)).rows
    assert [task_id for task_id, _ in light] == [task_id for task_id, _ in whole]
    assert light == tuple((task_id, row(read(stored))) for task_id, stored in whole)
    lengths = [len(stored) for _, stored in light]
    assert max(lengths) < 3_000
    assert sum(b'"omitted":' in stored for _, stored in light) == 4


def test_holes_are_repaired_and_filled(driver: Driver) -> None:
    made = [f"t{n}" for n in range(30)]
    for task_id in made:
        driver.start(task_id, "lease-1", symbol="7203.T")
    for n in (29, 28, 25, 3):
        driver.lose(f"t{n}")
    paged = driver.run(page_of(driver.flows, 1, 20))
    left = [task_id for task_id in made[::-1] if task_id not in ("t29", "t28", "t25", "t3")]
    assert [task_id for task_id, _ in paged.rows] == left[:20]
    assert paged.total == 27  # the hole behind the page is not seen yet
    assert driver.ids(2, 20) == left[20:]
    check_agreement(driver, made)


def test_many_holes_cost_a_bounded_number_of_reads(driver: Driver) -> None:
    for n in range(60):
        driver.create(f"t{n}")
        driver.lose(f"t{n}")
    assert driver.ids(1, 10) == []
    assert driver.run(page_of(driver.flows, 1, 10)).total <= 60 - 20
    for _ in range(3):
        driver.run(page_of(driver.flows, 1, 10))
    assert driver.run(page_of(driver.flows, 1, 10)).total == 0
    assert driver.left_over() == set()


def test_a_record_that_came_back_is_not_swept_from_the_index(driver: Driver) -> None:
    base = driver.start("t")
    driver.lose("t")

    def come_back(_: object) -> None:
        driver.apply("t", ev.Progressed(current=1), base=base)

    paged = driver.drive(page_of(driver.flows, 1, 10), come_back, "sweep")
    assert [task_id for task_id, _ in paged.rows] == ["t"]
    check_agreement(driver, ["t"])


@pytest.mark.parametrize("skew_s", [-300, 300])
def test_newest_first_is_by_redis_time(
    redis_driver: Driver, skew_s: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    redis_driver.create("first")
    with Store(redis_driver.settings) as skewed:
        other, now = Driver(skewed), skewed.now
        monkeypatch.setattr(skewed, "now", lambda: now() + timedelta(seconds=skew_s))
        other.create("second")
        redis_driver.create("third")
        other.apply("first", ev.Progressed(current=1))
    assert redis_driver.ids() == ["third", "second", "first"]
    scores = redis_driver.raw.zrange("tasks", 0, -1, withscores=True)
    now = datetime.now(UTC)
    for _, micros in scores:
        created = datetime.fromtimestamp(micros / 1e6, UTC)
        assert abs(created - now) < timedelta(seconds=30)


def test_a_page_reads_no_more_than_itself(counted_driver: Driver) -> None:
    for n in range(300):
        counted_driver.create(f"t{n}", symbol="7203.T")
    counted_driver.run(page_of(counted_driver.flows, 1, 1))  # the script is known from here on
    read = []
    for page, filters in ((1, ()), (14, ()), (2, ("created", "fetch_data", "7203.T"))):
        counted_driver.raw.config_resetstat()
        assert len(counted_driver.ids(page, 20, *filters)) == 20
        read.append(calls(counted_driver))
    for seen in read:
        seen.pop("config|resetstat")
        assert seen.pop("info", 0) <= 1
        assert seen == {"evalsha": 1, "zcard": 7, "zrevrange": 1, "getrange": 20}


def test_the_whole_traffic_of_a_task_scans_nothing(counted_driver: Driver) -> None:
    counted_driver.raw.config_resetstat()
    base = counted_driver.start("t", "lease-1", symbol="7203.T")
    counted_driver.apply("t", ev.Completed(), base=base)
    counted_driver.execute(counted_driver.flows.count(counted_driver.now()))
    later = counted_driver.now() + timedelta(days=2)
    assert counted_driver.run(cleanup(counted_driver.settings, later, "token")) == 1
    seen = calls(counted_driver)
    assert not {"keys", "scan", "sscan", "hscan", "zscan", "smembers", "hgetall"} & set(seen)


def test_counting_outcomes_costs_a_known_number_of_commands(counted_driver: Driver) -> None:
    """Of a type that is known. A start counts its wait's bucket and sum, each end itself, a success
    its run's bucket and sum, too (and the time of the last one, in a ZADD)."""

    def counted(task_id: str, event: ev.Event) -> tuple[int, ...]:
        before = calls(counted_driver)
        counted_driver.apply(task_id, event)
        after = calls(counted_driver)
        return tuple(after.get(name, 0) - before.get(name, 0) for name in ("hincrby", "hmget"))

    seen = []
    ends = (ev.Completed(), ev.Cancelled(), ev.Failed(error_message="no"))
    for task_id, end in [
        *((f"first-{n}", end) for n, end in enumerate(ends)),
        *zip("abc", ends, strict=True),
    ]:
        counted_driver.create(task_id)
        seen += [
            counted(task_id, ev.Started(identity=ev.Identity("fetch_data"))),
            counted(task_id, end),
        ]
    start, success, other = (2, 0), (3, 0), (1, 0)
    assert seen[6:] == [start, success, start, other, start, other]


def test_a_prefix_keeps_two_systems_apart(server_url: str) -> None:
    stores = [Store(Settings(redis_url=server_url, key_prefix=p)) for p in ("a:", "b:", "")]
    drivers = [Driver(store) for store in stores]
    for n, driver in enumerate(drivers):
        for i in range(n + 1):
            driver.create(f"t{i}")
    for n, driver in enumerate(drivers):
        assert len(driver.ids()) == n + 1
        driver.close()
