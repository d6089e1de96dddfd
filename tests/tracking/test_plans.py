"""What a canvas leaves in the store as it is sent: a real broker, no worker."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from celery import chain, chord, group
from celery.exceptions import SoftTimeLimitExceeded
from kombu.exceptions import OperationalError

from progress_backend import progress_task
from progress_backend.flows.stored_record import milliseconds
from progress_backend.operations import workflows
from progress_backend.record.workflow import WorkflowCounts
from progress_backend.tracking import plans
from tests.apps import App
from tests.conftest import Install
from tests.groups import AWAY
from tests.waiting import eventually


@pytest.fixture
def installed(installed: Install, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    monkeypatch.setattr("progress_backend.tracking.group_records.MOST", MOST)
    return installed


#: Members of a batch.
MOST = 20


def tasks(app: App, *names: str) -> list[Any]:
    return [app.celery.task(name=f"jobs.{name}", shared=False)(nothing) for name in names]


def nothing(*_: object) -> None:
    pass


def plainly() -> Any:
    """A function of its own, to be marked."""

    def run(*_: object) -> None:
        pass

    return run


def headers(app: App) -> list[dict[str, Any]]:
    """The headers of what is in the queue, in the order in which it was sent."""
    with redis.Redis.from_url(app.celery.conf.broker_url) as client:
        queued = client.lrange("celery", 0, -1)
    return [json.loads(message)["headers"] for message in reversed(queued)]


def figures(app: App, workflow_id: str) -> WorkflowCounts:
    store = app.tracker.process.store
    found: WorkflowCounts = store.execute(workflows.figures(workflow_id, milliseconds(store.now())))
    return found


def members(app: App) -> dict[str, dict[str, Any]]:
    return {task_id: app.document(task_id) for task_id in app.records()}


def test_a_chains_steps_are_there_before_the_first_has_run(installed: Install) -> None:
    app = installed(track="all")
    fetch, clean, store = tasks(app, "fetch", "clean", "store")
    result = chain(fetch.si(), clean.si(), store.si()).apply_async()
    ids = [result.parent.parent.id, result.parent.id, result.id]
    seen = members(app)
    assert seen.keys() == set(ids)
    assert [seen[i].get("planned", False) for i in ids] == [False, True, True]
    assert [seen[i]["task_type"] for i in ids] == ["jobs.fetch", "jobs.clean", "jobs.store"]
    assert {seen[i]["status"] for i in ids} == {"created"}
    assert {seen[i]["workflow"]["id"] for i in ids} == {result.id}
    (sent,) = headers(app)
    assert sent["progress_workflow"] == {"id": result.id, "generation": 0}
    shown = figures(app, result.id)
    assert (shown.status, shown.total, shown.planned) == ("created", 3, 2)
    assert shown.name == "fetch → store"


def test_a_chords_body_is_planned_once(installed: Install) -> None:
    app = installed(track="all")
    fetch, merge = tasks(app, "fetch", "merge")
    result = chord([fetch.si() for _ in range(8)], merge.si()).apply_async()
    shown = figures(app, result.id)
    assert (shown.total, shown.planned, shown.publishers) == (9, 1, 0)
    assert shown.name == "fetch ×8 → merge"
    assert app.document(result.id)["planned"] is True


def test_a_group_stays_open_while_its_generator_gives_more(installed: Install) -> None:
    """It has the id that its caller holds."""
    app = installed(track="all")
    (fetch,) = tasks(app, "fetch")
    seen: list[int] = []

    def slowly() -> Iterator[Any]:
        for number in range(3 * MOST):
            if number == 2 * MOST + 1:
                (held,) = {one["progress_workflow"]["id"] for one in headers(app)}
                seen.append(figures(app, held).publishers)
            yield fetch.si()

    result = group(slowly()).apply_async()
    assert seen == [1]
    shown = figures(app, result.id)
    assert (shown.total, shown.planned, shown.publishers) == (3 * MOST, 0, 0)
    assert shown.name == f"fetch ×{3 * MOST}"


def test_a_long_canvas_is_begun_in_bounded_batches(
    installed: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = installed(track="all")
    (fetch,) = tasks(app, "fetch")
    monkeypatch.setattr(plans, "MOST", 30)
    count = plans.MOST + 20
    result = chain(fetch.si() for _ in range(count)).apply_async()
    assert app.document(result.id)["planned"] is True  # the workflow's own is among the first
    assert plans.MOST <= figures(app, result.id).total <= count
    eventually(lambda: figures(app, result.id).total == count)
    assert figures(app, result.id).planned == count - 1


def test_all_of_a_canvas_is_read_by_the_thread_that_publishes_it(
    installed: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is planned later must not read what the next message changes."""
    app, threads = installed(track="all"), set[int]()
    (fetch,) = tasks(app, "fetch")
    monkeypatch.setattr(plans, "MOST", 3)
    entry = plans.Canvas._entry

    def watched(*args: Any) -> Any:
        threads.add(threading.get_ident())
        return entry(*args)

    monkeypatch.setattr(plans.Canvas, "_entry", watched)
    result = chain(fetch.si() for _ in range(9)).apply_async()
    eventually(lambda: figures(app, result.id).total == 9)
    assert threads == {threading.get_ident()}


def test_a_soft_time_limit_in_the_publish_of_a_chain_leaves_no_record_out(
    installed: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Celery publishes its message all the same; those beyond one call's bound are planned too."""
    app = installed(track="all")
    (fetch,) = tasks(app, "fetch")
    monkeypatch.setattr(plans, "MOST", 3)
    writer = app.tracker.process.sender.writer
    apply_together = writer.apply_together

    def limited(*_: Any) -> None:
        monkeypatch.setattr(writer, "apply_together", apply_together)
        raise SoftTimeLimitExceeded

    monkeypatch.setattr(writer, "apply_together", limited)
    steps = [fetch.si().set(task_id=f"step-{n}") for n in range(9)]
    with pytest.raises(SoftTimeLimitExceeded):
        chain(*steps).apply_async()
    eventually(lambda: figures(app, "step-8").total == 9)


def test_only_what_is_tracked_has_a_record(installed: Install) -> None:
    app = installed()
    marked = app.celery.task(name="jobs.marked", shared=False)(progress_task(plainly()))
    (plain,) = tasks(app, "plain")
    result = chain(plain.si(), marked.si(), plain.si(), marked.si()).apply_async()
    shown = figures(app, result.id)
    assert (shown.total, shown.planned) == (2, 2)
    assert members(app).keys() == {result.id, result.parent.parent.id}
    assert app.document(result.id)["_"]["unseen"] is True
    result = chain(marked.si(), marked.starmap([()]), marked.si()).apply_async()
    assert app.document(result.id)["_"]["unseen"] is True


@pytest.mark.parametrize(
    ("shape", "name"),
    [
        *((shape, "nightly import") for shape in ("chain", "chord", "chord of chains")),
        ("chain of a chord", "nightly import"),
        *(("begins a chain", "merge → fetch"), ("group", "merge ×2")),
    ],
)
def test_the_marking_of_its_last_task_names_it(installed: Install, shape: str, name: str) -> None:
    """Unless its caller does."""
    app = installed(track="all")
    (fetch,) = tasks(app, "fetch")
    mark = progress_task(workflow="nightly import")
    merge = app.celery.task(name="jobs.merge", shared=False)(mark(plainly()))

    def canvas() -> Any:  # new: Celery 5.6.0 sends a chord that is sent twice under the same ids
        return {
            "chain": chain(merge.si(), fetch.si(), merge.si()),
            "chord": chord([fetch.si(), fetch.si()], merge.si()),
            "chord of chains": chord([chain(fetch.si(), merge.si()), fetch.si()], merge.si()),
            "chain of a chord": chain(fetch.si(), group(fetch.si(), fetch.si()), merge.si()),
            "begins a chain": chain(merge.si(), fetch.si()),
            "group": group(merge.si(), merge.si()),
        }[shape]

    assert figures(app, canvas().apply_async().id).name == name
    about = {"progress": {"workflow": {"name": "by hand"}}}
    assert figures(app, canvas().apply_async(headers=about).id).name == "by hand"


@pytest.mark.parametrize(
    ("shape", "given", "counted"),
    [
        *(("chain", 40, 40), ("group", 40, 40), ("chord", 40, 40)),
        *(("chain", 1, 1), ("chain", True, 0), ("chain", "40", 0), ("chain", -1, 0)),
    ],
)
def test_a_callers_header_sets_how_many_tasks_to_expect(
    installed: Install, shape: str, given: object, counted: int
) -> None:
    app = installed(track="all")
    fetch, merge = tasks(app, "fetch", "merge")
    canvas = {
        "chain": chain(fetch.si(), merge.si()),
        "group": group([fetch.si(), merge.si()]),
        "chord": chord([fetch.si()], merge.si()),
    }[shape]
    result = canvas.apply_async(headers={"progress": {"workflow": {"total": given}}})
    seen = figures(app, result.id)
    assert (seen.expected, seen.total, seen.whole) == (counted, 2, max(counted, 2))


def test_what_cannot_be_sent_ends_with_what_was_to_follow(installed: Install) -> None:
    app = installed({"broker_url": AWAY}, track="all")
    fetch, merge = tasks(app, "fetch", "merge")
    with pytest.raises(OperationalError):
        chain(fetch.si(), merge.si()).apply_async()
    eventually(lambda: {one["status"] for one in members(app).values()} == {"error"})
    causes = {one["task_type"]: one.get("error_cause") for one in members(app).values()}
    assert causes == {"jobs.fetch": "not_published", "jobs.merge": "upstream"}
    (merged,) = (one for one in members(app).values() if one["task_type"] == "jobs.merge")
    assert merged["error_message"] == "前の処理が完了しなかったため実行されませんでした: jobs.fetch"
