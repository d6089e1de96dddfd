"""How long the last successful workflows of a name took, and the estimate of the next one."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec import to_builtins

from progress_backend.flows import workflow_bodies
from progress_backend.operations import workflows as workflows_ops
from progress_backend.record import events as ev
from progress_backend.record.model import Member
from progress_backend.record.past_runs import KEPT, PastRun
from tests.behaviour.driving import Driver, identity_of

NAME = "nightly import"


@pytest.fixture
def whole(driver: Driver, at_one_time: None) -> Driver:
    """Stores in which a commit sees all members."""
    if driver.settings.partitions:
        pytest.skip("on a cluster no commit sees all members")
    return driver


def begin(driver: Driver, workflow_id: str, members: int = 2, name: str | None = NAME) -> None:
    for number in range(members):
        identity = identity_of(member=Member((workflow_id,)))
        driver.apply(f"{workflow_id}-{number}", ev.Created(identity=identity, workflow_name=name))


def run(
    driver: Driver, task_id: str, at: float, seconds: float, end: ev.Event | None = None
) -> None:
    now = driver.now() + timedelta(seconds=at)
    driver.apply(task_id, ev.Started(identity=identity_of()), now=now)
    driver.apply(task_id, end or ev.Completed(), now=now + timedelta(seconds=seconds))


def past(driver: Driver, workflow_id: str) -> Sequence[PastRun]:
    return driver.execute(
        workflows_ops.figures(workflow_id, int(driver.now().timestamp() * 1000))
    ).past


def body(driver: Driver, workflow_id: str) -> dict[str, Any]:
    found = driver.run(workflow_bodies.status(driver.flows, workflow_id, driver.now()))
    assert found is not None
    return to_builtins(found)


def test_a_named_workflow_is_kept_as_its_last_member_completes(whole: Driver) -> None:
    begin(whole, "w")
    run(whole, "w-0", 0, 20)
    assert past(whole, "w") == ()
    run(whole, "w-1", 10, 50)
    (kept,) = past(whole, "w")
    assert (kept.seconds, kept.items) == (pytest.approx(60), 2)
    # Whatever its records get later changes nothing.
    whole.apply("w-1", ev.Progressed(details={"late": 1}))
    assert past(whole, "w") == (kept,)


def test_nothing_is_kept_without_a_name_or_a_success(whole: Driver) -> None:
    begin(whole, "unnamed", name=None)
    for task_id in ("unnamed-0", "unnamed-1"):
        run(whole, task_id, 0, 20)
    begin(whole, "failed")
    run(whole, "failed-0", 0, 20, ev.Failed(error_message="why"))
    run(whole, "failed-1", 0, 30)
    begin(whole, "new")
    assert past(whole, "new") == ()


def test_nothing_is_kept_while_a_publish_may_add_members(whole: Driver) -> None:
    begin(whole, "w", members=1)
    now_ms = int(whole.now().timestamp() * 1000)
    whole.execute(workflows_ops.publishing("w", "token", now_ms, 60_000))
    run(whole, "w-0", 0, 20)
    assert past(whole, "w") == ()
    whole.execute(workflows_ops.publishing("w", "token", now_ms, 0))
    whole.apply("w-more", ev.Created(identity=identity_of(member=Member(("w",)))))
    run(whole, "w-more", 30, 20)
    assert [one.seconds for one in past(whole, "w")] == [pytest.approx(50)]


def test_a_workflow_that_goes_on_is_kept_once(whole: Driver) -> None:
    begin(whole, "before", members=1)
    run(whole, "before-0", 0, 7)
    begin(whole, "w", members=1)
    run(whole, "w-0", 0, 20)
    whole.apply("w-more", ev.Created(identity=identity_of(member=Member(("w",)))))
    run(whole, "w-more", 30, 20)
    assert [one.seconds for one in past(whole, "w")] == [pytest.approx(7), pytest.approx(50)]


def test_the_last_ten_are_kept_for_a_hundred_days(whole: Driver) -> None:
    for number in range(KEPT + 2):
        begin(whole, f"w{number}", members=1)
        run(whole, f"w{number}-0", number, 10 * number)
    begin(whole, "new", members=1)
    kept = [one.seconds for one in past(whole, "new")]
    assert kept == [pytest.approx(10 * n) for n in range(2, KEPT + 2)]
    kept_s = 100 * 86_400
    assert whole.raw.pttl(whole.keys.past_workflows(NAME)) == pytest.approx(
        kept_s * 1000, abs=60_000
    )


def test_names_are_bounded(whole: Driver) -> None:
    begin(whole, "old", members=1, name="old")
    run(whole, "old-0", 0, 7)
    names = {f"name {number}": 2**52 for number in range(1_000)}
    del names["name 7"]
    whole.raw.zadd(whole.keys.workflow_names, names)
    begin(whole, "w", members=1)
    run(whole, "w-0", 0, 20)
    assert len(past(whole, "w")) == 1
    assert past(whole, "old") == ()
    assert whole.raw.zcard(whole.keys.workflow_names) == 1_000


def test_the_next_one_has_an_estimate_while_it_runs(whole: Driver) -> None:
    for number, seconds in enumerate((900, 1_000, 1_000, 1_100)):
        begin(whole, f"w{number}", members=1)
        run(whole, f"w{number}-0", 0, seconds)
        shown = body(whole, f"w{number}")
        assert (shown["estimated_completion"], shown["estimate"]) == (None, None)
    begin(whole, "new", members=1)
    assert body(whole, "new")["estimated_completion"] is None
    whole.apply("new-0", ev.Started(identity=identity_of()))
    shown = body(whole, "new")
    began, likely = (
        datetime.fromisoformat(shown[name]) for name in ("start_time", "estimated_completion")
    )
    assert (likely - began).total_seconds() == pytest.approx(1_035, abs=1)
    within = shown["estimate"]
    assert within["runs"] == 4
    assert within["likely"] == shown["estimated_completion"]
    assert within["earliest"] < within["likely"] < within["latest"]
    whole.apply("new-0", ev.Paused(by="ops"))
    shown = body(whole, "new")
    assert shown["status"] == "paused"
    assert (shown["estimated_completion"], shown["estimate"]) == (None, None)


def test_past_ones_with_another_count_predict_by_the_member(whole: Driver) -> None:
    for count in (2, 3, 4, 5):
        begin(whole, f"w{count}", members=count, name=f"fetch ×{count} → merge")
        for number in range(count):
            run(whole, f"w{count}-{number}", 100 * number, 100)
    begin(whole, "new", members=12, name="fetch ×12 → merge")
    whole.apply("new-0", ev.Started(identity=identity_of()))
    shown = body(whole, "new")
    began, likely = (
        datetime.fromisoformat(shown[name]) for name in ("start_time", "estimated_completion")
    )
    assert (likely - began).total_seconds() == pytest.approx(1_200, abs=1)
    assert shown["estimate"]["runs"] == 4
    begin(whole, "other", members=1, name="fetch ×8 others")
    assert past(whole, "other") == ()


def test_a_key_of_another_program_changes_no_commit(whole: Driver) -> None:
    name = whole.keys.past_workflows(NAME)
    for other in ("set", "rpush"):
        getattr(whole.raw, other)(name, "another program's")
        begin(whole, other, members=1)
        run(whole, f"{other}-0", 0, 20)
        assert body(whole, other)["status"] == "completed"
        whole.raw.delete(name)
