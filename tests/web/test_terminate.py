"""Terminating a running task through a real broker, with a real worker and without one."""

from pathlib import Path

import pytest
from celery import Celery

from progress_backend.web import state
from tests.conftest import StartServer, StartWorker
from tests.waiting import eventually
from tests.web.conftest import StartApi
from tests.web.serving import RunningApi

#: A job that never reports, and says by a file that it runs.
JOB = """
import os, pathlib, time
from celery import Celery

app = Celery("job", broker=os.environ["CELERY_BROKER_URL"],
             backend=os.environ["CELERY_RESULT_BACKEND"])
app.conf.broker_connection_retry_on_startup = True

@app.task
def sleep(path):
    pathlib.Path(path).touch()
    time.sleep(300)
"""


def proj(url: str) -> Celery:
    return Celery("proj", broker=url, backend=url, set_as_current=False)


def running(api: RunningApi) -> str:
    task_id = api.create()
    api.update(task_id)
    return task_id


@pytest.mark.wide
def test_a_running_process_is_ended(
    start_api: StartApi, start_worker: StartWorker, redis_url: str, tmp_path: Path
) -> None:
    (tmp_path / "terminate_job.py").write_text(JOB)
    worker = start_worker("terminate_job", cwd=tmp_path)
    celery_app = proj(redis_url)
    api = start_api(redis_url=redis_url, celery_app=celery_app)
    task_id = running(api)
    result = celery_app.send_task(
        "terminate_job.sleep", args=[str(tmp_path / "runs")], task_id=task_id
    )
    eventually((tmp_path / "runs").exists)
    answer = api.cancel(task_id, {"terminate": True, "reason": "zu lang"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == "cancelled"
    worker.wait_for_log(rf"Terminating {task_id} \(")
    eventually(lambda: result.state == "REVOKED")
    celery_app.close()


def test_the_503_for_an_unreachable_broker_names_what_was_done(
    start_api: StartApi, start_server: StartServer, redis_url: str
) -> None:
    broker = start_server()
    celery_app = proj(broker.url)
    api = start_api(redis_url=redis_url, celery_app=celery_app)
    task_id = running(api)
    broker.stop()
    answer = api.cancel(task_id, {"terminate": True})
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert answer.json()["status"] == "cancelled"
    assert "is cancelled, but the broker did not take" in answer.json()["detail"]
    assert api.status(task_id).json()["status"] == "cancelled"

    # The same request again, as the answer says.
    broker.start()
    assert api.cancel(task_id, {"terminate": True}).status_code == 200
    assert api.cancel(task_id).status_code == 409


def test_a_hanging_broker_does_not_delay_other_requests(
    start_api: StartApi, start_server: StartServer, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("progress_backend.web.terminate.TIMEOUT_S", 0.6)
    monkeypatch.setattr("progress_backend.web.terminate.MAX_ORDERS", 1)
    broker = start_server()
    api = start_api(redis_url=redis_url, celery_app=proj(broker.url))
    task_ids = [running(api), running(api)]
    broker.pause()
    # Before the client's own time-out, which is an error.
    assert api.cancel(task_ids[0], {"terminate": True}).status_code == 503
    # The API answers others meanwhile and afterwards.
    assert api.status(task_ids[1]).status_code == 200
    broker.resume()
    eventually(lambda: api.cancel(task_ids[0], {"terminate": True}).status_code == 200)


def test_terminating_what_has_ended_is_refused(start_api: StartApi, redis_url: str) -> None:
    api = start_api(redis_url=redis_url, celery_app=proj(redis_url))
    task_id = running(api)
    api.update(task_id, "completed")
    answer = api.cancel(task_id, {"terminate": True})
    assert (answer.status_code, answer.json()["status"]) == (409, "completed")
    assert api.cancel("nope", {"terminate": True}).status_code == 404


def test_the_environments_broker(
    start_api: StartApi, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert state.celery_app_of_environment() is None
    monkeypatch.setenv("CELERY_BROKER_URL", redis_url)
    api = start_api(redis_url=redis_url)
    assert api.cancel(running(api), {"terminate": True}).status_code == 200


@pytest.mark.parametrize(
    ("broker", "remote", "why"),
    [
        ("sqla+sqlite:///{folder}/broker.db", True, "transport sqlalchemy has no fanout"),
        ("{redis}", False, "worker_enable_remote_control is off"),
    ],
)
def test_without_remote_control_it_is_refused(
    start_api: StartApi, redis_url: str, tmp_path: Path, broker: str, remote: bool, why: str
) -> None:
    """A revoke would be published all the same, and no worker would receive it."""
    url = broker.format(folder=tmp_path, redis=redis_url)
    app = Celery("proj", broker=url, backend=redis_url, set_as_current=False)
    app.conf.worker_enable_remote_control = remote
    api = start_api(redis_url=redis_url, celery_app=app)
    task_id = running(api)
    before = api.status(task_id).content
    answer = api.cancel(task_id, {"terminate": True})
    assert answer.status_code == 422
    assert why in answer.json()["detail"]
    assert "the job ends at its next update" in answer.json()["detail"]
    assert api.status(task_id).content == before
    assert api.cancel(task_id).json()["status"] == "cancelled"
    app.close()
