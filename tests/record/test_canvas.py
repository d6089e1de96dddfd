"""Which ids a canvas fixes as it is sent: the canvases are sent and run by Celery itself."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from celery import Celery, chain, signals
from hypothesis import HealthCheck, given, settings

from progress_backend.record import canvas
from progress_backend.record.canvas import Embed
from tests.apps import in_process, working
from tests.conftest import unhijacked
from tests.shapes import SHAPES, Canvas, add, canvases, one, two
from tests.tiers import examples
from tests.waiting import eventually


@dataclass
class Message:
    """One that left, and the task that sent it with its end; None for the caller's own."""

    headers: dict[str, Any]
    ahead: Embed
    args: Any
    sender: str | None

    @property
    def task_id(self) -> str:
        return str(self.headers["id"])


class Sent:
    """What an app sends, and a worker that runs it."""

    def __init__(self, app: Celery) -> None:
        self.app = app
        self.messages: list[Message] = []
        self._caller = threading.get_ident()
        signals.before_task_publish.connect(self._sent)

    def close(self) -> None:
        signals.before_task_publish.disconnect(self._sent)

    def _sent(self, *, headers: dict[str, Any], body: Any, **_: Any) -> None:
        run = self.app.current_worker_task
        mine = threading.get_ident() == self._caller
        sender = None if mine or run is None else run.request.id
        self.messages.append(Message(headers, canvas.embed_of(body), body[0], sender))

    def by(self, canvas_: Canvas) -> tuple[str, list[Message], list[Message]]:
        """Sends a canvas: the id that its caller holds, its own messages, and those that followed
        until nothing ran any more."""
        self.messages.clear()
        held = canvas_().apply_async().id
        eventually(self._quiet)
        first = [message for message in self.messages if message.sender is None]
        roots = {message.headers["root_id"] for message in first}
        # What an earlier canvas may still send, such as Celery's look at a chord, has other roots.
        own = [message for message in self.messages if message.headers["root_id"] in roots]
        return held, first, [message for message in own if message.sender is not None]

    def _quiet(self) -> bool:
        """Whether all that was sent has run, and all that was to follow was sent."""
        sent = {message.task_id for message in self.messages}
        ahead = {s.task_id for m in self.messages for s in canvas.steps(m.ahead)}
        return ahead <= sent and all(self.app.AsyncResult(task_id).ready() for task_id in sent)


@pytest.fixture(scope="module")
def sent() -> Iterator[Sent]:
    with unhijacked():
        app = Celery("shapes", set_as_current=False)
        # Chords are joined by a task of Celery's, which looks each second by itself.
        app.conf.update(in_process("shapes"), result_chord_retry_interval=0.02)
        add(app)
        app.set_current()
        held = Sent(app)
        with working(app, pool="threads", concurrency=8):
            yield held
        held.close()


def agrees(sent: Sent, canvas_: Canvas) -> None:
    """Sends a canvas, and compares what its first messages say with what follows."""
    held, first, later = sent.by(canvas_)
    own = {m.task_id for m in first}
    followed = {m.task_id for m in later if m.headers["task"] != canvas.CHORD_UNLOCK}
    found = {canvas.workflow_of(m.headers, m.ahead, m.args) for m in first}
    assert found == {held} or (found == {None} and own == {held})
    planned = [step.task_id for m in first for step in canvas.steps(m.ahead)]
    assert set(planned) == followed
    for message in first:
        ids = [step.task_id for step in canvas.steps(message.ahead)]
        assert len(ids) == len(set(ids))
    by_id = {m.task_id: m for m in (*first, *later)}
    for message in later:
        assert message.sender is not None
        sender = by_id[message.sender]
        if sender.headers["task"] != canvas.CHORD_UNLOCK:
            assert message.task_id in set(canvas.next_ids(sender.ahead))


@pytest.mark.parametrize("shape", SHAPES)
def test_the_first_messages_name_all_that_follows(sent: Sent, shape: str) -> None:
    agrees(sent, SHAPES[shape])


@settings(max_examples=examples(40), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(canvases)
def test_whatever_a_canvas_is_made_of(sent: Sent, canvas_: Canvas) -> None:
    agrees(sent, canvas_)


@pytest.mark.parametrize("task_id", [None, "linked-1"])
def test_what_was_linked_is_known_by_its_id(sent: Sent, task_id: str | None) -> None:
    linked = two() if task_id is None else two().set(task_id=task_id)
    held, first, later = sent.by(lambda: one().set(link=linked))
    assert [m.task_id for m in first] == [held]
    known = [step.task_id for step in canvas.steps(first[0].ahead)]
    assert known == ([] if task_id is None else [m.task_id for m in later])
    assert len(later) == 1
    assert canvas.workflow_of(first[0].headers, first[0].ahead) is None


def test_a_body_is_walked_once_however_many_hold_it() -> None:
    looked_at = 0

    class Counted(dict[str, Any]):
        def get(self, key: str, default: Any = None) -> Any:
            nonlocal looked_at
            looked_at += key == "subtask_type"
            return super().get(key, default)

    def task(task_id: str, **options: Any) -> Any:
        return Counted(task="t", options={"task_id": task_id, **options}, kwargs={})

    body = Counted(
        task="chain",
        subtask_type="chain",
        options={},
        kwargs={"tasks": [task(f"body-{n}") for n in range(100)]},
    )
    members = [task(f"member-{n}", chord=dict(body)) for n in range(200)]
    group_ = Counted(task="group", subtask_type="group", options={}, kwargs={"tasks": members})
    ids = [step.task_id for step in canvas.steps(canvas.embed([group_], None))]
    assert (len(ids), len(set(ids))) == (300, 300)
    assert looked_at < 3_000


def test_a_chain_of_thousands_is_walked_step_by_step(sent: Sent) -> None:
    thousands, again = ([one() for _ in range(3_000)] for _ in range(2))
    tasks, _ = chain(*thousands, app=sent.app).prepare_steps((), {}, again)
    ahead = canvas.embed(tasks[:-1], None)
    assert len(list(canvas.steps(ahead))) == 2_999
    assert len(list(canvas.next_ids(ahead))) == 1


@pytest.mark.parametrize(
    "body",
    [
        None,
        (),
        ((), {}),
        ((), {}, None),
        ((), {}, {"chain": [None, 1, {}], "chord": "no", "callbacks": [3]}),
        ((), {}, {"chain": {"task": "t", "options": None, "kwargs": None}}),
        b"text",
    ],
)
def test_what_is_no_canvas_says_nothing(body: Any) -> None:
    ahead = canvas.embed_of(body)
    assert list(canvas.steps(ahead)) == []
    assert list(canvas.next_ids(ahead)) == []
    assert canvas.workflow_of({}, ahead) is None


@pytest.mark.parametrize(
    ("task", "messages", "last", "name"),
    [
        ("shop.tasks.fetch", 1, "shop.fetch", "fetch"),
        ("fetch", 8, "shop.merge", "fetch ×8 → merge"),
        ("x" * 200, 8, "", "x" * 120 + " ×8"),
    ],
)
def test_a_name_has_first_and_last_task(task: str, messages: int, last: str, name: str) -> None:
    assert canvas.name_of(task, messages, last) == name


def test_a_chord_unlock_belongs_to_its_chord_and_a_circle_of_signatures_ends() -> None:
    body: dict[str, Any] = {"task": "t", "options": {"task_id": "body"}, "kwargs": {}}
    headers = {"task": canvas.CHORD_UNLOCK, "id": "u"}
    assert canvas.workflow_of(headers, canvas.NOTHING, ["group-id", body]) == "body"
    assert canvas.workflow_of(headers, canvas.NOTHING, []) is None
    body["options"]["link"] = [body]
    assert [step.task_id for step in canvas.steps(canvas.embed([body], None))] == ["body"]
