"""Tracked tasks in the caller's own process (eager), and what install puts around a task."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from celery import Celery, Task, shared_task
from celery.local import Proxy

from progress_backend import (
    ProgressNotifier,
    ProgressTask,
    SettingsError,
    install,
    progress_task,
)
from progress_backend.tracking.tracker import LEASE_VARIABLE, tracker_of
from tests.apps import App
from tests.records import Records

Eager = Callable[..., App]


@pytest.fixture
def eager(redis_url: str) -> Iterator[Eager]:
    """An app whose tasks run where they are called; conf and install's arguments as App's."""
    apps: list[App] = []

    def make(conf: dict[str, Any] | None = None, **given: Any) -> App:
        apps.append(App(redis_url, {"task_always_eager": True, **(conf or {})}, **given))
        return apps[-1]

    yield make
    for app in apps:
        app.close()


def tracked(app: App, body: Callable[..., Any], **options: Any) -> Any:
    """The function as a bound, marked task of the app."""
    options = {"name": body.__name__, "bind": True, "shared": False, **options}
    return app.task(**options)(progress_task(body))


def reports(self: Any, seen: list[str], fails: bool = False) -> Any:
    ProgressNotifier(self).update(3, 4, "nearly")
    self.update_state(state="PROGRESS", meta={"current": 3, "total": 4, "status": "by hand"})
    if fails:
        raise ValueError("no such symbol")
    return {"rows": 4}


def test_an_eager_run_has_a_record_from_its_start(eager: Eager) -> None:
    app = eager()
    during: list[Any] = []

    def looks(self: Any) -> None:
        during.append(app.record(self.request.id))

    task_id = tracked(app, looks).delay().id
    assert (during[0].status, during[0].worker, during[0].attempt) == ("running", None, 1)
    assert app.record(task_id).status == "completed"


def test_an_eager_run_outside_a_workers_task_is_nobodys(
    eager: Eager, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a process that a worker's task started, say."""
    monkeypatch.setenv(LEASE_VARIABLE, "one@tests/boot")
    app = eager()
    assert app.record(tracked(app, reports).delay([]).id).worker is None


def test_eager_results_and_errors(eager: Eager) -> None:
    app = eager()
    task = tracked(app, reports)
    record = app.record(task.delay([]).id)
    assert (record.status, record.results) == ("completed", {"rows": 4})
    record = app.record(task.delay([], fails=True).id)
    assert (record.status, record.error_message) == ("error", "ValueError: no such symbol")
    assert (record.current_items, record.total_items) == (3, 4)


def test_an_eager_error_that_propagates_is_recorded_too(eager: Eager) -> None:
    app = eager({"task_eager_propagates": True})
    with pytest.raises(ValueError, match="no such symbol"):
        tracked(app, reports).delay([], fails=True)
    (task_id,) = app.records()
    assert app.record(task_id).status == "error"


def test_an_eager_retry_is_the_same_record(eager: Eager) -> None:
    app = eager()

    def again(self: Any) -> int:
        if self.request.retries < 2:
            raise self.retry(countdown=0)
        return 7

    record = app.record(tracked(app, again).delay().id)
    assert (record.status, record.results) == ("completed", {"result": 7})
    assert app.records() == [record.task_id]


def test_apply_runs_here_whatever_is_configured(eager: Eager) -> None:
    app = eager({"task_always_eager": False})
    assert app.record(tracked(app, reports).apply(([],)).id).status == "completed"


@pytest.mark.parametrize("stored", [False, True])
def test_celerys_own_result_is_written_only_where_celery_would(eager: Eager, stored: bool) -> None:
    app = eager({"task_store_eager_result": stored})
    task_id = tracked(app, reports_nothing).delay("x").id
    assert (app.result(task_id) != {}) == stored


def test_arguments_that_do_not_fit_are_refused_as_always(eager: Eager) -> None:
    app = eager({"task_always_eager": False})
    with pytest.raises(TypeError):
        tracked(app, reports).delay()
    assert app.records() == []


def test_the_tasks_function_called_as_one_is_not_a_run(eager: Eager) -> None:
    app = eager()
    task = tracked(app, reports_nothing)
    assert task("x") == task.run("x") == "x"
    assert app.records() == []


def reports_nothing(self: Any, value: str) -> str:
    return value


def test_every_way_to_mark_a_task(eager: Eager) -> None:
    class Own(Task):  # type: ignore[misc]  # celery is untyped
        abstract = True

    app = eager()
    app.celery.finalize()  # a task may come later than that
    for name, options in {
        "marked": {"fun": progress_task(reports_nothing)},
        "of its own base": {"fun": progress_task(reports_nothing), "base": Own},
        "of our base": {"fun": reports_nothing, "base": ProgressTask},
    }.items():
        fun = options.pop("fun")
        task = app.task(name=name, bind=True, shared=False, **options)(fun)
        record = app.record(task.delay("x").id)
        assert (record.status, record.task_type) == ("completed", name)


def test_a_task_that_was_there_before_install(redis_url: str) -> None:
    celery = Celery("tests", set_as_current=False)
    celery.conf.update(task_always_eager=True, result_backend=redis_url)
    task = celery.task(name="early", bind=True, shared=False)(progress_task(reports_nothing))
    celery.finalize()
    install(celery, redis_url=redis_url)
    task_id = task.delay("x").id
    assert Records(redis_url).get(task_id).status == "completed"


def test_a_shared_task(eager: Eager) -> None:
    shared_task(name="tests.shared", bind=True)(progress_task(reports_nothing))
    app = eager()
    with app.celery.connection_for_write():
        task = app.celery.tasks["tests.shared"]
    assert app.record(task.delay("x").id).status == "completed"


def test_a_base_of_the_teams_own_keeps_its_call(eager: Eager) -> None:
    class Doubling(Task):  # type: ignore[misc]  # celery is untyped
        abstract = True

        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            return 2 * super().__call__(*args, **kwargs)

    app = eager()
    task = tracked(app, reports_nothing, base=Doubling)
    assert app.record(task.delay("x").id).results == {"result": "xx"}
    record = app.record(tracked(app, counts_and_fails, base=Doubling).delay().id)
    assert (record.current_items, record.total_items) == (3, 4)


def counts_and_fails(self: Any, also_within: bool = False) -> None:
    if also_within:
        with pytest.raises(ValueError, match="at row 3"):
            self()
    for _ in range(3):
        ProgressNotifier(self).advance(total=4)
    raise ValueError("at row 3")


def test_a_run_that_calls_its_task_as_a_function_is_still_one(eager: Eager) -> None:
    app = eager()
    record = app.record(tracked(app, counts_and_fails).delay(also_within=True).id)
    assert (record.current_items, record.error_message) == (6, "ValueError: at row 3")


def test_another_tasks_state_set_by_hand_is_its_record(eager: Eager, redis_url: str) -> None:
    app, records = eager(), Records(redis_url)
    records.start("other")

    def sets(self: Any) -> None:
        self.update_state(task_id="other", state="PROGRESS", meta={"current": 9, "total": 252})

    tracked(app, sets).delay()
    record = app.record("other")
    assert (record.status, record.current_items) == ("running", 9)


def test_a_word_that_is_neither_is_refused(redis_url: str) -> None:
    with pytest.raises(SettingsError, match="track must be 'marked' or 'all', not 'some'"):
        # That is the mistake.
        install(Celery("tests", set_as_current=False), track="some")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("setting", "hint"),
    [("retension_s", "did you mean retention_s?"), ("colour", "there are redis_url, key_prefix, ")],
)
def test_a_keyword_that_is_no_setting_is_refused(setting: str, hint: str) -> None:
    app = Celery("tests", set_as_current=False)
    with pytest.raises(SettingsError, match=re.escape(f"there is no setting {setting!r}; {hint}")):
        install(app, **{setting: 1})
    assert tracker_of(app) is None


def test_a_setting_that_cannot_be_used_turns_tracking_off_with_one_line(
    eager: Eager, caplog: pytest.LogCaptureFixture
) -> None:
    app = eager({"progress_retention_s": "a day"}, retention_s=None)
    with caplog.at_level(logging.WARNING, "progress_backend"):
        results = [tracked(app, reports_nothing, name=n).delay("x").get() for n in ("a", "b")]
    assert results == ["x", "x"]
    said = [r.getMessage() for r in caplog.records if r.name.startswith("progress_backend")]
    assert len(said) == 1
    assert "PROGRESS_RETENTION_S is 'a day'; it must be a number" in said[0]


def test_an_app_may_be_configured_after_it_is_complete(redis_url: str) -> None:
    """As in an application factory: what is registered before has completed the app."""
    app = Celery("late", set_as_current=False)
    install(app)
    app.finalize()
    app.conf.update(broker_url=redis_url, result_backend=redis_url, progress_retention_s=7)
    tracker = tracker_of(app)
    assert tracker is not None
    assert (tracker.settings.redis_url, tracker.settings.retention_s) == (redis_url, 7)


def test_an_app_is_found_behind_its_proxy() -> None:
    app = Celery("behind", set_as_current=False)
    assert install(Proxy(lambda: app)) is app
