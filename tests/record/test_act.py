"""What is asked of a whole workflow, and what it does to one member's record."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from progress_backend.record import events as ev
from progress_backend.record import task_json
from progress_backend.record.act import ACTIONS, Act, Action, merged
from progress_backend.record.model import ENDED, Member, Task, Worker
from progress_backend.record.transition import transition
from tests.strategies import NOW, names

LATER = NOW + timedelta(seconds=10)


def act(action: Action, at_ms: int = 1) -> Act:
    return Act.made(action, at_ms, "somebody", "too dear")


def member(status: str) -> Task:
    begun = status != "created"
    return Task(
        "t",
        "fetch_data",
        status=status,
        member=Member(("w", "canvas")),
        created_at=NOW,
        started_at=NOW if begun else None,
        updated_at=NOW,
        completed_at=NOW if status in ENDED else None,
        worker=Worker("lease", "celery@host") if begun else None,
        error_cause="exception" if status == "error" else None,
        control={"action": "pause", "by": "api", "at": "then"} if status == "paused" else None,
    )


def directed(task: Task, asked: Act, workflow_id: str = "w") -> Task:
    return transition(task, ev.WorkflowRequested(workflow_id=workflow_id, act=asked), LATER)


@given(st.sampled_from(ACTIONS), st.integers(0, 2**50), st.none() | names, st.none() | names)
def test_a_request_is_read_as_it_was_stored(
    action: Action, at_ms: int, by: str | None, reason: str | None
) -> None:
    made = Act.made(action, at_ms, by, reason)
    assert Act.of(made.id, made.text) == made
    assert " " not in made.id


@pytest.mark.parametrize("text", [None, "", "{", "[]", "5", '{"action":"no"}', b"\xff"])
def test_what_is_no_request_asks_for_nothing(text: str | bytes | None) -> None:
    assert Act.of("id", text) == Act("id", "resume")


def test_a_cancel_counts_else_the_newest() -> None:
    assert merged([]) is None
    assert merged([act("pause", 1), act("resume", 2)]) == act("resume", 2)
    assert merged([act("cancel", 1), act("resume", 2)]) == act("cancel", 1)


@pytest.mark.parametrize(
    ("action", "before", "after"),
    [
        *(("cancel", status, "cancelled") for status in ("created", "running", "paused")),
        *(("pause", status, "paused") for status in ("created", "running", "paused")),
        *(("resume", status, status) for status in ("created", "running")),
        ("resume", "paused", "running"),
        *((action, status, status) for action in ACTIONS for status in sorted(ENDED)),
    ],
)
def test_a_member_follows_unless_it_has_ended(action: Action, before: str, after: str) -> None:
    asked, task = act(action), member(before)
    seen = directed(task, asked)
    assert seen.status == after
    assert (seen.member.act_for("w"), seen.member.act_for("canvas")) == (asked.id, "")
    assert directed(seen, asked) is seen, "once"
    assert task_json.decode(task_json.encode(seen)).member == seen.member
    if before != after and action != "resume":
        assert seen.control is not None
        parts = [seen.control[name] for name in ("action", "by", "reason")]
        assert parts == [action, "somebody", "too dear"]
        assert (seen.requested == action) == (before != "created"), "whoever runs it has to do it"
    if before in ENDED:
        assert replace(seen, member=task.member) == task
    # Another workflow's request is none of its business, nor one of a task that is no member.
    single = replace(task, member=None)
    assert directed(task, asked, "another") is task
    assert directed(single, asked) is single


def test_a_run_of_a_record_that_had_ended_is_asked_again() -> None:
    seen = directed(member("error"), act("cancel"))
    started = ev.Started(identity=ev.Identity("fetch_data"), redelivered=True)
    assert transition(seen, started, LATER).member.act_for("w") == ""
