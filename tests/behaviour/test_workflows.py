"""A workflow's figures are those of its members' records, in each store."""

import json
import random
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from msgspec import to_builtins

from progress_backend.errors import ProgressError
from progress_backend.flows import workflow_bodies, workflow_checks, workflows
from progress_backend.flows.cleanup import cleanup
from progress_backend.flows.flow import together
from progress_backend.flows.stored_record import Applied, milliseconds
from progress_backend.operations import locks, top
from progress_backend.operations import workflows as workflows_ops
from progress_backend.record import events as ev
from progress_backend.record.model import STATUSES, Member, Worker
from progress_backend.record.workflow import WorkflowCounts
from tests.asked import page_of
from tests.behaviour.driving import Driver, W, check_agreement, figures, identity_of

CANVAS = "canvas"
WHOLE = identity_of(member=Member((W,)))
INNER = identity_of(member=Member((W, CANVAS)))
UPSTREAM = ev.NeverPublished(error_message="why", cause="upstream")
LEASE = timedelta(seconds=31)


def agree(driver: Driver, ids: Iterable[str], workflow_id: str = W) -> WorkflowCounts:
    """The figures, which are those of the records."""
    found = figures(driver, workflow_id)
    tasks = [task for i in ids if (task := driver.task(i)) is not None]
    members = [t for t in tasks if t.member is not None and workflow_id in t.member.workflows]
    assert found.counts == tuple(sum(t.status == s for t in members) for s in STATUSES)
    assert found.planned == sum(t.planned for t in members)
    assert found.never_ran == sum(t.never_ran for t in members)
    assert found.share == sum(t.member.share for t in members if t.member is not None)
    for status in (None, *STATUSES):
        page = driver.run(page_of(driver.flows, 1, 100, status, workflow=workflow_id))
        there = {t.task_id for t in members if status in (None, t.status)}
        assert {task_id for task_id, _ in page.rows} == there
        assert (page.total, page.counts) == (len(there), found.counts)
    return found


def test_fewer_members_than_are_expected_hold_nothing_open(driver: Driver) -> None:
    driver.apply("a", ev.Created(identity=WHOLE, workflow_total=4))
    driver.apply("b", ev.Created(identity=INNER, workflow_total=9))
    begin(driver, {i: ev.Created(identity=WHOLE) for i in "cd"})
    assert (figures(driver).expected, figures(driver, CANVAS).expected) == (4, 9)
    driver.apply("a", ev.Completed())
    now = driver.now()
    body = to_builtins(driver.run(workflow_bodies.status(driver.flows, CANVAS, now)))
    assert body["progress"] == {"current": 0, "total": 9, "percentage": 0}
    for task_id in "bcd":
        driver.apply(task_id, ev.Completed())
    for workflow_id in (W, CANVAS):
        seen = figures(driver, workflow_id)
        assert (seen.status, seen.percentage, seen.open) == ("completed", 100, 0)
    made = {f"m{n}": ev.Created(identity=WHOLE, workflow_total=30) for n in range(20)}
    begin(driver, made)
    seen = figures(driver)
    assert (seen.expected, seen.total, seen.percentage) == (30, 24, 13.3)


@pytest.mark.parametrize("seed", range(4))
def test_whatever_happens_the_figures_are_those_of_the_records(driver: Driver, seed: int) -> None:
    chance, ids = random.Random(seed), ("a", "b", "c", "d")
    again = Worker("lease-1", "one")
    for _ in range(60):
        identity = chance.choice([WHOLE, INNER, identity_of()])
        happened = chance.choice(
            [
                ev.Created(identity=identity),
                ev.Planned(identity=identity),
                ev.Started(identity=identity, worker=again, redelivered=True),
                ev.Progressed(current=chance.randrange(12), total=chance.choice([None, 20])),
                ev.Completed(),
                ev.Failed(error_message="why"),
                ev.Cancelled(),
                ev.Paused(),
                ev.Resumed(),
                ev.Requeued(planned=True),
                UPSTREAM,
            ]
        )
        task_id = chance.choice(ids)
        try:
            driver.apply(task_id, happened)
        except ProgressError:
            continue
        if chance.random() < 0.05:
            driver.lose(task_id)
            driver.ids()
        for workflow_id in (W, CANVAS):
            page = driver.run(page_of(driver.flows, 1, 100, workflow=workflow_id))
            assert len(page.rows) == page.total
    for workflow_id in (W, CANVAS):
        agree(driver, ids, workflow_id)


def test_many_members_begin_as_each_would_by_itself(driver: Driver) -> None:
    """More than one request carries; some records are there already, some of another kind."""
    driver.apply("m7", ev.Started(identity=WHOLE))
    driver.apply("m8", ev.Created(identity=identity_of()))
    ids = [f"m{n}" for n in range(100)]
    made = [
        ev.Created(identity=WHOLE) if n < 70 else ev.Planned(identity=INNER) for n in range(100)
    ]
    made[0] = ev.Created(identity=WHOLE, workflow_name="many")
    begun = begin(driver, dict(zip(ids, made, strict=True)))
    assert [one.task.task_id for one in begun] == ids
    assert [n for n, one in enumerate(begun) if one.document is None] == [7]
    seen = agree(driver, ids)
    assert (seen.total, seen.planned, seen.name) == (100, 30, "many")
    assert agree(driver, ids, CANVAS).total == 30
    assert figures(driver).changed_ms is not None
    check_agreement(driver, ids)
    if not driver.flows.settings.partitions:
        newest = [i for i, _ in driver.run(page_of(driver.flows, 1, 100, workflow=W)).rows]
        assert newest == [*(i for i in reversed(ids) if i not in ("m7", "m8")), "m8", "m7"]


def begin(driver: Driver, made: dict[str, ev.Event]) -> list[Applied]:
    now = driver.now()
    flows = [driver.flows.apply(task_id, (event,), now) for task_id, event in made.items()]
    begun: list[Applied] = driver.run(together(flows))
    assert all(isinstance(one, Applied) for one in begun), begun
    return begun


def test_a_late_plan_changes_nothing_and_a_new_send_starts_again(driver: Driver) -> None:
    before = driver.now() - timedelta(seconds=1)
    driver.apply("a", ev.Created(identity=WHOLE))
    driver.start("a")
    driver.apply("a", ev.Planned(identity=WHOLE))
    assert agree(driver, "a").status == "running"
    driver.apply("a", ev.Completed())
    driver.apply("a", ev.Planned(identity=WHOLE, at=before))
    assert agree(driver, "a").status == "completed"
    later = driver.now() + timedelta(seconds=1)
    driver.apply("a", ev.Planned(identity=WHOLE, sent_again=False), now=later)
    assert agree(driver, "a").status == "completed"
    driver.apply("a", ev.Planned(identity=WHOLE), now=later)
    seen = agree(driver, "a")
    assert (seen.status, seen.planned, seen.percentage) == ("created", 1, 99.9)


def test_what_is_not_reached_ends_and_is_taken_back_by_its_message(driver: Driver) -> None:
    for task_id in "bc":
        driver.apply(task_id, ev.Planned(identity=WHOLE))
    driver.apply("a", ev.Created(identity=WHOLE))
    ended = workflows.end_planned(driver.flows, ("a", "b", "c", "nobody"), UPSTREAM, driver.now())
    assert driver.run(ended) == 2
    a, b = driver.task("a"), driver.task("b")
    assert (a.status, b.status, b.error_cause) == ("created", "error", "upstream")
    assert agree(driver, "abc").ended == 2
    driver.apply("b", ev.Created(identity=WHOLE))
    driver.start("c")  # its publisher did not reach the store
    seen = agree(driver, "abc")
    assert (seen.ended, seen.status, seen.planned) == (0, "running", 0)


def test_what_follows_a_forgotten_revoke_fails_with_the_step_before_it(driver: Driver) -> None:
    """It was ended with the revoked task, which another worker ran all the same."""
    revoked = ev.NeverPublished(error_message="why", cause="upstream", cancelled=True)
    for task_id, end in (("a", revoked), ("b", ev.Cancelled(by="api"))):
        driver.apply(task_id, ev.Planned(identity=WHOLE))
        driver.apply(task_id, end)
    for _ in range(2):
        driver.run(workflows.end_planned(driver.flows, "ab", UPSTREAM, driver.now()))
    a, b = driver.task("a"), driver.task("b")
    assert b is not None
    assert (a.status, a.error_cause, a.control, a.revision) == ("error", "upstream", None, 3)
    assert b.status == "cancelled"
    assert agree(driver, "ab").status == "error"


@pytest.mark.parametrize("by", ["api", None])
def test_what_a_caller_cancelled_before_its_message_left_begins_no_run(
    driver: Driver, by: str | None
) -> None:
    driver.apply("a", ev.Planned(identity=WHOLE))
    driver.apply("a", ev.Cancelled(by=by))
    driver.apply("a", ev.Created(identity=WHOLE))
    assert driver.apply("a", ev.Started(identity=WHOLE)).refused.status == "cancelled"
    assert agree(driver, "a").status == "cancelled"


def stuck(driver: Driver, after: timedelta, token: str = "ours") -> list[str]:
    found = driver.run(workflow_checks.quiet(driver.flows, driver.now() + after, token))
    driver.execute(locks.give_back(workflow_checks.LOCK, token))
    return found


def test_what_is_planned_ends_once_nothing_goes_on(driver: Driver) -> None:
    driver.apply("a", ev.Created(identity=WHOLE))
    for task_id in "bc":
        driver.apply(task_id, ev.Planned(identity=WHOLE))
    assert stuck(driver, 2 * LEASE) == []  # its first member may still run
    driver.start("a")
    driver.apply("a", ev.Completed())
    assert stuck(driver, timedelta(0)) == []
    later = driver.now() + 4 * LEASE  # it was looked at, two leases from now
    assert stuck(driver, 4 * LEASE) == [W]
    assert driver.run(workflow_checks.end_quiet(driver.flows, W, later)) is False
    seen = agree(driver, "abc")
    assert (seen.status, seen.planned, seen.never_ran) == ("error", 0, 2)
    assert seen.percentage == 33.3
    b = driver.task("b")
    assert b.error_cause == "never_published"
    assert b.error_message == "ワークフローが先へ進まず、タスクは送信されませんでした"
    assert stuck(driver, 8 * LEASE) == []


def test_a_replaced_task_waits_for_a_step_of_its_canvas_and_ends_with_it(driver: Driver) -> None:
    """A step that was lost; it may run again after all, and send the task's next message."""
    driver.apply("b", ev.Created(identity=WHOLE))
    driver.apply("a", ev.Started(identity=WHOLE, worker=Worker("lease-1", "one")))
    driver.apply("a", ev.Requeued(planned=True))
    seen = agree(driver, "ab")
    assert (seen.status, seen.planned, seen.open) == ("running", 1, 2)
    driver.apply("b", ev.Failed(error_message="lost"))
    assert stuck(driver, LEASE) == [W]
    driver.run(workflow_checks.end_quiet(driver.flows, W, driver.now() + LEASE))
    a = driver.task("a")
    assert (a.status, a.error_cause, a.attempt) == ("error", "upstream", 1)
    assert not agree(driver, "ab").open
    driver.apply("a", ev.Created(identity=WHOLE))
    driver.apply("a", ev.Started(identity=WHOLE))
    assert agree(driver, "ab").count("running") == 1


def test_the_next_message_of_a_replaced_task_may_leave_before_the_replacement_is_recorded(
    driver: Driver,
) -> None:
    for task_id, late in (("a", False), ("b", True)):
        driver.apply(task_id, ev.Started(identity=WHOLE, worker=Worker("lease-1", "one")))
        driver.apply(task_id, ev.Requeued(planned=not late))
        driver.apply(task_id, ev.Requeued(planned=late))
        seen = agree(driver, "ab")
        assert (seen.status, seen.planned) == ("running", 0)


def test_what_cannot_be_seen_may_take_days(driver: Driver) -> None:
    member = Member((W,), unseen=True)
    driver.apply("b", ev.Planned(identity=identity_of(member=member)))
    later = driver.now() + 2 * LEASE
    assert stuck(driver, 2 * LEASE) == [W]
    assert driver.run(workflow_checks.end_quiet(driver.flows, W, later)) is False
    assert agree(driver, "b").planned == 1
    days = driver.now() + timedelta(days=8)
    driver.run(workflow_checks.end_quiet(driver.flows, W, days))
    assert agree(driver, "b").planned == 0


def test_what_may_have_left_may_take_days(driver: Driver) -> None:
    """Its predecessor has succeeded, and only the result backend knows."""
    driver.apply("a", ev.Created(identity=WHOLE))
    for task_id in "bc":
        driver.apply(task_id, ev.Planned(identity=WHOLE))
    driver.start("a")
    driver.run(workflows.may_have_left(driver.flows, W, driver.now()))
    driver.apply("a", ev.Completed())
    later, days = 2 * LEASE, timedelta(days=8)
    assert driver.run(workflow_checks.end_quiet(driver.flows, W, driver.now() + later)) is False
    assert agree(driver, "abc").planned == 2
    driver.run(workflow_checks.end_quiet(driver.flows, W, driver.now() + days))
    assert agree(driver, "abc").planned == 0


def test_what_follows_a_run_that_may_come_again_waits_for_it(driver: Driver) -> None:
    driver.apply("a", ev.Created(identity=WHOLE))
    driver.apply("b", ev.Planned(identity=WHOLE))
    driver.start("a")
    driver.apply("a", ev.Failed(error_message="gone", cause="worker_lost", again_s=3_600))
    hours = timedelta(hours=2)
    driver.run(workflow_checks.end_quiet(driver.flows, W, driver.now() + 2 * LEASE))
    assert agree(driver, "ab").planned == 1
    driver.run(workflow_checks.end_quiet(driver.flows, W, driver.now() + hours))
    b = driver.task("b")
    assert (b.status, b.error_cause) == ("error", "upstream")


def test_a_publish_in_progress_keeps_a_workflow_open(driver: Driver) -> None:
    driver.apply("a", ev.Created(identity=WHOLE))
    driver.start("a")
    driver.apply("a", ev.Completed())
    now_ms = milliseconds(driver.now())
    driver.execute(workflows_ops.publishing(W, "one", now_ms, 60_000))
    driver.execute(workflows_ops.publishing(W, "two", now_ms, 60_000))
    assert (figures(driver).publishers, figures(driver).status) == (2, "running")
    driver.execute(workflows_ops.publishing(W, "one", now_ms, 0))
    later: WorkflowCounts = driver.execute(workflows_ops.figures(W, now_ms + 60_001))
    assert (figures(driver).publishers, later.publishers, later.status) == (1, 0, "completed")


def test_members_are_deleted_together(driver: Driver) -> None:
    day = timedelta(seconds=driver.settings.retention_s)
    for task_id in "ab":
        driver.apply(task_id, ev.Created(identity=INNER))
    driver.start("a")
    driver.apply("a", ev.Completed())
    driver.run(cleanup(driver.settings, driver.now() + 2 * day, "ours"))
    assert agree(driver, "ab").total == 2  # "b" waits
    driver.start("b")
    driver.apply("b", ev.Completed())
    driver.run(cleanup(driver.settings, driver.now() + day / 2, "ours"))
    assert agree(driver, "ab").total == 2
    driver.run(cleanup(driver.settings, driver.now() + 20 * day, "ours"))
    assert (driver.task("a"), driver.task("b")) == (None, None)
    assert figures(driver) == figures(driver, CANVAS) == WorkflowCounts((0,) * 6)
    assert not [name for name in driver.left_over() if "workflow" in name]


def test_a_member_outlives_a_cleanup_that_does_not_come(driver: Driver) -> None:
    driver.apply("a", ev.Created(identity=WHOLE))
    driver.create("single")
    assert driver.ttl_ms("a") > 29 * 86_400_000 > driver.ttl_ms("single")


def test_its_failures_are_the_first_ones(driver: Driver) -> None:
    for number in range(22):
        driver.apply(f"m{number}", ev.Created(identity=WHOLE))
    for number in reversed(range(22)):
        driver.apply(f"m{number}", ev.Started(identity=WHOLE))
        driver.apply(f"m{number}", ev.Failed(error_message=f"why {number}"))
    document = driver.run(workflow_bodies.status(driver.flows, W, driver.now()))
    assert document is not None
    body = to_builtins(document)
    assert [one["task_id"] for one in body["failures"]] == [f"m{n}" for n in range(20)]
    assert body["error_message"] == "why 0"


def waits(driver: Driver, minutes: float) -> dict[str, Any]:
    """What the workflow's body says so long from now."""
    later = driver.now() + timedelta(minutes=minutes)
    body = to_builtins(driver.run(workflow_bodies.status(driver.flows, W, later)))
    assert body["status"] == "running"
    code: dict[str, Any] = body["message_code"]
    return code


def test_a_quiet_workflow_says_that_a_message_is_not_known(driver: Driver) -> None:
    """Of a step that was published, and of one that goes on under its id; nothing ends by it."""
    for task_id in ("a", "b", "c"):
        driver.apply(task_id, ev.Created(identity=WHOLE))
    driver.apply("d", ev.Planned(identity=WHOLE))
    driver.start("a")
    driver.apply("a", ev.Completed())
    driver.start("c", "lease-1")
    assert waits(driver, 60)["code"] == "members"  # "c" is at work
    driver.apply("c", ev.Requeued())  # replaced
    assert waits(driver, 4)["code"] == "members"
    found = waits(driver, 6)
    assert (found["code"], found["args"]["waiting"]) == ("members_wait", 2)
    body = to_builtins(driver.run(workflow_bodies.status(driver.flows, W, driver.now())))
    assert found["args"]["since"] in str(body["updated_at"]).replace("T", " ")
    driver.apply("c", ev.Started(identity=WHOLE))
    driver.apply("c", ev.Completed())
    assert waits(driver, 6)["code"] == "member_waits"
    driver.apply("b", ev.Created(identity=WHOLE, eta=driver.now() + timedelta(hours=1)))
    assert waits(driver, 6)["code"] == "members"
    assert waits(driver, 66)["code"] == "member_waits"
    driver.execute(workflows_ops.publishing(W, "one", milliseconds(driver.now()), 3_600_000))
    assert waits(driver, 6)["code"] == "members"


def test_those_that_never_ran_come_after_those_that_failed(driver: Driver) -> None:
    """Whatever was created first; they are counted by themselves, until they run after all."""
    for task_id in ("body", "after"):
        driver.apply(task_id, ev.Planned(identity=WHOLE))
    for number in range(3):
        driver.apply(f"m{number}", ev.Created(identity=WHOLE))
        driver.apply(f"m{number}", ev.Started(identity=WHOLE))
        driver.apply(f"m{number}", ev.Failed(error_message=f"why {number}"))
    unreached = ev.NeverPublished(error_message="not reached", cause="upstream")
    for task_id in ("body", "after"):
        driver.apply(task_id, unreached)
    body = to_builtins(driver.run(workflow_bodies.status(driver.flows, W, driver.now())))
    assert (body["counts"]["error"], body["counts"]["never_ran"]) == (5, 2)
    assert [one["error_cause"] == "upstream" for one in body["failures"]] == [False] * 3 + [
        True
    ] * 2
    assert body["error_message"] == "why 0"
    assert (body["status"], body["progress"]["percentage"]) == ("error", 0)
    driver.apply("body", ev.Created(identity=WHOLE))
    driver.apply("body", ev.Started(identity=WHOLE))
    assert agree(driver, ("body", "after", "m0", "m1", "m2")).never_ran == 1
    driver.apply("body", ev.Failed(error_message="by itself"))
    assert agree(driver, ("body", "after", "m0", "m1", "m2")).never_ran == 1


def test_keys_of_another_type_stop_nothing(driver: Driver) -> None:
    keys = driver.names("a")
    for name in (keys.workflow(W), keys.members(W), keys.workflows, keys.workflow_plans):
        driver.raw.set(name, "not ours")
    driver.apply("a", ev.Planned(identity=WHOLE))
    driver.apply("a", ev.Created(identity=WHOLE))
    assert driver.task("a") is not None
    assert figures(driver).count("created") == 1


def listed(driver: Driver, page: int = 1, limit: int = 10) -> tuple[int, list[str]]:
    total, rows = driver.run(workflow_bodies.page(driver.flows, page, limit, driver.now()))
    return total, [json.loads(row)["workflow_id"] for row in rows]


def test_reading_the_list_removes_a_workflow_without_members(driver: Driver) -> None:
    for task_id, workflow_id in (("a", "lost"), ("b", "stays")):
        identity = identity_of(member=Member((workflow_id,)))
        driver.apply(task_id, ev.Created(identity=identity))
    driver.execute(top.forget_workflow("stays"))  # it has a member
    names = [n for n in driver.left_over() if "workflow:lost|" in n]
    assert driver.raw.delete(*names)
    assert listed(driver) == (1, ["stays"])
    assert listed(driver, 1, 1) == (1, ["stays"])
    assert figures(driver, "lost").revision == 0
