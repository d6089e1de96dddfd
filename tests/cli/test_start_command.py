"""The command `start`: through an API, and in a process of its own, with a worker."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result

from progress_backend import progress_task
from progress_backend.cli import main, start_command, watch_command
from progress_backend.settings import Settings
from progress_backend.web import create_app
from tests.apps import App, in_process, working
from tests.cli.conftest import Run
from tests.conftest import Install
from tests.web.serving import RunningApi

BOTH = pytest.mark.parametrize("by", ["app", "api"])


@pytest.fixture
def shop(installed: Install) -> App:
    app = installed(in_process("start-command"))

    @app.task(bind=True, name="fetch", shared=False)  # type: ignore[untyped-decorator]  # Celery's
    @progress_task(start=True)
    def fetch(self: Any, rows: int, label: str = "x", fails: bool = False) -> dict[str, Any]:
        if fails:
            raise ValueError("no rows")
        return {"rows": rows, "label": label}

    @app.task(bind=True, name="unmarked", shared=False)  # type: ignore[untyped-decorator]
    @progress_task
    def unmarked(self: Any) -> None: ...

    app.empty_queue("start-command")
    return app


@pytest.fixture
def api(shop: App, redis_url: str) -> Iterator[RunningApi]:
    settings = Settings(redis_url=redis_url)
    running = RunningApi(create_app(settings, celery_app=shop.celery, start=True)).start()
    yield running
    running.stop()


@pytest.fixture
def run(shop: App, request: pytest.FixtureRequest) -> Run:
    """Run `progress-backend ARGS` with the app, or through an API in the process."""

    def call(by: str, *args: str) -> Result:
        env = {"PROGRESS_LOCALE": "en", "PROGRESS_REDIS_URL": ""}
        if by == "app":
            return CliRunner().invoke(main, args, env=env, obj=SimpleNamespace(app=shop.celery))
        url = f"http://127.0.0.1:{request.getfixturevalue('api').port}"
        return CliRunner().invoke(main, [*args, "--url", url], env=env)

    return call


def results(app: App, done: Result) -> Any:
    return app.document(done.stdout.split()[0]).get("results")


@BOTH
def test_a_job_is_started_and_followed_to_its_end(by: str, run: Run, shop: App) -> None:
    with working(shop.celery):
        done = run(by, "start", "fetch", "rows=3", "label=7203.T", "--wait")
        assert (done.exit_code, results(shop, done)) == (0, {"rows": 3, "label": "7203.T"})
        text = run(by, "start", "fetch", "rows=3", 'label="7203"', "--wait")
        assert results(shop, text) == {"rows": 3, "label": "7203"}
        failed = run(by, "start", "fetch", "rows=3", "fails=true", "--wait")
        assert failed.exit_code == 1
        assert shop.document(failed.stdout.split()[0])["status"] == "error"


@BOTH
def test_a_key_starts_one_job(by: str, run: Run, shop: App) -> None:
    ids = {run(by, "start", "fetch", "rows=3", "--key", "nightly").stdout for _ in range(2)}
    assert [*ids] == [f"{task_id}\n" for task_id in shop.records()]
    other = run(by, "start", "fetch", "rows=4", "--key", "nightly")
    assert (other.exit_code, other.stdout) == (start_command.NOT_STARTED, "")


@BOTH
@pytest.mark.parametrize(
    "words",
    [
        ("unmarked",),
        ("nothing",),
        ("fetch",),
        ("fetch", "rows=many"),
        ("fetch", "rows=3", "other=1"),
        ("fetch", "rows"),
        ("fetch", "rows=3", "rows=4"),
        ("fetch", "rows=3", "--key", "schlüssel"),
    ],
)
def test_what_is_refused_starts_nothing(
    by: str, words: tuple[str, ...], run: Run, shop: App
) -> None:
    refused = run(by, "start", *words)
    assert (refused.exit_code, refused.stdout) == (start_command.NOT_STARTED, "")
    assert refused.stderr
    assert shop.records() == []


@BOTH
def test_ended_tasks_run_again_and_others_are_refused(by: str, run: Run, shop: App) -> None:
    with working(shop.celery):
        old = run(by, "start", "fetch", "rows=3", "--wait").stdout.split()[0]
        done = run(by, "again", old)
        assert done.exit_code == 0, done.output
        new = done.stdout.split()[-1]
        assert run(by, "watch", new).exit_code == 0
    assert shop.document(new)["again_of"] == old
    assert shop.document(new)["results"] == {"rows": 3, "label": "x"}
    unmarked = shop.celery.tasks["unmarked"].delay().id
    some = run(by, "again", new, unmarked, "nothing")
    assert (some.exit_code, some.stdout.count("\n")) == (1, 1)
    assert [unmarked in some.stderr, "nothing" in some.stderr] == [True, True]
    assert run(by, "again").exit_code == start_command.NOT_STARTED


def test_without_an_app_and_an_api_nothing_is_started(redis_url: str) -> None:
    env = {"PROGRESS_REDIS_URL": redis_url}
    done = CliRunner().invoke(main, ["start", "fetch", "rows=3"], env=env)
    assert done.exit_code == start_command.NOT_STARTED
    assert CliRunner().invoke(main, ["again", "id"], env=env).exit_code == 2
    away = ["start", "fetch", "--url", "http://127.0.0.1:1"]
    assert CliRunner().invoke(main, away).exit_code == start_command.NOT_STARTED


def test_a_broker_that_does_not_reply_leaves_it_open(
    run: Run, shop: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    from progress_backend.jobs import starts

    monkeypatch.setattr(starts, "PUBLISH_S", 0.0)
    for by in ("app", "api"):
        done = run(by, "start", "fetch", "rows=3")
        assert (done.exit_code, done.stdout) == (start_command.UNKNOWN, ""), done.stderr


@BOTH
def test_ctrl_c_leaves_the_job_alone_and_says_its_id(
    by: str, run: Run, shop: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(watch_command, "time", SimpleNamespace(sleep=interrupted))
    done = run(by, "start", "fetch", "rows=3", "--wait")
    (task_id,) = shop.records()
    assert done.exit_code == 130
    assert done.stdout.startswith(task_id)
    assert done.stderr.rstrip().endswith(task_id)
    assert shop.document(task_id)["status"] == "created"


@BOTH
def test_a_task_that_waits_without_a_worker_says_so(by: str, run: Run, shop: App) -> None:
    from progress_backend.terminal.texts import TEXTS

    none = TEXTS["no_workers"][0]
    task_id = run(by, "start", "fetch", "rows=3").stdout.strip()
    assert none in run(by, "show", task_id).output
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(watch_command, "time", SimpleNamespace(sleep=_leave))
        assert none in run(by, "watch", task_id).stderr


def _leave(_: float) -> None:
    raise KeyboardInterrupt
