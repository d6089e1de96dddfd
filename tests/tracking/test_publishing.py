"""A record begins before its message leaves: with a real broker and no worker at all."""

import logging
import time
from typing import Any

import pytest
from celery import group, signals

from progress_backend import install, progress_task
from progress_backend.record import events as ev
from progress_backend.record.model import Worker
from tests.apps import App
from tests.conftest import Install
from tests.groups import messages
from tests.records import Records
from tests.strangers import OtherServer, hanging_up


def fetch(app: App, name: str = "fetch") -> Any:
    @app.task(name=name, shared=False)  # type: ignore[untyped-decorator]  # celery is untyped
    @progress_task(
        task_type="fetch_data", symbol=lambda symbol: symbol.upper(), total_items=lambda rows: rows
    )
    def run(symbol: str, rows: int = 252) -> None:
        pass

    return run


def plain(app: App, name: str = "plain") -> Any:
    def run() -> None:
        pass

    return app.task(name=name, shared=False)(run)


def test_the_record_is_there_before_the_message_is(installed: Install) -> None:
    app = installed()
    seen: list[str] = []

    def look(sender: str, headers: dict[str, Any], **_: Any) -> None:
        seen.append(app.record(headers["id"]).status)

    signals.before_task_publish.connect(look)  # after ours: they are called in their order
    try:
        task_id = fetch(app).delay("aapl").id
    finally:
        signals.before_task_publish.disconnect(look)
    assert seen == ["created"]
    record = app.record(task_id)
    assert (record.status, record.task_type, record.symbol) == ("created", "fetch_data", "AAPL")
    assert (record.total_items, record.attempt, record.worker) == (252, 0, None)
    assert record.created_at is not None
    assert record.started_at is None


def test_track_all_takes_every_task_but_those_left_out(installed: Install) -> None:
    marked, app = installed(), installed(track="all", exclude=["left.out"])
    for each in (marked, app):
        for name in ("plain", "left.out"):
            plain(each, name).delay()
        each.celery.send_task("known.elsewhere")
        each.celery.send_task("celery.backend_cleanup")
        each.celery.tasks["plain"].chunks([()], 1).apply_async()
    records = [app.record(task_id) for task_id in app.records()]
    of_chunks = ["celery.starmap", "known.elsewhere", "plain"]
    assert [record.task_type for record in records] == of_chunks


def test_a_task_that_celery_has_not_made_yet_is_known_by_its_name(installed: Install) -> None:
    app = installed()

    @progress_task(task_type="fetch_data")
    def run(symbol: str) -> None:
        pass

    app.celery.task(name="fetch", shared=False, lazy=True)(run)
    assert not app.celery.finalized, "or nothing is left to be made"
    assert app.record(app.celery.send_task("fetch", ("AAPL",)).id).task_type == "fetch_data"
    sent = app.celery.send_task("fetch", ("AAPL",), None, None, None, "given-by-position")
    assert app.record(sent.id).task_id == "given-by-position"


def test_one_call_says_otherwise_and_tracks_what_is_not_marked(installed: Install) -> None:
    app = installed()
    given = {"task_type": "nightly", "symbol": "X", "total_items": 7, "metadata": {"by": "cron"}}
    record = app.record(fetch(app).apply_async(("a",), headers={"progress": given}).id)
    assert (record.task_type, record.symbol, record.total_items) == ("nightly", "X", 7)
    assert record.metadata == {"by": "cron"}
    record = app.record(plain(app).apply_async(headers={"progress": {"symbol": "Y"}}).id)
    assert (record.task_type, record.symbol) == ("plain", "Y")


def test_values_of_a_call_that_no_record_has_are_logged_once_each(
    installed: Install, caplog: pytest.LogCaptureFixture
) -> None:
    app = installed()
    given = {"symbol": "Y", "total_item": 4, "total_items": "many", "workflow": {"name": "n"}}
    record = app.record(plain(app).apply_async(headers={"progress": given}).id)
    assert (record.symbol, record.total_items) == ("Y", None)
    assert [one.getMessage() for one in caplog.records if one.levelno >= logging.WARNING] == [
        "total_item of plain is left out: a call has no value of this name",
        "total_items of plain is left out: ValueError: 'many' is not a number of items",
    ]


def test_an_ended_id_that_is_applied_again_starts_again(eager: App) -> None:
    """An eager run has no publish."""

    def job(self: Any, number: int) -> dict[str, int]:
        return {"number": number}

    task = eager.tracked(job)
    for number in (1, 2):
        task.apply((number,), task_id="t")
    record = eager.record("t")
    assert (record.status, record.attempt, record.results) == ("completed", 2, {"number": 2})


def test_an_ended_id_that_is_published_again_starts_again(
    installed: Install, redis_url: str
) -> None:
    app, records = installed(), Records(redis_url)
    task = fetch(app)
    task_id = task.delay("aapl").id
    started = records.apply(task_id, ev.Started(identity=ev.Identity(task_type="x")))
    records.fail(task_id, "broken")
    task.apply_async(("msft", 3), task_id=task_id)
    record = app.record(task_id)
    assert (record.status, record.symbol, record.total_items) == ("created", "MSFT", 3)
    assert (record.error_message, record.started_at, record.results) == (None, None, {})
    assert record.attempt == started.attempt == 1
    assert record.revision > started.revision


def test_a_retry_is_no_new_task(installed: Install, redis_url: str) -> None:
    app, records = installed(), Records(redis_url)
    task = fetch(app)
    task_id = task.delay("aapl").id
    worker = Worker("lease", "w@tests")
    records.apply(task_id, ev.Started(identity=ev.Identity(task_type="x"), worker=worker))
    task.apply_async(("aapl",), task_id=task_id, retries=1)
    record = app.record(task_id)
    assert (record.status, record.worker, record.attempt) == ("running", None, 1)


def test_installing_twice_is_installing_once(installed: Install) -> None:
    app = installed()
    send_task = app.celery.send_task
    assert install(app.celery, track="all") is app.celery
    assert app.celery.send_task is send_task
    plain(app).delay()
    assert app.records() == []


def test_without_a_store_publishing_goes_on_with_one_warning(
    redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    elsewhere = {"broker_url": "memory://", "result_backend": "cache+memory://"}
    app = App(redis_url, elsewhere, redis_url=None, track="all")
    with caplog.at_level(logging.WARNING, "progress_backend"):
        ids = [plain(app, name).delay().id for name in ("a", "b")]
    assert all(ids)
    logged = [r.getMessage() for r in caplog.records if r.name.startswith("progress_backend")]
    assert len(logged) == 1
    assert logged[0].startswith("progress tracking is off: no store: set PROGRESS_REDIS_URL")
    app.close()


@pytest.mark.parametrize("how", ["one by one", "in a group", "by name"])
def test_a_store_that_is_away_is_tried_once_a_second(installed: Install, how: str) -> None:
    """The breaker: the second publish doesn't even try."""
    with OtherServer(hanging_up) as away:
        app = installed({"result_backend": "cache+memory://"}, redis_url=away.url)
        task = fetch(app)
        began = time.monotonic()
        if how == "in a group":
            ids = [one.id for one in group(task.si("a") for _ in range(20)).apply_async()]
        elif how == "by name":
            ids = [app.celery.send_task("known.elsewhere").id for _ in range(20)]
        else:
            ids = [task.delay("a").id for _ in range(20)]
        # By those who publish, and by the sender's thread.
        assert away.accepted <= 2 * (1 + time.monotonic() - began)
    assert messages(app) == ids


@pytest.mark.parametrize(
    ("task_id", "why"),
    [
        *((text, "control characters") for text in ("a\nCRITICAL forged", "a\u2028b", "\0")),
        ("y" * 4_097, "4096 characters"),
    ],
)
def test_an_id_that_forges_a_line_of_a_log_is_not_recorded_and_the_job_is_sent(
    installed: Install, caplog: pytest.LogCaptureFixture, task_id: str, why: str
) -> None:
    """Nor one that is too long to read."""
    app = installed()
    task = fetch(app)
    task.apply_async(("a",), task_id="x" * 4_096)
    for _ in range(2):
        assert task.apply_async(("a",), task_id=task_id).id == task_id
    assert app.records() == ["x" * 4_096]
    (logged,) = [r.getMessage() for r in caplog.records if why in r.getMessage()]
    assert logged.isprintable()
