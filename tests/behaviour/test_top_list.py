"""The list of what a person started: single tasks and outermost workflows, as a simple model has
them; its cost does not depend on the size of workflows."""

import json
import random
from collections.abc import Iterable
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from progress_backend.flows import index_page, top_list
from progress_backend.flows.cleanup import sweep
from progress_backend.flows.flow import together
from progress_backend.operations import top
from progress_backend.operations.lists import TaskPage
from progress_backend.record import events as ev
from progress_backend.record.model import Member, Warnings
from progress_backend.service import worker_list
from tests.asked import page_of
from tests.behaviour.driving import Driver, calls, identity_of

W, CANVAS = "w|1", "canvas"


def member(driver: Driver, task_id: str, *workflows: str) -> None:
    driver.apply(task_id, ev.Created(identity=identity_of(member=Member(workflows))))


def members(driver: Driver, task_ids: Iterable[str], *workflows: str) -> None:
    """Begun together, as those of a plan."""
    event = ev.Planned(identity=identity_of(member=Member(workflows)))
    now = driver.now()
    driver.run(together([driver.flows.apply(task_id, (event,), now) for task_id in task_ids]))


def paged(driver: Driver, page: int = 1, limit: int = 100, **options: Any) -> TaskPage:
    found: TaskPage = driver.run(top_list.page(driver.flows, page, limit, driver.now(), **options))
    return found


def ids(driver: Driver, page: int = 1, limit: int = 100) -> list[str]:
    return [one for one, _ in paged(driver, page, limit).rows]


def test_a_single_task_may_be_published_again_as_a_member(driver: Driver) -> None:
    for task_id in ("a", "b"):
        driver.create(task_id)
    driver.apply("a", ev.Completed())
    member(driver, "a", W)
    assert (ids(driver), paged(driver).total) == ([W, "b"], 2)


def test_long_values_are_left_out_of_rows_where_that_is_asked(driver: Driver) -> None:
    driver.create("a", metadata={"long": "x" * 5_000})
    member(driver, "b", W)
    whole, light = paged(driver), paged(driver, light=True)
    assert whole.rows[0] == light.rows[0]
    assert b"omitted" in light.rows[1][1]
    assert b"x" * 5_000 in whole.rows[1][1]


@pytest.mark.parametrize("fetched", [0, 3, index_page.FETCHED])
@pytest.mark.parametrize("seed", range(3))
def test_whatever_happens_each_page_is_that_of_a_model(
    driver: Driver, seed: int, fetched: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Positions are found by counting, or read; runs of members are longer than what is read."""
    monkeypatch.setattr(top_list, "FETCHED", fetched)
    chance, model = random.Random(seed), Model(driver)
    for number in range(60):
        happens = chance.choice(["single", "single", "member", "run", "gone", "again"])
        if happens == "single":
            model.create(f"t{number}")
        elif happens == "member":
            model.begin([f"m{number}"], chance.choice(["w0", "w1", "w2"]))
        elif happens == "run" and chance.random() < 0.4:
            model.begin([f"m{number}.{n}" for n in range(45)], f"w{chance.randrange(5)}")
        elif happens == "gone" and model.workflow_of:
            model.sweep(chance.choice(list(model.workflow_of)))
        elif happens == "again" and (single := [i for i, w in model.workflow_of.items() if not w]):
            model.again(chance.choice(single))
    expected = model.listed()
    for limit in (1, 7, 100):
        pages = range(1, len(expected) // limit + 2)
        found = [paged(driver, page, limit) for page in pages]
        assert [one for page in found for one, _ in page.rows] == expected
        assert {page.total for page in found} == {len(expected)}
    for task_id in list(model.workflow_of):
        model.sweep(task_id)
    of_types = {name for name in driver.left_over() if name.endswith("progress_outcomes")}
    assert (paged(driver).total, driver.left_over()) == (0, of_types)


class Model:
    """What the list should have: each workflow by the latest time at which one of the store's
    partitions got its first member."""

    def __init__(self, driver: Driver) -> None:
        self.driver, self.time = driver, 0
        self.workflow_of: dict[str, str] = {}  # "" of a single task
        self.created: dict[str, int] = {}
        self.begun: dict[tuple[str, int], int] = {}

    def place(self, task_id: str) -> int:
        layout = getattr(self.driver.store, "layout", None)
        return 0 if layout is None else layout.place(task_id)

    def create(self, task_id: str) -> None:
        self.driver.create(task_id)
        self.now(task_id, "")

    def begin(self, task_ids: list[str], workflow_id: str) -> None:
        if len(task_ids) > 1:
            members(self.driver, task_ids, workflow_id, f"{workflow_id}.canvas")
        else:
            member(self.driver, task_ids[0], workflow_id)
        for task_id in task_ids:
            self.now(task_id, workflow_id)

    def again(self, task_id: str) -> None:
        self.driver.apply(task_id, ev.Cancelled())
        self.create(task_id)

    def sweep(self, task_id: str) -> None:
        self.driver.lose(task_id)
        assert self.driver.run(sweep([task_id], before_ms=0)) == 1
        workflow_id = self.workflow_of.pop(task_id)
        place = self.place(task_id)
        others = [i for i, w in self.workflow_of.items() if w == workflow_id]
        if workflow_id and not any(self.place(i) == place for i in others):
            del self.begun[workflow_id, place]

    def now(self, task_id: str, workflow_id: str) -> None:
        self.time += 1
        self.workflow_of[task_id] = workflow_id
        self.created[task_id] = self.time
        if workflow_id:
            self.begun.setdefault((workflow_id, self.place(task_id)), self.time)

    def listed(self) -> list[str]:
        times = {i: self.created[i] for i, w in self.workflow_of.items() if not w}
        for (workflow_id, _), time in self.begun.items():
            times[workflow_id] = max(time, times.get(workflow_id, 0))
        return sorted(times, key=times.__getitem__, reverse=True)


def test_what_runs_stands_before_what_waits_and_what_has_ended(driver: Driver) -> None:
    begin, number = driver.now() - timedelta(minutes=1), count()

    def happens(task_id: str, *events: ev.Event) -> None:
        """A second after what happened before."""
        driver.apply(task_id, *events, now=begin + timedelta(seconds=next(number)))

    for task_id in ("failed", "ended", "runs", "paused", "first", "second", "hole", "newest"):
        happens(task_id, ev.Created(identity=identity_of()))
    of_w = [f"member-{n}" for n in range(7)]  # more than are read first for two rows
    for task_id in of_w:
        happens(task_id, ev.Created(identity=identity_of(member=Member((W,)))))
    for task_id in ("runs", "paused", "newest", *of_w):
        happens(task_id, ev.Started(identity=identity_of()))
    happens("paused", ev.Paused(), ev.Acknowledged())
    happens("failed", ev.Failed(error_message="why"))
    happens("ended", ev.Completed())
    driver.lose("hole")

    def front(limit: int) -> list[str]:
        found: TaskPage = driver.run(top_list.front(driver.flows, limit, driver.now()))
        assert found.total in (8, 9)  # the hole is counted until it was found
        return [one for one, _ in found.rows]

    assert front(5) == [W, "newest", "runs", "paused", "first", "second", "ended", "failed"]
    assert front(2) == [W, "newest", "paused", "first", "second", "ended", "failed"]
    assert front(1) == [W, "paused", "first", "ended"]


def test_what_has_a_warning_stands_before_what_else_runs(driver: Driver) -> None:
    for task_id in ("late", "stalled", "first", "second", "third"):
        driver.start(task_id)
    for kind in ("stalled", "late"):
        warned = ev.Warned(
            warnings=Warnings(**{kind: driver.now()}), revision=driver.task(kind).revision
        )
        driver.apply(kind, warned)
    found: TaskPage = driver.run(top_list.front(driver.flows, 3, driver.now()))
    assert [one for one, _ in found.rows] == ["stalled", "late", "third"]
    its = driver.run(worker_list.figures(driver.flows, driver.now()))
    assert (its.stalled, its.late) == (1, 1)


@pytest.mark.parametrize("found_in", ["created", "running", "completed"])
def test_a_value_that_is_no_record_has_its_place_in_the_index(
    driver: Driver, found_in: str
) -> None:
    for task_id in ("before", "odd", "after"):
        (driver.create if (task_id, found_in) == ("odd", "created") else driver.start)(task_id)
    driver.apply("before", ev.Completed(), now=driver.now() + timedelta(milliseconds=500))
    if found_in == "completed":
        driver.apply("odd", ev.Completed(), now=driver.now() + timedelta(seconds=1))
    driver.apply("after", ev.Completed(), now=driver.now() + timedelta(seconds=2))
    driver.raw.set(driver.names("odd").task("odd"), b"no record")
    found: TaskPage = driver.run(top_list.front(driver.flows, 5, driver.now()))
    place = 1 if found_in == "completed" else 2  # an open one: when it was created
    assert [one for one, _ in found.rows].index("odd") == place


def test_a_task_that_ends_between_two_reads_has_one_row(driver: Driver) -> None:
    driver.start("t")

    def ends(_: object) -> None:
        if driver.task("t").status == "running":
            driver.apply("t", ev.Completed())

    flow = top_list.front(driver.flows, 5, driver.now())
    reads = count()
    found: TaskPage = driver.drive(flow, lambda call: next(reads) == 3 and ends(call))
    assert [one for one, _ in found.rows] == ["t"]


def test_a_run_that_a_request_has_ended_is_among_the_running(driver: Driver) -> None:
    for task_id in ("runs", "asked", "ended"):
        driver.start(task_id, "lease-1")
    revision = driver.task("asked").revision
    stalled = Warnings(stalled=driver.now())
    driver.apply("asked", ev.Warned(warnings=stalled, revision=revision))
    driver.apply("asked", ev.Cancelled(by="api"))
    driver.apply("ended", ev.Completed())

    def found() -> tuple[list[str], str | None, int]:
        front: TaskPage = driver.run(top_list.front(driver.flows, 5, driver.now()))
        (still,) = driver.listed(warning="stalled").rows or [b"{}"]
        workers = driver.run(worker_list.figures(driver.flows, driver.now()))
        still_id = json.loads(still).get("task_id")
        return [one for one, _ in front.rows], still_id, workers.still_running

    assert found() == (["asked", "runs", "ended"], "asked", 1)
    driver.apply("asked", ev.Acknowledged())
    assert found() == (["runs", "ended", "asked"], None, 0)


def test_holes_are_repaired_and_filled(driver: Driver) -> None:
    for n in range(12):
        driver.create(f"t{n}")
    for n in (11, 9, 2):
        driver.lose(f"t{n}")
    found = paged(driver, 1, 5)
    assert [one for one, _ in found.rows] == ["t10", "t8", "t7", "t6", "t5"]
    assert found.total == 10  # the hole behind the page is not seen yet
    assert driver.run(page_of(driver.flows, 1, 100)).total == 9


def test_a_workflow_that_lost_its_members_otherwise_leaves_the_list(redis_driver: Driver) -> None:
    member(redis_driver, "a", W)
    keys = redis_driver.keys
    redis_driver.raw.delete(keys.members(W, "created"))
    assert (ids(redis_driver), redis_driver.raw.zcard(keys.outermost)) == ([], 1)  # one is stored
    redis_driver.raw.delete(keys.members(W))
    assert (ids(redis_driver), redis_driver.raw.zcard(keys.outermost)) == ([], 0)


def test_what_another_program_stored_is_no_index(redis_driver: Driver) -> None:
    redis_driver.create("single")
    member(redis_driver, "a", W)
    redis_driver.raw.set(redis_driver.keys.outermost, "text")
    assert ids(redis_driver) == ["single"]
    member(redis_driver, "b", "w2")
    redis_driver.raw.set(redis_driver.keys.every_member, "text")
    member(redis_driver, "c", "w2")
    assert set(ids(redis_driver)) == {"single", "a", "b", "c"}
    redis_driver.raw.set(redis_driver.keys.index(), "text")
    assert ids(redis_driver) == []


def test_members_that_another_program_added_cost_no_more_than_a_bounded_number_of_steps(
    redis_driver: Driver,
) -> None:
    members(redis_driver, [f"m{n}" for n in range(400)], W)
    newest = redis_driver.raw.zrange(redis_driver.keys.index(), -1, -1, withscores=True)[0][1]
    others = {f"other-{n}": newest - n for n in range(400)}
    redis_driver.raw.zadd(redis_driver.keys.every_member, others)
    redis_driver.raw.config_resetstat()
    redis_driver.execute(top.newest(5))
    assert calls(redis_driver)["zrevrange"] < 100


def test_a_page_over_a_large_workflow_reads_no_more_than_one_over_a_small_one(
    redis_driver: Driver,
) -> None:
    def asked(members_each: int) -> int:
        for n in range(10):
            redis_driver.create(f"{members_each}-t{n}")
            for start in range(0, members_each, 500):
                many = range(start, min(start + 500, members_each))
                members(
                    redis_driver, (f"{members_each}-{n}-{i}" for i in many), f"{members_each}-w{n}"
                )
        assert len(ids(redis_driver, 1, 20)) == 20  # the scripts are known from here on
        redis_driver.raw.config_resetstat()
        assert len(ids(redis_driver, 1, 20)) == 20
        return sum(calls(redis_driver).values())

    small, large = asked(10), asked(1_000)
    assert large < small + 20 * 3 * 20, "a run of members costs its length's logarithm"
