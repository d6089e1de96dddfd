"""Tasks that are published by a process that has not imported them: real store, real broker."""

import time
from pathlib import Path

import pytest
import redis
from celery import chain

from progress_backend import progress_task
from progress_backend.flows.stored_record import milliseconds
from progress_backend.operations import workflows
from progress_backend.operations.call import Layout
from progress_backend.operations.keys import Keys
from progress_backend.settings import Settings
from progress_backend.tracking import remote_tasks
from progress_backend.web import create_app
from tests.apps import App
from tests.clocks import set_monotonic
from tests.conftest import Install, StartWorker
from tests.waiting import eventually
from tests.web.serving import RunningApi

MARKINGS = "progress_markings"

#: A team's project: the app's module imports no task.
PROJECT = {
    "proj/__init__.py": "",
    "proj/celery.py": """
from celery import Celery
from progress_backend import install
app = Celery("proj", include=["proj.tasks"])
app.conf.worker_prefetch_multiplier = 1
install(app)
""",
    "proj/tasks.py": """
import pathlib, time
from celery import shared_task
from progress_backend import progress_task

@shared_task(name="proj.fetch", bind=True)
@progress_task(
    task_type="fetch_data", symbol=lambda symbol: symbol.upper(), total_items=252,
    metadata={"desk": "tokyo"}
)
def fetch(self, symbol="none"):
    pathlib.Path("ran").touch()

@shared_task(name="proj.plain")
def plain():
    pass

@shared_task(name="proj.holds")
def holds():
    while not pathlib.Path("go").exists():
        time.sleep(0.02)
""",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in PROJECT.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.fixture
def web(installed: Install) -> App:
    """An app that has no task code at all."""
    return installed()


def nothing() -> None:
    pass


def reads(url: str) -> int:
    """How often the store was asked for a marking."""
    with redis.Redis.from_url(url) as client:
        return int(client.info("commandstats").get("cmdstat_hmget", {"calls": 0})["calls"])


@pytest.mark.integration
def test_a_process_without_task_code_finds_what_a_worker_has_left(
    project: Path, redis_url: str, web: App, start_worker: StartWorker
) -> None:
    start_worker("proj", pool="solo", cwd=project)
    with redis.Redis.from_url(redis_url) as client:
        eventually(lambda: client.hexists(MARKINGS, "proj.fetch"))
        assert 0 < client.pttl(MARKINGS) <= 7 * 86_400_000
        assert not client.hexists(MARKINGS, "proj.plain")
    web.celery.send_task("proj.holds")  # the worker's one process is busy
    sent = web.celery.send_task("proj.fetch", ["7203.t"]).id
    cancelled = web.celery.send_task("proj.fetch", ["6758.t"]).id
    waiting = web.record(sent)
    # What a function says of the arguments is the worker's to say.
    assert (waiting.status, waiting.task_type, waiting.symbol) == ("created", "fetch_data", None)
    assert (waiting.total_items, waiting.metadata) == (252, {"desk": "tokyo"})

    api = RunningApi(create_app(Settings(redis_url=redis_url, lease_s=86_400))).start()
    try:
        assert api.cancel(cancelled).status_code == 200
        (project / "go").touch()
        eventually(lambda: web.record(sent).status == "completed")
        eventually(lambda: web.result(cancelled).get("status") == "REVOKED")
    finally:
        api.stop()
    assert web.record(sent).symbol == "7203.T"
    assert web.record(cancelled).status == "cancelled"
    web.celery.send_task("proj.plain")
    assert len(web.records()) == 2


def left(app: App, url: str, name: str, text: str | bytes) -> None:
    with redis.Redis.from_url(url) as client:
        client.hset(MARKINGS, name, text)


def test_a_name_is_asked_for_once_in_a_while(
    web: App, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    left(web, redis_url, "fetch", '{"symbol": "7203.T"}')
    before = reads(redis_url)
    for _ in range(20):
        web.celery.send_task("fetch")
        web.celery.send_task("nobody.marked.it")
    assert reads(redis_url) - before == 2
    assert len(web.records()) == 20
    assert {web.record(task_id).symbol for task_id in web.records()} == {"7203.T"}

    left(web, redis_url, "nobody.marked.it", "{}")
    now = time.monotonic
    set_monotonic(monkeypatch, lambda: now() + 31)
    web.celery.send_task("nobody.marked.it")
    assert reads(redis_url) - before == 3
    assert len(web.records()) == 21


def test_an_imported_task_needs_no_read(web: App, redis_url: str) -> None:
    task = web.task(name="plain", shared=False)(nothing)
    before = reads(redis_url)
    task.delay()
    web.celery.send_task("plain")
    assert reads(redis_url) == before


def test_names_without_end_are_not_remembered_without_end(
    web: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_tasks, "MOST", 3)
    for number in range(10):
        web.celery.send_task(f"made.up.{number}")
    assert len(web.tracker.remote) <= 3


@pytest.mark.parametrize("text", [b"\xff\x00", "[]", "null", '{"symbol": {"a": []}}', '"x"'])
def test_a_marking_that_is_none_stops_no_publish(web: App, redis_url: str, text: str) -> None:
    left(web, redis_url, "fetch", text)
    assert web.celery.send_task("fetch").id


@pytest.mark.parametrize(
    ("given", "name"), [('"nightly import"', "nightly import"), ("5", "fetch → merge")]
)
def test_a_canvas_of_names_has_the_workflows_name(
    web: App, redis_url: str, given: str, name: str
) -> None:
    left(web, redis_url, "far.fetch", "{}")
    left(web, redis_url, "far.merge", f'{{"workflow":{given}}}')
    fetch, merge = (web.celery.signature(f"far.{name}") for name in ("fetch", "merge"))
    result = chain(fetch, merge).apply_async()
    store = web.tracker.process.store
    found = store.execute(workflows.figures(result.id, milliseconds(store.now())))
    assert (found.total, found.name) == (2, name)


def test_a_foreign_value_under_the_key_stops_nothing(web: App, redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        client.set(MARKINGS, "somebody else's")
        web.celery.send_task("fetch")
        web.task(name="marked", shared=False, lazy=False)(progress_task(nothing))
        store = web.tracker.process.store  # type: ignore[union-attr]
        store.ready()
        store.execute(remote_tasks.left(web.tracker))
        # Other tests' shared tasks are every app's.
        found = {name.decode() for name in client.hkeys(MARKINGS)}
        assert "marked" in found
        assert found <= set(web.celery._tasks)


def test_a_worker_leaves_what_can_travel_and_no_more(installed: Install) -> None:
    app = installed()

    @app.task(name="fetch", shared=False, lazy=False)
    @progress_task(
        task_type=lambda kind: kind, symbol="7203.T", results=False, workflow="nightly import"
    )
    def fetch(kind: str) -> None:
        pass

    @app.task(name="large", shared=False, lazy=False)
    @progress_task(total_items=3, metadata={"text": "x" * 10_000})
    def large() -> None:
        pass

    (request,) = remote_tasks.left(app.tracker).asked(Layout((Keys(),))).requests
    texts = request[request.index("progress_markings") + 3 :]  # behind the TTL and the bound
    markings = dict(zip(texts[::2], texts[1::2], strict=True))
    about = '{"symbol":"7203.T","results":false,"workflow":"nightly import"}'
    assert markings["fetch"] == about
    assert markings["large"] == '{"total_items":3,"metadata":null}'
