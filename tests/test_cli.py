"""The commands, on a real store, under both of their names."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.request import urlopen

import pytest
from click.testing import CliRunner, Result

from progress_backend.cli import main
from tests.conftest import StartServer, StartService
from tests.records import Records

APP = """
from celery import Celery
app = Celery("tasks", broker="memory://", backend={url!r})
"""
Run = Callable[..., Result]
NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture
def records(redis_url: str) -> Records:
    return Records(redis_url)


@pytest.fixture
def run(redis_url: str) -> Run:
    """Run `progress-backend ARGS` against the test's store."""

    def call(*args: str, url: str | None = None) -> Result:
        env = {"PROGRESS_REDIS_URL": url or redis_url, "PROGRESS_LOCALE": "en"}
        return CliRunner().invoke(main, args, env=env)

    return call


@pytest.fixture
def app_folder(tmp_path: Path, redis_url: str) -> Path:
    """A folder with a Celery app in `shop.py` whose results are in the test's store."""
    (tmp_path / "shop.py").write_text(APP.format(url=redis_url))
    return tmp_path


def script(*args: str, cwd: Path, env: dict[str, str] | None = None) -> tuple[int, str]:
    """The exit code and the output of an installed command."""
    command = [str(Path(sys.executable).parent / args[0]), *args[1:]]
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.returncode, done.stdout + done.stderr


def test_list_shows_newest_first_with_whole_ids_and_the_summary(run: Run, records: Records) -> None:
    records.create("first-id")
    records.start("second-id", symbol="トヨタ")
    records.progress("second-id", 126)
    lines = run("tasks").output.splitlines()
    assert lines[0].split() == ["TASK", "ID", "STATUS", "TYPE", "SYMBOL", "%", "CREATED"]
    assert lines[1].split()[:5] == ["second-id", "running", "fetch_data", "トヨタ", "50%"]
    assert lines[2].split()[:5] == ["first-id", "created", "fetch_data", "7203.T", "0%"]
    assert lines[3] == "page 1 of 1, 2 tasks; all: created 1, running 1"


def test_list_filters_and_pages(run: Run, records: Records) -> None:
    for number in range(5):
        records.create(f"id-{number}", symbol="AAPL" if number % 2 else "IBM")
    records.start("other", symbol="AAPL")
    answer = json.loads(run("tasks", "--symbol", "AAPL", "--status", "created", "--json").output)
    assert [task["task_id"] for task in answer["tasks"]] == ["id-3", "id-1"]
    assert answer["summary"]["running"] == 1
    assert answer["pagination"] == {"page": 1, "limit": 20, "total": 2, "pages": 1}
    answer = json.loads(run("tasks", "--page", "2", "--limit", "4", "--json").output)
    assert [task["task_id"] for task in answer["tasks"]] == ["id-1", "id-0"]
    assert answer["pagination"]["pages"] == 2


def test_an_empty_list_says_so(run: Run) -> None:
    assert run("tasks").output == "page 1 of 1, 0 tasks\n"


def test_show_tells_one_task_in_full(run: Run, records: Records) -> None:
    records.start("the-id")
    records.progress("the-id", 63, "two\nlines")
    output = run("show", "the-id").output
    for fact in ("the-id", "running", "63/252 (25%)", "two lines", "celery@tests", "7203.T"):
        assert fact in output
    body = json.loads(run("show", "the-id", "--json").output)
    assert body["progress"] == {"current": 63, "total": 252, "percentage": 25.0}


def test_pause_resume_and_cancel_change_the_record(run: Run, records: Records) -> None:
    records.start("the-id")
    assert run("pause", "the-id", "--reason", "lunch").output == "task the-id is paused\n"
    assert records.get("the-id").control["reason"] == "lunch"
    assert run("pause", "the-id").output == "task the-id is paused; nothing was changed\n"
    assert run("resume", "the-id").output == "task the-id is running\n"
    assert run("cancel", "the-id", "--reason", "wrong file").output == "task the-id is cancelled\n"
    task = records.get("the-id")
    assert (task.status, task.control["reason"], task.control["by"]) == (
        "cancelled",
        "wrong file",
        "cli",
    )


def test_what_has_ended_cannot_be_cancelled(run: Run, records: Records) -> None:
    records.start("the-id")
    records.complete("the-id")
    result = run("cancel", "the-id")
    assert result.exit_code == 1
    assert result.output == "Error: task the-id cannot be cancelled: it is completed\n"
    assert records.get("the-id").status == "completed"


@pytest.mark.parametrize(
    "args", [["show", "x"], ["cancel", "x"], ["pause", "x"], ["resume", "x"], ["watch", "x"]]
)
def test_an_unknown_id_is_one_line(run: Run, args: list[str]) -> None:
    result = run(*args)
    assert (result.exit_code, result.output) == (1, "Error: Task x not found\n")


@pytest.mark.parametrize("args", [["tasks"], ["show", "x"], ["cancel", "x"]])
def test_a_store_that_does_not_answer_is_one_line(run: Run, args: list[str]) -> None:
    result = run(*args, url=NOWHERE)
    assert result.exit_code == 1
    assert result.output.startswith("Error: the progress store does not answer: ")
    assert result.output.count("\n") == 1


def test_settings_that_cannot_be_used_are_one_line(run: Run) -> None:
    for url in ("http://example", "redis://127.0.0.1:port/0"):
        result = run("tasks", url=url)
        assert result.exit_code == 1, result.output
        assert result.output.startswith("Error: PROGRESS_REDIS_URL ")
        assert result.output.count("\n") == 1


def test_ids_and_filters_together_are_refused(run: Run) -> None:
    assert run("watch", "x", "--status", "running").exit_code == 2


def test_watch_ends_with_its_tasks(run: Run, records: Records) -> None:
    records.start("good")
    records.complete("good")
    result = run("watch", "good")
    assert result.exit_code == 0
    assert "completed" in result.output
    records.start("bad")
    records.fail("bad", "no such symbol")
    result = run("watch", "good", "bad")
    assert result.exit_code == 1
    assert "no such symbol" in result.output


def test_watch_follows_and_outlives_the_store(
    start_server: StartServer, start_service: StartService
) -> None:
    server = start_server()
    records = Records(server.url)
    records.start("the-id")
    watching = start_service(
        [Path(sys.executable).parent / "progress-backend", "watch", "--interval", "0.1"],
        env={"PROGRESS_REDIS_URL": server.url, "PROGRESS_LOCALE": "en"},
        ready="the-id",
    )
    records.progress("the-id", 126, "half way")
    watching.wait_for_log(r"running +50%.*half way")
    server.kill()
    watching.wait_for_log("The store does not answer")
    server.start()  # empty: nothing was saved
    Records(server.url).create("another-id")
    watching.wait_for_log("created .*another-id")


def test_serve_serves_the_app_and_its_store(
    start_service: StartService, app_folder: Path, records: Records
) -> None:
    records.create("the-id")
    command = [Path(sys.executable).parent / "progress-backend", "serve", "-A", "shop"]
    serving = start_service([*command, "--port", "0"], cwd=app_folder)
    address = serving.wait_for_log(r"http://127\.0\.0\.1:\d+")[0]
    with urlopen(f"{address}/internal/task/the-id/status", timeout=10) as response:
        assert json.load(response)["status"] == "created"


def test_serve_without_its_extra_says_what_to_install(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "fastapi", None)
    result = run("serve")
    assert result.exit_code == 1
    assert result.output == "Error: this needs fastapi: pip install 'progress-backend[api]'\n"


def test_celery_has_the_commands_and_its_app_names_the_store(
    app_folder: Path, records: Records
) -> None:
    records.create("the-id")
    celery = ("celery", "-A", "shop", "progress")
    code, output = script(*celery, "list", cwd=app_folder)
    assert code == 0
    assert "the-id" in output
    code, output = script(*celery, "cancel", "the-id", cwd=app_folder)
    assert (code, output) == (0, "task the-id is cancelled\n")
    code, output = script(*celery, "show", "unknown", cwd=app_folder)
    assert (code, output) == (1, "Error: Task unknown not found\n")


def test_an_app_can_be_named_to_progress_backend(app_folder: Path, records: Records) -> None:
    records.create("the-id")
    code, output = script("progress-backend", "show", "-A", "shop", "the-id", cwd=app_folder)
    assert code == 0
    assert "the-id" in output
    code, output = script("progress-backend", "tasks", "-A", "nosuchapp", cwd=app_folder)
    assert code == 1
    assert output.startswith("Error: cannot load the Celery app 'nosuchapp': ModuleNotFoundError")
    assert output.count("\n") == 1


@pytest.mark.parametrize("command", [("celery", "progress", "list"), ("progress-backend", "serve")])
def test_without_a_store_one_line_says_what_to_do(tmp_path: Path, command: tuple[str, ...]) -> None:
    code, output = script(*command, cwd=tmp_path)
    assert code == 1
    assert output.startswith("Error: no store is configured: set PROGRESS_REDIS_URL")
    assert output.count("\n") == 1
