"""The list by the beginning of ids, and by time of creation, over every store."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from progress_backend.flows import index_page, task_list
from progress_backend.flows.flow import Flow
from progress_backend.operations import lists, records
from progress_backend.operations.lists import Filters
from progress_backend.record import events as ev
from progress_backend.record.list_request import ListRequest
from progress_backend.record.model import STATUSES
from progress_backend.record.sort import Span
from tests.behaviour.driving import Driver


def test_the_newest_tasks_with_an_id_prefix_are_listed(driver: Driver) -> None:
    for n in range(4):
        driver.create(f"8a0000-{n}")
    driver.start("8a0001-0", "lease-1", symbol="7203.T", owner="alice")
    driver.create("日本の株価")
    found = driver.listed(id_prefix="8a0000")
    rows = [json.loads(row)["task_id"] for row in found.rows]
    assert sorted(rows) == [f"8a0000-{n}" for n in range(4)]
    assert found.total == 4
    assert found.counts == {**dict.fromkeys(STATUSES, 0), "created": 5, "running": 1}
    pages = [driver.listed(id_prefix="8a000", limit=2, page=page) for page in (1, 2, 3, 4)]
    assert [(len(one.rows), one.total) for one in pages] == [(2, 5), (2, 5), (1, 5), (0, 5)]
    assert driver.listed(id_prefix="日本の株価").total == 1
    assert [driver.listed(symbol_prefix=one).total for one in ("72", "203")] == [1, 0]
    driver.create("other", symbol="Ümlaut")
    assert driver.listed(symbol_prefix="üm").total == 1  # in any case
    driver.lose("8a0000-2")
    assert len(driver.listed(id_prefix="8a0000").rows) == 3


def beginning(prefix: str, filters: Filters) -> Flow[list[str]]:
    return task_list.beginning(ListRequest(id_prefix=prefix), filters)


@pytest.mark.parametrize("driver", ["sync-valkey"], indirect=True)
def test_an_id_is_looked_for_in_steps_of_the_newest(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task_list, "AMONG", 6)
    monkeypatch.setattr(task_list, "_STEP", 2)
    for n in range(8):
        driver.create(f"8a0000-{n}")
    assert driver.run(beginning("8a0000", Filters())) == [f"8a0000-{n}" for n in (7, 6, 5, 4, 3, 2)]
    assert driver.run(beginning("8a0000-5", Filters())) == ["8a0000-5"]
    assert driver.run(beginning("8a0000-1", Filters())) == []
    driver.start("8a0000-0", "lease-1")
    driver.start("8a0000-1", "lease-1")
    driver.apply("8a0000-1", ev.Failed(error_message="why"))
    assert driver.run(beginning("8a0000", Filters())) == [
        f"8a0000-{n}" for n in (7, 6, 5, 4, 3, 2, 1, 0)
    ]
    assert driver.run(beginning("8a0000-1", Filters("running"))) == []


@pytest.mark.parametrize("driver", ["sync-valkey"], indirect=True)
def test_facets_of_many_are_read_in_steps(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task_list, "_STEP", 2)
    ids = [f"8a0000-{n}" for n in range(5)]
    for task_id in ids:
        driver.create(task_id)
    asked = list[list[str]]()
    read = records.facets_of
    monkeypatch.setattr(records, "facets_of", lambda some: asked.append(some) or read(some))
    assert driver.run(task_list.passing(Filters("created"), [*ids, "none"])) == ids
    assert [len(some) for some in asked] == [2, 2, 2]


def created(driver: Driver) -> list[tuple[int, str]]:
    return driver.execute(lists.newest(2**52, 1_000, (Filters(),)))


def time_of(us: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)


@pytest.mark.parametrize("driver", ["sync-valkey", "parts-valkey"], indirect=True)
def test_tasks_of_a_span_of_time(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_page, "FETCHED", 2)
    for n in range(12):
        driver.create(
            f"t{n}", task_type="even" if n % 2 == 0 else "odd", owner="alice" if n < 6 else None
        )
        if n % 3 == 0:
            driver.apply(f"t{n}", ev.Progressed(current=1))
    times = {task_id: us for us, task_id in created(driver)}
    span = Span(times["t3"], times["t9"])
    asked = {"created_from": time_of(span.since), "created_to": time_of(span.before)}
    for filters, wanted in (
        ({}, [8, 7, 6, 5, 4, 3]),
        ({"task_type": "even"}, [8, 6, 4]),
        ({"status": "running"}, [6, 3]),
        ({"status": "created", "task_type": "even"}, [8, 4]),
        ({"owner": "alice"}, [5, 4, 3]),
        ({"sort": "running"}, [6, 3, 8, 7, 5, 4]),
    ):
        names = [f"t{n}" for n in wanted]
        for limit in (1, 2, 100):
            seen = []
            for page in range(1, len(names) + 2):
                found = driver.listed(**asked, **filters, page=page, limit=limit)
                assert found.total == len(names)
                seen += [json.loads(row)["task_id"] for row in found.rows]
            assert seen == names, (filters, limit)
    looked, cursor = [], None
    for limit in (1, 5):
        found = driver.listed(**asked, owner="alice", task_type="odd", limit=limit, cursor=cursor)
        cursor = found.cursor
        looked.append(([json.loads(row)["task_id"] for row in found.rows], cursor is None))
    assert looked == [(["t5"], False), (["t3"], True)]
    nothing = driver.listed(created_from=asked["created_to"], created_to=asked["created_from"])
    assert (nothing.total, nothing.rows) == (0, [])
    assert sum(nothing.counts.values()) == 12, "the summary is of all"
