"""The list of workers, from their leases."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec import to_builtins

from progress_backend.flows.stored_record import milliseconds
from progress_backend.operations import leases
from progress_backend.record import events as ev
from progress_backend.record.model import Member
from progress_backend.service import worker_list
from tests.behaviour.driving import Driver, identity_of


def listed(driver: Driver) -> dict[str, Any]:
    body: dict[str, Any] = to_builtins(driver.run(worker_list.workers(driver.flows, driver.now())))
    return body


def renew(driver: Driver, lease: str, seconds: float, slots: int | None = None) -> None:
    until = driver.now() + timedelta(seconds=seconds)
    driver.execute(leases.renew(lease, milliseconds(until), slots))


def test_how_long_the_first_task_waits_that_may_begin(driver: Driver) -> None:
    assert listed(driver)["oldest_wait_ms"] is None
    hour = timedelta(hours=1)
    driver.apply("planned", ev.Planned(identity=identity_of(member=Member(("w",)))))
    driver.apply("later", ev.Created(identity=identity_of(), eta=driver.now() + hour))
    assert listed(driver)["oldest_wait_ms"] is None
    created_at = driver.create("waits").task.created_at
    driver.create("next")
    before = (driver.now() - created_at) / timedelta(milliseconds=1)
    waited = listed(driver)["oldest_wait_ms"]
    after = (driver.now() - created_at) / timedelta(milliseconds=1)
    assert before - 1 <= waited <= after + 1


def test_the_types_that_have_run(driver: Driver) -> None:
    driver.start("runs")
    assert listed(driver)["types"] == []
    driver.apply("runs", ev.Completed())
    assert listed(driver)["types"] == ["fetch_data"]


@pytest.mark.usefixtures("at_one_time")
def test_each_worker_with_its_last_sign_and_what_it_runs(driver: Driver) -> None:
    lease_s = driver.settings.lease_s
    renew(driver, "celery@b/0123", lease_s, slots=4)
    renew(driver, "celery@a/4567", lease_s - 5)
    renew(driver, "celery@dead/89ab", -3)
    renew(driver, "celery@gone/cdef", lease_s)
    for n in range(3):
        driver.start(f"t{n}", "celery@b/0123", total_items=10)
    driver.start("silent", "celery@dead/89ab")
    driver.apply("t1", ev.Progressed(current=4))
    driver.apply("t2", ev.Completed())
    driver.execute(leases.end("celery@gone/cdef"))
    body = listed(driver)
    rows = {row["name"]: row for row in body["workers"]}
    assert list(rows) == ["celery@a", "celery@b", "celery@dead", "celery@gone"]
    assert body["total"] == 4
    assert [row["live"] for row in rows.values()] == [True, True, False, False]
    assert rows["celery@gone"]["last_sign_at"] is None
    at = datetime.fromisoformat(body["at"])

    def silent_s(name: str) -> float:
        return (at - datetime.fromisoformat(rows[name]["last_sign_at"])).total_seconds()

    assert [silent_s(f"celery@{name}") for name in ("a", "b", "dead")] == [5, 0, lease_s + 3]
    held = rows["celery@b"]["holds"]
    assert held["total"] == 2
    tasks = {task["task_id"]: task for task in held["tasks"]}
    began = {task.pop("start_time") for task in held["tasks"]}
    assert all(datetime.fromisoformat(one) <= at for one in began)
    assert [row["slots"] for row in rows.values()] == [None, 4, None, None]
    shown = {"task_type": "fetch_data", "symbol": None, "status": "running", "warnings": None}
    assert tasks == {
        "t0": {"task_id": "t0", **shown, "percentage": 0.0},
        "t1": {"task_id": "t1", **shown, "percentage": 40.0},
    }
    assert rows["celery@dead"]["holds"]["tasks"][0]["task_id"] == "silent"
    assert rows["celery@a"]["holds"] == {"total": 0, "tasks": []}


def test_twenty_tasks_of_a_worker_and_how_many_there_are(driver: Driver) -> None:
    renew(driver, "celery@a/1", 30)
    for n in range(worker_list.MOST_TASKS + 3):
        driver.start(f"t{n}", "celery@a/1")
    (row,) = listed(driver)["workers"]
    assert row["holds"]["total"] == worker_list.MOST_TASKS + 3
    assert len(row["holds"]["tasks"]) == worker_list.MOST_TASKS


@pytest.mark.usefixtures("at_one_time")
def test_the_workers_that_were_seen_last_and_how_many_there_are(driver: Driver) -> None:
    most = worker_list.MOST_WORKERS
    for n in range(most + 2):
        renew(driver, f"celery@{n:04}/1", 30 + n)
    body = listed(driver)
    assert body["total"] == most + 2
    names = [row["name"] for row in body["workers"]]
    assert names == [f"celery@{n:04}" for n in range(2, most + 2)]


def test_a_record_that_is_gone_is_left_out(driver: Driver) -> None:
    renew(driver, "celery@a/1", 30)
    driver.start("t", "celery@a/1")
    driver.lose("t")
    (row,) = listed(driver)["workers"]
    assert row["holds"] == {"total": 1, "tasks": []}


def test_when_the_open_tasks_end(driver: Driver) -> None:
    begin = driver.now() - timedelta(seconds=100)
    for n in range(10):
        driver.apply(f"old{n}", ev.Created(identity=identity_of()), now=begin)
    for n in range(10):
        started, ended = (begin + timedelta(seconds=10 * m) for m in (n, n + 1))
        driver.apply(f"old{n}", ev.Started(identity=identity_of()), now=started)
        driver.apply(f"old{n}", ev.Completed(), now=ended)
    for n in range(5):
        driver.create(f"new{n}")
    driver.start("new5")
    driver.create("never ran", task_type="other_type")
    every, of_type = listed(driver)["open"]
    assert (every["task_type"], every["tasks"], every["estimated"]) == (None, 7, 6)
    assert (of_type["task_type"], of_type["tasks"], of_type["estimated"]) == ("fetch_data", 6, 6)
    assert every["estimate"] == of_type["estimate"]
    left = datetime.fromisoformat(every["estimate"]["likely"]) - driver.now()
    assert left.total_seconds() == pytest.approx(60, abs=5)
    driver.apply("later", ev.Created(identity=identity_of(), eta=driver.now() + timedelta(hours=1)))
    every, of_type = listed(driver)["open"]
    assert (every["tasks"], every["estimated"], every["estimate"]) == (8, 0, None)
    assert (of_type["tasks"], of_type["estimated"]) == (7, 0)
