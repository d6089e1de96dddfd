"""Many records begun in one go, over every store."""

from __future__ import annotations

from progress_backend import events as ev
from progress_backend.creating import create
from tests.stores.driving import Driver, check_agreement, identity_of


def begun(*task_ids: str, **identity: object) -> list[tuple[str, ev.Created]]:
    return [(task_id, ev.Created(identity=identity_of(**identity))) for task_id in task_ids]


def test_each_is_as_it_would_be_by_itself(driver: Driver) -> None:
    ids = [f"t{n}" for n in range(40)]
    applied = driver.run(create(driver.flows, begun(*ids, symbol="7203.T"), driver.now()))
    alone = driver.create("alone", symbol="7203.T").task
    assert [one.task.task_id for one in applied] == ids
    for one in applied:
        stored = driver.task(one.task.task_id)
        assert stored == one.task
        assert (stored.status, stored.symbol, stored.revision) == ("created", "7203.T", 1)
        assert (stored.message, stored.total_items) == (alone.message, alone.total_items)
    check_agreement(driver, [*ids, "alone"])


def test_the_last_one_is_the_newest_in_lists(driver: Driver) -> None:
    driver.run(create(driver.flows, begun("a", "b", "c"), driver.now()))
    # Each partition is asked by itself: the order is that of those of one partition.
    if driver.flows.settings.partitions:
        assert sorted(driver.ids()) == ["a", "b", "c"]
    else:
        assert driver.ids() == ["c", "b", "a"]


def test_a_record_that_is_there_keeps_what_it_has(driver: Driver) -> None:
    driver.start("there", "lease-1")
    fresh, there = driver.run(create(driver.flows, begun("fresh", "there"), driver.now()))
    assert fresh.document is not None
    assert there.document is None
    assert driver.task("there").status == "running"
    check_agreement(driver, ["fresh", "there"])


def test_an_ended_one_begins_anew(driver: Driver) -> None:
    driver.start("ended")
    driver.apply("ended", ev.Completed())
    (applied,) = driver.run(create(driver.flows, begun("ended"), driver.now()))
    assert (applied.task.status, applied.task.attempt) == ("created", 1)


def test_what_is_too_large_is_clipped_and_hinders_no_other(driver: Driver) -> None:
    large = begun("large", metadata={"x": "あ" * 300_000})
    driver.run(create(driver.flows, [*large, *begun("small")], driver.now()))
    assert driver.task("large").metadata["truncated"] is True
    assert driver.task("small").status == "created"


def test_none_is_none(driver: Driver) -> None:
    assert driver.run(create(driver.flows, [], driver.now())) == []
