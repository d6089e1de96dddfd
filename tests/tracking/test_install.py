"""Tracked tasks in the caller's own process (eager), and what install puts around a task."""

import logging
import pickle
import re
from typing import Any

import pytest
import redis
from celery import Celery, Task, chain, current_app, shared_task, signals
from celery.local import Proxy
from celery.utils.dispatch import Signal

from progress_backend import (
    ProgressNotifier,
    ProgressTask,
    SettingsError,
    install,
    progress_task,
    settings_of,
)
from progress_backend.tracking import worker_lease
from progress_backend.tracking.lease_thread import LeaseThread
from progress_backend.tracking.tracker import LEASE_VARIABLE, tracker_of
from tests.apps import App
from tests.conftest import Install
from tests.records import Records

EAGER = {"task_always_eager": True}


def reports(self: Any, seen: list[str], fails: bool = False) -> Any:
    ProgressNotifier(self).update(3, 4, "nearly")
    self.update_state(state="PROGRESS", meta={"current": 3, "total": 4, "status": "by hand"})
    if fails:
        raise ValueError("no such symbol")
    return {"rows": 4}


def test_an_eager_run_has_a_record_from_its_start(eager: App) -> None:
    during: list[Any] = []

    def looks(self: Any) -> None:
        during.append(eager.record(self.request.id))

    assert eager.call(looks).status == "completed"
    assert (during[0].status, during[0].worker, during[0].attempt) == ("running", None, 1)


def test_an_eager_run_outside_a_workers_task_has_no_worker(
    installed: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a process that a worker's task started, say."""
    monkeypatch.setenv(LEASE_VARIABLE, "one@tests/boot")
    assert installed(EAGER).call(reports, []).worker is None


def test_the_copy_of_an_app_in_a_spawned_child_has_its_tracker() -> None:
    app = install(Celery("spawning"))
    copy = pickle.loads(pickle.dumps(app))  # as billiard hands it to a child
    before = current_app._get_current_object()
    try:
        for current, expected in ((Celery("other"), None), (copy, tracker_of(app))):
            current.set_current()
            signals.worker_process_init.send(sender="celery@tests")
            assert tracker_of(current) is expected
    finally:
        before.set_current()


def test_eager_results_and_errors(eager: App) -> None:
    record = eager.call(reports, [])
    assert (record.status, record.results) == ("completed", {"rows": 4})
    record = eager.call(reports, [], fails=True)
    assert (record.status, record.error_message) == ("error", "ValueError: no such symbol")
    assert (record.current_items, record.total_items) == (3, 4)


def test_an_eager_error_that_propagates_is_recorded_too(installed: Install) -> None:
    app = installed({**EAGER, "task_eager_propagates": True})
    with pytest.raises(ValueError, match="no such symbol"):
        app.tracked(reports).delay([], fails=True)
    (task_id,) = app.records()
    assert app.record(task_id).status == "error"


def test_an_eager_retry_is_the_same_record(eager: App) -> None:
    def again(self: Any) -> int:
        if self.request.retries < 2:
            raise self.retry(countdown=0)
        return 7

    record = eager.call(again)
    assert (record.status, record.results) == ("completed", {"result": 7})
    assert eager.records() == [record.task_id]


def test_apply_runs_here_whatever_is_configured(installed: Install) -> None:
    app = installed()
    assert app.record(app.tracked(reports).apply(([],)).id).status == "completed"


@pytest.mark.parametrize("stored", [False, True])
def test_celerys_own_result_is_written_only_where_celery_would(
    installed: Install, stored: bool
) -> None:
    app = installed({**EAGER, "task_store_eager_result": stored})
    assert (app.result(app.call(reports_nothing, "x").task_id) != {}) == stored


def test_arguments_that_do_not_fit_are_refused_as_always(installed: Install) -> None:
    app = installed()
    with pytest.raises(TypeError):
        app.tracked(reports).delay()
    assert app.records() == []


def test_the_tasks_function_called_as_one_is_not_a_run(eager: App) -> None:
    task = eager.tracked(reports_nothing)
    assert task("x") == task.run("x") == "x"
    assert eager.records() == []


def reports_nothing(self: Any, value: str) -> str:
    return value


class Doubling(Task):  # type: ignore[misc]  # celery is untyped
    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return 2 * super().__call__(*args, **kwargs)


def test_every_way_to_mark_a_task(eager: App) -> None:
    shared_task(name="shared", bind=True)(progress_task(reports_nothing))
    eager.celery.finalize()  # a task may come later than that
    eager.tracked(reports_nothing, name="marked")
    eager.tracked(reports_nothing, name="of its own base", base=Doubling)
    base = {"base": ProgressTask, "bind": True, "shared": False}
    eager.task(name="of our base", **base)(reports_nothing)
    for name in ("shared", "marked", "of its own base", "of our base"):
        record = eager.record(eager.celery.tasks[name].delay("x").id)
        assert (record.status, record.task_type) == ("completed", name)
        assert record.results == {"result": "xx" if name == "of its own base" else "x"}


def test_a_task_that_was_there_before_install(redis_url: str) -> None:
    celery = Celery("tests", set_as_current=False)
    celery.conf.update(task_always_eager=True, result_backend=redis_url)
    task = celery.task(name="early", bind=True, shared=False)(progress_task(reports_nothing))
    celery.finalize()
    install(celery, redis_url=redis_url)
    task_id = task.delay("x").id
    assert Records(redis_url).get(task_id).status == "completed"


@pytest.mark.parametrize("base", [Doubling, None])
def test_a_run_that_calls_its_task_as_a_function_is_still_one(
    eager: App, base: type[Task] | None
) -> None:
    def counts_and_fails(self: Any, also_within: bool = True) -> None:
        if also_within:
            with pytest.raises(ValueError, match="at row 3"):
                self(also_within=False)
        for _ in range(3):
            ProgressNotifier(self).advance(total=4)
        raise ValueError("at row 3")

    task = eager.tracked(counts_and_fails, **({} if base is None else {"base": base}))
    record = eager.record(task.delay().id)
    assert (record.current_items, record.error_message) == (6, "ValueError: at row 3")


def test_another_tasks_state_set_by_hand_is_its_record(eager: App, redis_url: str) -> None:
    Records(redis_url).start("other")

    def sets(self: Any) -> None:
        self.update_state(task_id="other", state="PROGRESS", meta={"current": 9, "total": 252})

    eager.call(sets)
    record = eager.record("other")
    assert (record.status, record.current_items) == ("running", 9)


# What `headers={"progress": …}` says of a call that runs where it is made

GIVEN = {"task_type": "prices", "symbol": "7203.T", "total_items": 9, "metadata": {"period": "1y"}}


def breaks_once(self: Any, *_: Any) -> int:
    if not self.request.retries:
        raise self.retry(countdown=0)
    return 1


def job(app: App) -> Any:
    marked = progress_task(symbol="said of all", total_items=4)(breaks_once)
    return app.task(bind=True, name="job", shared=False)(marked)


@pytest.mark.parametrize("how", ["apply_async", "apply", "signature"])
def test_a_calls_header_counts_for_it_and_its_retry(eager: App, how: str) -> None:
    task, headers = job(eager), {"progress": GIVEN}
    if how == "signature":
        result = task.signature((), headers=headers).apply_async()
    else:
        result = getattr(task, how)(headers=headers)
    record = eager.record(result.id)
    assert (record.task_type, record.symbol, record.total_items) == ("prices", "7203.T", 9)
    assert (record.metadata, record.status, record.retries) == ({"period": "1y"}, "completed", 1)


def test_it_counts_for_its_own_task_alone(eager: App) -> None:
    task = job(eager)
    first = task.signature((), headers={"progress": GIVEN})
    result = chain(first, task.s()).apply_async()
    assert eager.record(result.parent.id).symbol == "7203.T"
    assert eager.record(result.id).symbol == "said of all"
    for headers in ({}, {"progress": "7203.T"}, {"progress": None}):
        assert eager.record(task.apply_async(headers=headers).id).symbol == "said of all"


# install


def test_a_task_of_batches_is_not_tracked(
    installed: Install, caplog: pytest.LogCaptureFixture
) -> None:
    """As of celery-batches: its strategy is a method, and no signal names one of its messages."""

    class Batches(Task):  # type: ignore[misc]  # celery is untyped
        def Strategy(self, *_: Any) -> None: ...  # noqa: N802 - Celery's name

    app = installed(track="all")
    task = app.task(name="imports", base=Batches, shared=False)(reports_nothing)
    assert app.tracker.marking(task.name) is None
    assert "task imports is not tracked" in caplog.text


def test_what_is_no_app_is_refused() -> None:
    with pytest.raises(SettingsError, match="takes the Celery app, as install"):
        install("tasks")  # type: ignore[arg-type]  # that is the mistake


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
    installed: Install, caplog: pytest.LogCaptureFixture
) -> None:
    app = installed({**EAGER, "progress_retention_s": "a day"}, retention_s=None)
    with caplog.at_level(logging.WARNING, "progress_backend"):
        tasks = [app.tracked(reports_nothing, name=name) for name in ("a", "b")]
        assert [task.delay("x").get() for task in tasks] == ["x", "x"]
    (logged,) = [r.getMessage() for r in caplog.records if r.name.startswith("progress_backend")]
    assert "PROGRESS_RETENTION_S is 'a day'; it must be a number" in logged


def test_a_misspelt_setting_is_named_as_a_worker_begins(
    installed: Install, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PROGRESS_LEASE", "PROGRESS_TOKEN", "PROGRESS_PAGE_URL", "PROGRESS_STACKS"):
        monkeypatch.setenv(name, "1")
    monkeypatch.setattr(LeaseThread, "start", lambda _: None)
    app = installed({"progress_key_prfx": "x:", "progress_lease_s": 30})
    worker_lease.worker_is_ready(app.tracker, None)
    worker_lease.worker_ended(app.tracker, None)
    logged = [r.getMessage() for r in caplog.records if "there is no such setting" in r.msg]
    assert logged == [
        "PROGRESS_LEASE is ignored: there is no such setting; is it lease_s?",
        "progress_key_prfx is ignored: there is no such setting; is it key_prefix?",
    ]


def test_an_app_may_be_configured_after_it_is_complete(redis_url: str) -> None:
    """As in an application factory: what is registered before has completed the app. It may be
    behind a proxy, too."""
    app = Celery("late", set_as_current=False)
    assert install(Proxy(lambda: app)) is app
    app.finalize()
    app.conf.update(broker_url=redis_url, result_backend=redis_url, progress_retention_s=7)
    tracker = tracker_of(app)
    assert (tracker.settings.redis_url, tracker.settings.retention_s) == (redis_url, 7)


def test_where_the_environment_says_no_it_connects_no_signal(
    redis_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def receivers() -> set[Any]:
        every = [one for one in vars(signals).values() if isinstance(one, Signal)]
        found = (
            (one, key) for one in (*every, app.on_after_finalize) for key in one.receivers or ()
        )
        return {(signal.name, key[0]) for signal, (key, _) in found}

    def works(self: Any) -> int:
        notifier = ProgressNotifier(self)
        notifier.update(1, 2, "half way")
        notifier.log("half way")
        notifier.checkpoint(1)
        assert notifier.resume is None
        return len(list(notifier.track(range(3), resume=True)))

    monkeypatch.setenv("PROGRESS_ENABLED", "off")
    app = Celery("off", broker="memory://", backend="cache+memory://", set_as_current=False)
    app.conf.update(task_always_eager=True, progress_redis_url=redis_url)
    before = receivers()
    install(app, track="all")
    task = app.task(bind=True, name="works", shared=False)(progress_task(works))
    assert task.delay().get() == 3
    assert receivers() <= before  # those of another test's app may be gone
    assert not settings_of(app).enabled
    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0
    assert not [one for one in caplog.records if one.name.startswith("progress_backend")]
    assert "progress.cleanup" not in app.tasks
    app.close()


def test_an_apps_configuration_turns_tracking_off_with_one_warning(
    redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    app = App(redis_url, {**EAGER, "progress_enabled": False})
    assert app.tracked(reports).delay([]).get() == {"rows": 4}
    assert app.records() == []
    assert caplog.messages == ["progress tracking is off: progress_enabled is false"]
    app.close()
