"""Owners of tasks: by marking, by call, and by the workflow that a task is a member of."""

import logging
from typing import Any
from uuid import UUID

import pytest
from celery import chain, chord, group

from progress_backend import progress_task
from progress_backend.tracking.decorator import marking_of
from progress_backend.tracking.headers import WORKFLOW
from progress_backend.tracking.identity import identity_of, owner_of
from tests.apps import App
from tests.conftest import Install
from tests.tracking.test_plans import figures, headers

ALICE = {"progress": {"owner": "alice"}}


def nothing(*_: object, user: object = None) -> None:
    pass


def marked(app: App, name: str, owner: Any) -> Any:
    def job(*_: object, user: object = None) -> None:
        pass

    mark = progress_task(owner=owner)
    return app.celery.task(name=f"jobs.{name}", shared=False)(mark(job))


@pytest.fixture
def app(installed: Install) -> App:
    app = installed(track="all")
    app.celery.task(name="jobs.plain", shared=False)(nothing)
    return app


def owners(app: App) -> list[str | None]:
    """Of all records."""
    return sorted(str(app.document(task_id).get("owner")) for task_id in app.records())


@pytest.mark.parametrize(
    ("owner", "user", "recorded"),
    [
        ("alice", None, "alice"),
        (lambda user: user, "bob", "bob"),
        (lambda user: user, 42, "42"),
        (lambda user: UUID(hex=user), "0" * 32, str(UUID("0" * 32))),
        (lambda user: user, None, None),
        (lambda user: user.name, "no such", None),
        (lambda user: user, "", None),
        (lambda user: user, "a" * 201, None),
        (lambda user: user, "a\nb", None),
        (lambda user: user, "half \ud800", None),
        (lambda user: user, True, None),
        (lambda user: user, {"name": "alice"}, None),
    ],
)
def test_a_marking_sets_the_owner_of_a_task(
    app: App, owner: Any, user: Any, recorded: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    """What is no plain text of 200 characters at most is left out, never cut."""
    task = marked(app, "fetch", owner)
    caplog.set_level(logging.WARNING, "progress_backend")
    marking = marking_of(task)
    assert marking is not None
    assert identity_of(task, task.name, marking, (), {"user": user}, {}).owner == recorded
    left_out = [one for one in caplog.messages if "owner of jobs.fetch is left out" in one]
    assert len(left_out) == (recorded is None and user is not None)


def test_a_calls_header_sets_the_owner_of_a_task(app: App) -> None:
    plain = app.celery.tasks["jobs.plain"]
    assert app.document(plain.apply_async(headers=ALICE).id)["owner"] == "alice"
    task = marked(app, "fetch", "bob")
    assert app.document(task.apply_async(headers=ALICE).id)["owner"] == "alice"
    assert app.document(task.delay().id)["owner"] == "bob"
    assert "owner" not in app.document(plain.delay().id)
    sent = headers(app)
    assert [one["progress"].get("owner") for one in sent] == ["alice", "alice", "bob", None]


@pytest.mark.parametrize(
    ("shape", "last"), [("chain", "bob"), ("group", "alice"), ("chord", "alice")]
)
def test_the_owner_of_a_canvas_is_that_of_all_its_members(app: App, shape: str, last: str) -> None:
    """But of a step that has one of its own: of a group each member is called with the header."""
    plain, own = app.celery.tasks["jobs.plain"], marked(app, "own", "bob")
    canvas = {
        "chain": chain(plain.si(), own.si(), plain.si()),
        "group": group(plain.si(), own.si(), plain.si()),
        "chord": chord([plain.si(), own.si()], plain.si()),
    }[shape]
    result = canvas.apply_async(headers=ALICE)
    assert figures(app, result.id).total == 3
    assert owners(app) == ["alice", "alice", last]
    assert {one[WORKFLOW]["owner"] for one in headers(app)} == {"alice"}


def test_a_header_may_hold_anything() -> None:
    for given in (None, "alice", {}, {"owner": ""}, {"owner": ["a"]}, {"owner": "a" * 201}):
        assert owner_of(given) is None
    assert owner_of({"owner": "alice"}) == "alice"
