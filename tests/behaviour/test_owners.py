"""Owners: their index sets, their lists through other filters, and their workflows, over every
store."""

from __future__ import annotations

import pytest

from progress_backend.errors import InvalidEvent
from progress_backend.flows import commands as c
from progress_backend.flows import owner_list
from progress_backend.flows.index_entry import read_facets, write_facets
from progress_backend.flows.task_page import summary
from progress_backend.record import events as ev
from progress_backend.record.model import STATUSES, Member
from tests.behaviour.driving import Driver, OverRedis, check_agreement, identity_of


def listed(driver: Driver, owner: str, status: str | None = None, limit: int = 100) -> list[str]:
    paged = driver.run(driver.flows.page(1, limit, status, owner=owner))
    return [task_id for task_id, _ in paged.rows]


def test_an_owner_has_the_tasks_of_each_status(driver: Driver) -> None:
    driver.create("a", owner="alice")
    driver.create("plain", symbol="7203.T")
    driver.start("b", "lease-1", owner="alice", symbol="7203.T")
    driver.create("c", owner="bob|status=created")
    assert listed(driver, "alice") == ["b", "a"]
    assert listed(driver, "alice", "running") == ["b"]
    assert listed(driver, "alice", "created") == ["a"]
    assert listed(driver, "bob") == []
    assert listed(driver, "bob|status=created") == ["c"]
    paged = driver.run(driver.flows.page(1, 1, owner="alice"))
    assert (paged.total, len(paged.rows)) == (2, 1)
    assert summary(paged) == {**dict.fromkeys(STATUSES, 0), "created": 1, "running": 1}
    driver.apply("a", ev.Cancelled())
    driver.apply("b", ev.Progressed(current=1, attempt=1))
    driver.apply("b", ev.Completed(attempt=1))
    assert listed(driver, "alice", "created") == []
    assert listed(driver, "alice", "completed") == ["b"]
    assert driver.task("b").owner == "alice"
    check_agreement(driver, ["a", "plain", "b", "c"])


def test_the_first_owner_stays(driver: Driver) -> None:
    """A start brings one where there is none, as a worker's function does of a task published by
    name."""
    driver.create("a")
    driver.start("a", owner="alice")
    driver.start("a", owner="bob")
    assert driver.task("a").owner == "alice"
    driver.create("made-by-http", owner="alice")
    driver.create("made-by-http", owner="bob")
    assert driver.task("made-by-http").owner == "alice"
    check_agreement(driver, ["a", "made-by-http"])


def test_what_is_deleted_leaves_the_owners_sets(driver: Driver) -> None:
    driver.create("a", owner="alice", member=Member(("w",)))
    driver.create("lost", owner="alice")
    driver.lose("lost")
    assert listed(driver, "alice") == ["a"]
    driver.apply("a", ev.Cancelled())
    long_after = driver.now().replace(year=driver.now().year + 2)
    driver.run(driver.flows.cleanup(long_after, "ours"))
    if isinstance(driver, OverRedis):
        assert not [name for name in driver.left_over() if "owner" in name]
    assert listed(driver, "alice") == []


def many(driver: Driver) -> None:
    """Sixty tasks of an owner; each fifth is of another type, each tenth has another symbol."""
    for n in range(60):
        task_type = "bulk_import" if n % 5 == 0 else "fetch_data"
        symbol = "6758.T" if n % 10 == 0 else None
        driver.create(f"t{n}", task_type=task_type, symbol=symbol, owner="alice")
    driver.create("bobs", task_type="bulk_import", owner="bob")


def pages(driver: Driver, limit: int, **filters: str) -> list[list[str]]:
    cursor, found = None, []
    wanted = c.Filters(owner="alice", **filters)
    while len(found) < 20:
        page = driver.run(owner_list.page(driver.flows, wanted, limit, cursor))
        found.append([task_id for task_id, _ in page.rows])
        if (cursor := page.cursor) is None:
            break
    return found


def test_other_filters_within_an_owner_go_on_by_cursor(driver: Driver) -> None:
    many(driver)
    imports = [f"t{n}" for n in range(55, -1, -5)]
    assert pages(driver, 100, task_type="bulk_import") == [imports]
    in_parts = [imports[:5], imports[5:10], imports[10:]]
    assert pages(driver, 5, task_type="bulk_import") == in_parts
    # Ten tasks are looked at for each row: fewer rows, or none, and a cursor.
    tens = [[f"t{n}"] for n in range(50, -1, -10)]
    assert pages(driver, 1, symbol="6758.T") == tens
    assert pages(driver, 1, symbol="none") == [[]] * 6
    assert pages(driver, 2, task_type="bulk_import", status="running") == [[]]
    driver.apply("t5", ev.Progressed(current=1))
    assert pages(driver, 2, task_type="bulk_import", status="running") == [["t5"]]


def test_a_page_within_an_owner_reads_ten_tasks_a_row_at_most(driver: Driver) -> None:
    many(driver)
    sent: list[c.Command] = []
    flow = owner_list.page(driver.flows, c.Filters(owner="alice", symbol="none"), 3)
    found = driver.drive(flow, sent.append)
    assert (found.rows, found.cursor is None) == ((), False)
    (looked,) = [one for one in sent if isinstance(one, c.FacetsOf)]
    assert len(looked.task_ids) == 30
    assert len(sent) == 4


def test_a_remark_within_an_owner(driver: Driver) -> None:
    for task_id, owner in (("a", "alice"), ("b", "bob")):
        base = driver.start(task_id, owner=owner)
        late = ev.Remarks(late=driver.now())
        driver.apply(task_id, ev.Remarked(remarks=late, revision=base.task.revision))
    assert pages(driver, 10, remark="late") == [["a"]]
    check_agreement(driver, ["a", "b"])


def test_a_cursor_of_nobody_is_refused(driver: Driver) -> None:
    for wrong in ("", "5", "x.y", "-1.a"):
        with pytest.raises(InvalidEvent, match="cursor"):
            driver.run(owner_list.page(driver.flows, c.Filters(owner="a", symbol="b"), 5, wrong))


def test_a_workflows_members_are_counted_by_owner(driver: Driver) -> None:
    for n in range(3):
        driver.create(f"m{n}", owner="alice", member=Member(("w", "canvas")))
    assert driver.execute(c.OwnedIn("w", "alice")) == (3, 3)
    assert driver.execute(c.OwnedIn("canvas", "alice")) == (3, 3)
    assert driver.execute(c.OwnedIn("w", "bob")) == (3, 0)
    driver.create("nobodys", member=Member(("w",)))
    assert driver.execute(c.OwnedIn("w", "alice")) == (4, 3)
    assert driver.execute(c.OwnedIn("none", "alice")) == (0, 0)


def test_a_plain_task_sends_what_it_has_sent(redis_driver: OverRedis) -> None:
    """No set and no facet more than before there were owners."""
    redis_driver.create("a", symbol="7203.T")
    assert redis_driver.raw.hget(redis_driver.keys.facets, "a") == (
        b'["created","fetch_data","7203.T",null]'
    )
    names = redis_driver.left_over()
    assert len([name for name in names if name.startswith("tasks")]) == 8
    assert not [name for name in names if "owner" in name]


def test_facets_have_an_owner_only_where_there_is_one() -> None:
    for facets in (
        c.Facets("running", "x", None, "lease", owner="alice"),
        c.Facets("running", "x", None, None, ("w",), owner="alice"),
        c.Facets("running", "x", None, None, ("w",), remarks=("late",), owner="alice"),
        c.Facets("running", "x", None, None, ("w",), remarks=("late",)),
        c.Facets("running", "x"),
    ):
        stored = str(write_facets(facets)).encode()
        assert read_facets(stored) == facets
        assert (b"alice" in stored) == (facets.owner is not None)
    assert identity_of().owner is None
