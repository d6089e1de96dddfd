"""The list by the beginning of ids, and by time of creation, over every store."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from progress_backend.flows import commands as c
from progress_backend.flows import owner_list, task_list
from progress_backend.flows.stored_record import milliseconds
from progress_backend.record import events as ev
from progress_backend.record.list_request import ListRequest
from progress_backend.record.model import STATUSES, Member
from tests.behaviour.driving import Driver, OverRedis, identity_of
from tests.tiers import examples


def listed(driver: Driver, **asked) -> task_list.Listed:
    return driver.run(task_list.listed(driver.flows, ListRequest(**asked), driver.now()))


def ids(driver: Driver, prefix: str, page: int = 1, limit: int = 100) -> list[str]:
    paged = driver.run(task_list.by_ids(driver.flows, prefix, page, limit))
    return [task_id for task_id, _ in paged.rows]


def test_the_ids_that_begin_so_in_their_order(driver: Driver) -> None:
    for task_id in ("b-2", "a", "b", "b-10", "ba", "B", "日本", "日", "c"):
        driver.create(task_id)
    driver.start("b-1", "lease-1", symbol="7203.T", owner="alice")
    assert ids(driver, "b") == ["b", "b-1", "b-10", "b-2", "ba"]
    assert ids(driver, "b-") == ["b-1", "b-10", "b-2"]
    assert ids(driver, "日") == ["日", "日本"]
    assert ids(driver, "none") == []
    assert [ids(driver, "b", page, 2) for page in (1, 2, 3, 4)] == [
        ["b", "b-1"],
        ["b-10", "b-2"],
        ["ba"],
        [],
    ]
    found = listed(driver, id_prefix="b-", limit=1)
    assert (found.total, len(found.rows)) == (3, 1)
    assert found.counts == {**dict.fromkeys(STATUSES, 0), "created": 9, "running": 1}


@pytest.mark.parametrize("driver", ["sync-valkey", "parts-valkey"], indirect=True)
def test_any_ids_are_listed_as_in_memory(driver: Driver) -> None:
    names = st.text(st.sampled_from("abAB-%é日\U0001f600\uffff"), min_size=1, max_size=6)

    @settings(max_examples=examples(15), deadline=None)
    @given(st.sets(names, max_size=12), names, st.integers(1, 4), st.integers(1, 5))
    def check(task_ids, prefix, page, limit) -> None:
        for keys in driver.store.layout.keys:
            driver.raw.delete(keys.ids)
        for task_id in task_ids:
            keys = driver.store.layout.of_task(task_id)
            driver.raw.zadd(keys.ids, {task_id: 0})
        for beginning in (prefix, prefix[0]):
            found = driver.execute(c.Beginning(beginning, (page - 1) * limit, limit))
            wanted = sorted((i for i in task_ids if i.startswith(beginning)), key=str.encode)
            assert found.total == len(wanted)
            assert list(found.task_ids) == wanted[(page - 1) * limit : page * limit]

    check()


def test_what_is_deleted_is_listed_no_more(driver: Driver) -> None:
    for task_id in ("a1", "a2", "a3"):
        driver.create(task_id, member=Member(("w",)) if task_id == "a1" else None)
    driver.create("a4", member=Member(("w",)))
    driver.apply("a1", ev.Cancelled())
    driver.apply("a4", ev.Cancelled())
    driver.lose("a2")
    assert ids(driver, "a") == ["a1", "a3", "a4"]
    assert driver.execute(c.Beginning("a", 0, 10)).total == 3, "the entry is gone too"
    driver.run(driver.flows.cleanup(driver.now() + timedelta(days=2_000), "ours"))
    assert driver.execute(c.Beginning("", 0, 10)).total == 0
    if isinstance(driver, OverRedis):
        assert {name for name in driver.left_over() if name.endswith("progress_ids")} == set()


def test_a_record_that_begins_anew_is_listed_once(driver: Driver) -> None:
    driver.create("a")
    driver.apply("a", ev.Cancelled())
    driver.create("a")
    driver.start("a")
    assert ids(driver, "a") == ["a"]


@pytest.mark.parametrize("driver", ["sync-valkey", "parts-valkey"], indirect=True)
def test_records_of_an_older_version_are_listed_after_a_cleanup(driver: Driver) -> None:
    for n in range(7):
        driver.create(f"a{n}")
    for keys in driver.store.layout.keys:
        driver.raw.delete(keys.ids, keys.ids_from)
    driver.create("new")
    assert ids(driver, "a") == []
    later = milliseconds(driver.now()) * 1000 + 1_000_000
    while driver.execute(c.FindIds(later, 2)) == 2:
        pass
    assert ids(driver, "a") == [f"a{n}" for n in range(7)]
    assert driver.execute(c.FindIds(later, 2)) == 0
    for keys in driver.store.layout.keys:
        driver.raw.delete(keys.ids, keys.ids_from)
    driver.run(driver.flows.cleanup(driver.now() + timedelta(seconds=90), "ours"))
    assert ids(driver, "a") == [f"a{n}" for n in range(7)]


def test_a_caller_of_one_owner_or_type_is_held_to_it(driver: Driver) -> None:
    for n in range(30):
        whose = "alice" if n % 2 else "bob"
        driver.create(f"{n % 3}-{n:02}", owner=whose, task_type="fetch" if n % 5 else "merge")
    alices = c.Filters(owner="alice")
    found = driver.run(owner_list.page(driver.flows, alices, 100, prefix="1-"))
    assert [i for i, _ in found.rows] == ["1-25", "1-19", "1-13", "1-07", "1-01"]
    merges = c.Filters(task_type="merge")
    found = driver.run(owner_list.page(driver.flows, merges, 100, prefix="1-"))
    assert [i for i, _ in found.rows] == ["1-25", "1-10"]
    mine = listed(driver, owner="alice", id_prefix="1-", limit=2)
    assert (len(mine.rows), mine.total, mine.cursor is None) == (2, None, False)
    rest = listed(driver, owner="alice", id_prefix="1-", limit=10, cursor=mine.cursor)
    assert (len(rest.rows), rest.cursor) == (3, None)


def created(driver: Driver) -> list[tuple[int, str]]:
    return driver.execute(c.Newest(2**52, 1_000, c.Filters()))


def test_tasks_of_a_span_of_time(driver: Driver) -> None:
    for n in range(12):
        driver.create(
            f"t{n}", task_type="even" if n % 2 == 0 else "odd", owner="alice" if n < 6 else None
        )
        if n % 3 == 0:
            driver.apply(f"t{n}", ev.Progressed(current=1))
    times = {task_id: us for us, task_id in created(driver)}
    span = c.Span(times["t3"], times["t9"])
    for filters, wanted in (
        ((), [8, 7, 6, 5, 4, 3]),
        ((None, "even"), [8, 6, 4]),
        (("running",), [6, 3]),
        (("created", "even"), [8, 4]),
    ):
        names = [f"t{n}" for n in wanted]
        for limit in (1, 2, 100):
            seen = []
            for page in range(1, len(names) + 2):
                paged = driver.run(driver.flows.page(page, limit, *filters, created=span))
                assert paged.total == len(names)
                seen += [task_id for task_id, _ in paged.rows]
            assert seen == names, (filters, limit)
    owned = driver.run(driver.flows.page(1, 100, owner="alice", created=span))
    assert [task_id for task_id, _ in owned.rows] == ["t5", "t4", "t3"]
    looked = driver.run(
        owner_list.page(driver.flows, c.Filters(owner="alice", task_type="odd"), 1, created=span)
    )
    assert ([i for i, _ in looked.rows], looked.cursor is None) == (["t5"], False)
    looked = driver.run(
        owner_list.page(
            driver.flows,
            c.Filters(owner="alice", task_type="odd"),
            5,
            looked.cursor,
            created=span,
        )
    )
    assert ([i for i, _ in looked.rows], looked.cursor) == (["t3"], None)
    nothing = driver.run(driver.flows.page(1, 10, created=c.Span(times["t9"], times["t3"])))
    assert (nothing.total, nothing.rows) == (0, ())
    assert sum(nothing.counts) == 12, "the summary is of all"


@pytest.mark.parametrize("driver", ["memory", "sync-valkey", "parts-valkey"], indirect=True)
def test_a_deep_page_of_a_span(driver: Driver) -> None:
    now = driver.now()
    flows = [
        driver.flows.apply(f"t{n:03}", (ev.Created(identity=identity_of()),), now)
        for n in range(260)
    ]
    for flow in flows:
        driver.run(flow)
    times = {task_id: us for us, task_id in created(driver)}
    span = c.Span(times["t010"], times["t250"])
    paged = driver.run(driver.flows.page(23, 10, created=span))
    assert paged.total == 240
    assert [i for i, _ in paged.rows] == [f"t{n:03}" for n in range(29, 19, -1)]
