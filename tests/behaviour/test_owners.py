"""Owners: their index sets, their lists through other filters, and their workflows, over every
store."""

import json
from datetime import timedelta

import pytest

from progress_backend.errors import InvalidEvent
from progress_backend.flows import task_list
from progress_backend.flows.cleanup import cleanup
from progress_backend.operations import workflows
from progress_backend.record import events as ev
from progress_backend.record.model import STATUSES, Member
from tests.behaviour.driving import Driver, check_agreement


def listed(driver: Driver, owner: str, status: str | None = None) -> list[str]:
    found = driver.listed(owner=owner, status=status)
    return [json.loads(row)["task_id"] for row in found.rows]


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
    found = driver.listed(owner="alice", limit=1)
    assert (found.total, len(found.rows)) == (2, 1)
    assert found.counts == {**dict.fromkeys(STATUSES, 0), "created": 1, "running": 1}
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
    long_after = driver.now() + timedelta(days=730)
    driver.run(cleanup(driver.settings, long_after, "ours"))
    assert not [name for name in driver.left_over() if "owner" in name]
    assert listed(driver, "alice") == []


def pages(driver: Driver, limit: int, **filters: str) -> list[list[str]]:
    cursor, found = None, []
    while len(found) < 20:
        page = driver.listed(owner="alice", limit=limit, cursor=cursor, **filters)
        found.append([json.loads(row)["task_id"] for row in page.rows])
        if (cursor := page.cursor) is None:
            break
    return found


def test_a_type_within_an_owner_goes_on_by_cursor(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As for a token that names both."""
    for n in range(60):
        task_type = "bulk_import" if n % 5 == 0 else "fetch_data"
        driver.create(f"t{n}", task_type=task_type, owner="alice")
    driver.create("bobs", task_type="bulk_import", owner="bob")
    imports = [f"t{n}" for n in range(55, -1, -5)]
    assert pages(driver, 100, task_type="bulk_import") == [imports]
    assert pages(driver, 5, task_type="bulk_import") == [imports[:5], imports[5:10], imports[10:]]
    # So many tasks are looked at for each answer: fewer rows, or none, and a cursor.
    monkeypatch.setattr(task_list, "LOOKED_AT", 10)
    assert pages(driver, 5, task_type="bulk_import") == [
        imports[n : n + 2] for n in range(0, 12, 2)
    ]
    assert pages(driver, 5, task_type="none") == [[]] * 6
    assert pages(driver, 2, task_type="bulk_import", status="running") == [[]]
    driver.apply("t5", ev.Progressed(current=1))
    assert pages(driver, 2, task_type="bulk_import", status="running") == [["t5"]]


def test_an_invalid_cursor_is_refused(driver: Driver) -> None:
    for wrong in ("5", "x.y", "-1.a"):
        with pytest.raises(InvalidEvent, match="cursor"):
            driver.listed(owner="a", task_type="b", cursor=wrong)


def test_a_workflows_members_are_counted_by_owner(driver: Driver) -> None:
    for n in range(3):
        driver.create(f"m{n}", owner="alice", member=Member(("w", "canvas")))
    assert driver.execute(workflows.owned("w", "alice")) == (3, 3)
    assert driver.execute(workflows.owned("canvas", "alice")) == (3, 3)
    assert driver.execute(workflows.owned("w", "bob")) == (3, 0)
    driver.create("nobodys", member=Member(("w",)))
    assert driver.execute(workflows.owned("w", "alice")) == (4, 3)
    assert driver.execute(workflows.owned("none", "alice")) == (0, 0)
