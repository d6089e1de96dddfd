"""What signals say of a run, and those that only a part that is away provokes."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import celery
import pytest
from celery import Celery
from celery.exceptions import Reject

from progress_backend import ProgressNotifier, install, progress_task
from progress_backend.store.drivers import Store
from progress_backend.testing import wait_for_progress
from progress_backend.tracking import worker_lease
from tests.apps import in_process, working

#: No server listens there.
AWAY = "redis://127.0.0.1:1/0"


@pytest.fixture
def app() -> Iterator[Celery]:
    app = Celery("unheard", broker="memory://", backend=AWAY, set_as_current=False)
    # The broker in memory is one for the whole process: other tests' workers have other queues.
    app.conf.task_default_queue = "unheard"
    app.conf.broker_transport_options = {"polling_interval": 0.02}
    app.conf.result_backend_transport_options = {"retry_policy": {"max_retries": 0}}
    install(app)

    @app.task(bind=True, name="job", shared=False)
    @progress_task
    def job(self: object) -> str:
        progress = ProgressNotifier(self)
        for done in (1, 12):
            progress.update(done, 12)
        return "done"

    yield app
    app.close()


@pytest.mark.filterwarnings("ignore:Exception raised outside body:RuntimeWarning")
@pytest.mark.parametrize("started", [False, True])
def test_a_result_that_celery_cannot_store_ends_the_run_with_that_error(
    app: Celery, progress_store: Store, monkeypatch: pytest.MonkeyPatch, started: bool
) -> None:
    # Whether it has stored a SUCCESS is read where no server answers.
    monkeypatch.setattr("progress_backend.tracking.stored_success._PATIENCE_S", 0)
    app.conf.task_track_started = started
    # An app of its own: one with results would wait for them where no server listens.
    publisher = Celery("publisher", broker="memory://", set_as_current=False)
    with working(app, pool="threads"):
        publisher.send_task("job", task_id="unheard", queue="unheard")
        task = wait_for_progress(progress_store, "unheard", status="error")
    publisher.close()
    assert task.error_cause == "internal_error"
    assert "ConnectionError" in (task.error_message or "")
    assert task.attempt == 1
    assert task.current_items == (0 if started else 12)  # STARTED is stored before the body runs


KEPT, NOT_KEPT = {"said": 1, "card": 4}, {"said": 1}
#: How a task is declared, marked and called, and what its record has of what it returns.
RETURNED: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any], dict[str, int]]] = {
    "recorded": ({}, {}, {}, KEPT),
    "of a task that ignores it": ({"ignore_result": True}, {}, {}, NOT_KEPT),
    "of a call that ignores it": ({}, {}, {"ignore_result": True}, NOT_KEPT),
    "of a call that does not": ({"ignore_result": True}, {}, {"ignore_result": False}, KEPT),
    "of a task that keeps it": ({}, {"results": False}, {}, NOT_KEPT),
}


@pytest.mark.parametrize("eager", [False, True], ids=["sent", "eager"])
@pytest.mark.parametrize("case", RETURNED)
def test_a_return_value_that_is_to_be_ignored_is_not_recorded(
    progress_store: Store, case: str, eager: bool
) -> None:
    options, marking, call, results = RETURNED[case]
    app = Celery("returned", set_as_current=False)
    app.conf.update(in_process("returned"))
    install(app)

    @app.task(bind=True, name="pays", shared=False, **options)
    @progress_task(**marking)
    def pays(self: Any) -> dict[str, int]:
        ProgressNotifier(self).complete({"said": 1})
        return {"card": 4}

    if eager:
        if case == "of a task that ignores it" and celery.VERSION[:2] < (5, 7):
            pytest.skip("an eager call in this Celery says that its result is kept")
        task_id = pays.apply(**call).id
    else:
        with working(app, pool="solo"):
            task_id = pays.apply_async(**call).id
            wait_for_progress(progress_store, task_id, status="completed")
    assert wait_for_progress(progress_store, task_id, status="completed").results == results
    app.close()


@pytest.mark.parametrize("eager", [False, True], ids=["sent", "eager"])
def test_a_message_that_cannot_be_sent_back_is_rejected(progress_store: Store, eager: bool) -> None:
    """Celery drops Reject's `requeue` if it has acknowledged the message, or if there is none."""
    app = Celery("rejects", set_as_current=False)
    app.conf.update(in_process("rejects"))
    install(app, track="all")

    @app.task(shared=False, acks_late=eager)
    def rejects() -> None:
        raise Reject("later", requeue=True)

    if eager:
        task_id = rejects.apply().id
    else:
        with working(app, pool="solo"):
            task_id = rejects.delay().id
            wait_for_progress(progress_store, task_id, status="error")
    task = wait_for_progress(progress_store, task_id, status="error")
    assert (task.error_cause, task.error_message) == ("rejected", "Reject: later")
    app.close()


def test_a_uuid_as_a_tasks_id_is_recorded_as_text(progress_store: Store) -> None:
    """Celery takes any id that the broker's serializer does; the worker receives a UUID too. Its
    oldest result backends take texts alone."""
    app = Celery("uuids", set_as_current=False)
    app.conf.update(in_process("uuids"))
    install(app, track="all", update_interval_s=0)
    task_id, at_work = uuid4(), list[bool]()

    @app.task(bind=True, shared=False, ignore_result=True)
    def job(self: Any) -> None:
        ProgressNotifier(self).update(3, 9)
        at_work.append(str(task_id) in (worker_lease.at_work() or ()))

    job.apply_async(task_id=task_id)
    created = wait_for_progress(progress_store, str(task_id), status="created")
    assert created.root_id == str(task_id)
    with working(app, pool="solo"):
        task = wait_for_progress(progress_store, str(task_id), status="completed")
    assert (task.current_items, task.total_items, task.attempt) == (3, 9, 1)
    assert at_work == [True]  # else the check for lost runs would find this one lost
    app.close()
