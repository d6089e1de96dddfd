"""A cancel, pause or resume of a whole workflow, in each store."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec import to_builtins

from progress_backend.errors import TaskAlreadyFinished, TransitionRefused, WorkflowNotFound
from progress_backend.flows import new_workflow_act, workflow_checks, workflows
from progress_backend.flows.cleanup import cleanup
from progress_backend.flows.stored_record import ReadRecord, milliseconds
from progress_backend.operations import locks
from progress_backend.operations import workflows as workflows_ops
from progress_backend.record import events as ev
from progress_backend.record.act import Act, Action
from progress_backend.record.fields import MAX_DOCUMENT_BYTES
from progress_backend.record.model import Member, Worker
from progress_backend.record.workflow import WorkflowCounts
from tests.asked import asks
from tests.behaviour.driving import Driver, W, figures, identity_of

CANVAS = "canvas"
WHOLE = identity_of(member=Member((W,)))
INNER = identity_of(member=Member((W, CANVAS)))
CREATED = ev.Created(identity=WHOLE)
STARTED = ev.Started(identity=WHOLE, worker=Worker("lease-1", "celery@one"))


def ask(driver: Driver, action: Action, workflow_id: str = W, **about: Any) -> dict[str, Any]:
    flow = new_workflow_act.ask(driver.flows, workflow_id, action, driver.now(), **about)
    return dict(to_builtins(driver.run(flow)[0]))


def waiting(driver: Driver) -> list[tuple[str, str]]:
    found = driver.run(workflow_checks.acts(driver.flows, "ours"))
    driver.execute(locks.give_back(workflow_checks.LOCK, "ours"))
    return found


def carried_out(driver: Driver) -> int:
    """Has all members follow; in how many steps."""
    steps = 0
    for act_id, workflow_id in waiting(driver):
        cursor: workflow_checks.Cursor | None = workflow_checks.Cursor()
        while cursor is not None:
            steps += 1
            now = driver.now()
            step = workflow_checks.carry_out(driver.flows, workflow_id, act_id, cursor, now)
            cursor = driver.run(step)
    return steps


def status(driver: Driver, task_id: str) -> str:
    return driver.task(task_id).status


@pytest.fixture
def bases(driver: Driver) -> dict[str, ReadRecord]:
    """Members that wait, run, are planned and have ended, as their writers know them."""
    known = {}
    for task_id in ("waits", "runs", "done"):
        known[task_id] = driver.apply(task_id, CREATED).base
    known["planned"] = driver.apply("planned", ev.Planned(identity=WHOLE)).base
    for task_id in ("runs", "done"):
        known[task_id] = driver.apply(task_id, STARTED, base=known[task_id]).base
    known["done"] = driver.apply("done", ev.Completed()).base
    return known


def test_after_the_answer_no_member_begins(driver: Driver, bases: dict[str, ReadRecord]) -> None:
    body = ask(driver, "cancel", by="somebody", reason="too dear")
    assert (body["status"], body["final"]) == ("cancelled", False)
    about = {name: body["control"][name] for name in ("action", "by", "reason")}
    assert about == {"action": "cancel", "by": "somebody", "reason": "too dear"}
    started = driver.apply("waits", STARTED, base=bases["waits"])
    assert started.task.status == "cancelled"
    assert started.task.requested == "cancel", "its worker has to acknowledge it"
    # What its members say on their own, and what joins only now.
    assert driver.apply("runs", ev.Progressed(current=3), base=bases["runs"]).task.ended
    assert driver.apply("new", CREATED).task.status == "cancelled"
    assert driver.apply("planned", CREATED).task.status == "cancelled"
    assert driver.apply("planned", STARTED).refused is not None
    seen = figures(driver)
    assert (seen.count("cancelled"), seen.count("completed"), seen.open) == (4, 1, 0)
    assert seen.status == "cancelled"


def test_the_members_that_say_nothing_are_cancelled_in_steps(
    driver: Driver, bases: dict[str, ReadRecord]
) -> None:
    for number in range(workflow_checks.STEP):
        driver.apply(f"m{number}", CREATED if number % 2 else ev.Planned(identity=INNER))
    ask(driver, "cancel", reason="too dear")
    assert [workflow_id for _, workflow_id in waiting(driver)] == [W]
    assert carried_out(driver) > 4
    seen = figures(driver)
    assert (seen.count("cancelled"), seen.open) == (workflow_checks.STEP + 3, 0)
    assert waiting(driver) == []
    planned = driver.task("planned")
    assert (planned.control["by"], planned.control["reason"]) == ("api", "too dear")
    assert status(driver, "done") == "completed"


def test_what_is_not_reached_after_a_cancel_is_cancelled_by_it(
    driver: Driver, bases: dict[str, ReadRecord]
) -> None:
    ask(driver, "cancel", by="somebody")
    end = ev.NeverPublished(error_message="why", cause="upstream")
    driver.run(workflows.end_planned(driver.flows, ("planned",), end, driver.now()))
    planned = driver.task("planned")
    assert (planned.status, planned.error_cause) == ("cancelled", None)
    assert planned.control["by"] == "somebody"


def test_a_pause_and_a_resume_of_all(driver: Driver, bases: dict[str, ReadRecord]) -> None:
    assert ask(driver, "pause")["status"] == "running", "a member runs until it acknowledges that"
    progressed = driver.apply("runs", ev.Progressed(current=3), base=bases["runs"])
    assert progressed.task.status == "paused"
    assert figures(driver).status == "paused"
    carried_out(driver)
    assert figures(driver).count("paused") == 3
    assert figures(driver).planned == 1
    assert driver.apply("planned", CREATED).task.status == "paused"
    assert driver.apply("new", CREATED).task.status == "paused"
    assert driver.apply("new", STARTED).task.status == "paused"
    assert ask(driver, "resume")["control"] is None
    carried_out(driver)
    seen = figures(driver)
    assert (seen.count("created"), seen.count("running"), seen.count("paused")) == (2, 2, 0)
    assert driver.apply("waits", STARTED, base=bases["waits"]).task.status == "running"


def test_a_canvas_within_is_a_workflow_of_its_own(
    driver: Driver, bases: dict[str, ReadRecord]
) -> None:
    driver.apply("inner", ev.Created(identity=INNER))
    ask(driver, "pause", CANVAS)
    carried_out(driver)
    assert (status(driver, "inner"), status(driver, "waits")) == ("paused", "created")
    ask(driver, "resume")
    carried_out(driver)
    assert status(driver, "inner") == "created", "the newest request counts"
    ask(driver, "cancel", CANVAS)
    started = ev.Started(identity=INNER)
    assert driver.apply("inner", started).task.status == "cancelled"
    assert driver.apply("waits", STARTED, base=bases["waits"]).task.status == "running"


def test_what_is_cancelled_stays_so(driver: Driver, bases: dict[str, ReadRecord]) -> None:
    ask(driver, "pause")
    first = ask(driver, "cancel", by="one")
    assert ask(driver, "cancel", by="another")["control"] == first["control"]
    others: tuple[Action, ...] = ("pause", "resume")
    for action in others:
        with pytest.raises(TransitionRefused, match="workflow .* has a request to cancel"):
            ask(driver, action)
    carried_out(driver)
    with pytest.raises(TaskAlreadyFinished, match="has already ended .cancelled"):
        ask(driver, "cancel")


def test_a_request_that_is_late_changes_nothing(
    driver: Driver, bases: dict[str, ReadRecord]
) -> None:
    now_ms = milliseconds(driver.now())
    newer, older = (Act.made(a, now_ms - i, None, None) for i, a in enumerate(["resume", "pause"]))
    assert driver.execute(workflows_ops.direct(W, newer, 60_000)) is None
    assert driver.execute(workflows_ops.direct(W, older, 60_000)) == newer
    assert figures(driver).act == newer


def test_an_unknown_workflow(driver: Driver) -> None:
    driver.create("single")
    for workflow_id in ("nobody", "single"):
        with pytest.raises(WorkflowNotFound):
            ask(driver, "cancel", workflow_id)


def test_a_canvas_that_is_sent_again_is_not_cancelled(
    driver: Driver, bases: dict[str, ReadRecord]
) -> None:
    ask(driver, "cancel")
    assert driver.apply("done", CREATED).task.status == "cancelled", "others are open"
    carried_out(driver)
    later = driver.now() + timedelta(seconds=1)
    assert driver.apply("waits", CREATED, now=later).task.status == "created"
    assert driver.apply("planned", ev.Planned(identity=WHOLE), now=later).task.status == "created"
    assert driver.apply("waits", STARTED, now=later).task.status == "running"
    assert figures(driver).requested is None


def test_another_writer_between_two_looks(driver: Driver, bases: dict[str, ReadRecord]) -> None:
    """A start with its commit compared right before the request is stored, and right after."""
    flow = driver.flows.apply("waits", (STARTED,), driver.now(), base=bases["waits"])
    asked: list[object] = []

    def meanwhile(_: object) -> None:
        if not asked:
            asked.append(ask(driver, "cancel"))

    assert driver.drive(flow, meanwhile, "commit").task.status == "cancelled"
    carried_out(driver)
    assert figures(driver).open == 0


def test_nothing_is_left_of_it(driver: Driver, bases: dict[str, ReadRecord]) -> None:
    ask(driver, "cancel")
    carried_out(driver)
    driver.run(cleanup(driver.settings, driver.now() + timedelta(days=400), "ours"))
    assert figures(driver) == WorkflowCounts((0,) * 6)._replace(act=figures(driver).act)
    left = [name for name in driver.left_over() if "workflow" in name]
    for name in left:  # a partition that has had no member
        assert driver.raw.pttl(name) > 0


def test_keys_of_another_type_stop_nothing(driver: Driver, bases: dict[str, ReadRecord]) -> None:
    for keys in driver.store.layout.keys:
        driver.raw.set(keys.workflow_acts, "not ours")
    assert ask(driver, "pause")["control"]["action"] == "pause"
    assert driver.apply("waits", STARTED, base=bases["waits"]).task.status == "paused"


def test_a_cancel_also_ends_members_with_full_records(driver: Driver) -> None:
    empty = len(driver.apply("1", CREATED).document or b"")
    full = WHOLE._replace(metadata={"a": "a" * (MAX_DOCUMENT_BYTES - empty - 60)})
    driver.apply("2", ev.Created(identity=full))
    driver.apply("3", ev.Planned(identity=full))
    end = ev.NeverPublished(error_message="why" * 40, cause="upstream")
    driver.run(workflows.end_planned(driver.flows, ("3",), end, driver.now()))
    assert status(driver, "3") == "error"
    ask(driver, "cancel", reason="too dear" * 20)
    carried_out(driver)
    assert (status(driver, "1"), status(driver, "2")) == ("cancelled", "cancelled")


@pytest.mark.parametrize("for_good", [False, True])
def test_a_commit_that_fails_is_tried_again(
    redis_driver: Driver, caplog: pytest.LogCaptureFixture, for_good: bool
) -> None:
    """The value under a member's key is another program's between its read and its commit."""
    driver = redis_driver
    own = driver.apply("waits", CREATED).document or b""
    ask(driver, "cancel")
    act = figures(driver).act
    assert act is not None
    commits: list[object] = []

    def meanwhile(command: object) -> None:
        if asks(command, "commit"):
            commits.append(command)
        stored = b"foreign" if commits and (for_good or len(commits) == 1) else own
        driver.raw.set(driver.keys.task("waits"), stored, ex=60)

    step = workflow_checks.carry_out(
        driver.flows, W, act.id, workflow_checks.Cursor(), driver.now()
    )
    driver.drive(step, meanwhile)
    warnings = [record.getMessage() for record in caplog.records]
    if for_good:
        (warning,) = warnings
        assert (
            "WorkflowRequested is not recorded of a workflow's member: waits: ForeignValue"
            in warning
        )
    else:
        assert (status(driver, "waits"), warnings) == ("cancelled", [])
