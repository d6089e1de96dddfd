"""The commands, on a real store, under both of their names."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from urllib.request import urlopen

import pytest
from celery.bin.celery import celery
from click.testing import CliRunner

from progress_backend.cli import main, naming, watch_command
from progress_backend.credentials import tokens
from progress_backend.record import events as ev
from progress_backend.store.drivers import RedisClock
from progress_backend.terminal.formats import cells_of
from tests.cli.conftest import Run
from tests.conftest import StartServer, StartService
from tests.records import Records
from tests.terminals import Terminal
from tests.web.conftest import StartApi

APP = """
from celery import Celery
app = Celery("tasks", broker="memory://", backend={url!r}, set_as_current=False)
"""
UNUSED = "redis://127.0.0.1:1/0"


@pytest.fixture
def app_folder(tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The working directory, with a Celery app in `shop.py` that has its results in the test's
    store."""
    (tmp_path / "shop.py").write_text(APP.format(url=redis_url))
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    sys.modules.pop("shop", None)


def command(*args: str, **env: str) -> tuple[int, str]:
    """The exit code and the output of a command that is given no store."""
    program = {"progress-backend": main, "celery": celery}[args[0]]
    done = CliRunner().invoke(program, args[1:], env=env)
    return done.exit_code, done.output


def test_tasks_are_listed_newest_first_with_the_summary(run: Run, records: Records) -> None:
    records.create("first-id")
    records.start("second-id", symbol="トヨタ")
    records.progress("second-id", 126)
    lines = run("tasks").output.splitlines()
    assert lines[0].split() == ["ID", "STATUS", "%", "AGE", "TASK"]
    assert lines[1].split()[:3] == ["second-id", "running", "50%"]
    assert lines[1].endswith("fetch_data トヨタ")
    assert re.fullmatch(r"first-id +waiting +0% +0:\d\d +fetch_data 7203.T", lines[2])
    assert lines[3] == "page 1 of 1, tasks: 2; all tasks: waiting 1, running 1"
    assert run("tasks", "-q").output == "second-id\nfirst-id\n", "for cancel, pause and resume"


def test_a_list_that_is_looked_through_says_whether_there_may_be_more(
    run: Run, records: Records, start_api: StartApi
) -> None:
    for n in range(3):
        records.create(f"t{n}", owner="alice")
    text, token = tokens.new("one", "read", "fetch_data", owner="alice")
    api = start_api(redis_url=records.settings.redis_url, tokens=(token.line(),))
    listed = ("tasks", "--url", f"http://127.0.0.1:{api.port}", "--token", text, "--limit", "2")
    body = json.loads(run(*listed, "--json").output)
    assert [row["task_id"] for row in body["tasks"]] == ["t2", "t1"]
    assert run(*listed).output.splitlines()[3] == "there may be more"
    assert run(*listed[:-1], "3").output.splitlines()[4] == "no more"


def test_in_a_terminal_rows_fit_its_width(records: Records) -> None:
    task_id = "7b7de887-6f26-48b1-afe0-d09ecabe2ead"
    records.start(task_id, symbol="とても長い銘柄の名前" * 5)
    command = [str(Path(sys.executable).parent / "progress-backend"), "tasks"]
    env = {"PROGRESS_REDIS_URL": records.settings.redis_url or "", "PROGRESS_LOCALE": "en"}
    env["COLUMNS"] = ""  # the tests' own may be another
    with Terminal(command, env=env, columns=60, lines=24) as terminal:
        assert terminal.wait() == 0
        lines = terminal.written.splitlines()
    assert all(cells_of(line) <= 60 for line in lines[:2]), lines
    assert lines[1].startswith("7b7de887  running")
    assert lines[1].endswith("銘柄の名前")


LANGUAGES = [
    ({"LANG": "en_US.UTF-8"}, "STATUS"),
    ({"LANG": "ja_JP.UTF-8"}, "状態"),
    ({"LANG": "en_US.UTF-8", "LC_ALL": "ja_JP.UTF-8"}, "状態"),
    ({"LANG": "C.UTF-8"}, "STATUS"),
    ({}, "STATUS"),
    ({"LANG": "ja_JP.UTF-8", "PROGRESS_LOCALE": "en"}, "STATUS"),
]


@pytest.mark.parametrize(("environ", "head"), LANGUAGES)
def test_the_terminals_language_is_used_without_a_setting(
    records: Records, environ: dict[str, str], head: str
) -> None:
    records.create("the-id")
    unset = dict.fromkeys(["LANG", "LC_ALL", "LC_MESSAGES", "PROGRESS_LOCALE"])
    env = {**unset, "PROGRESS_REDIS_URL": records.settings.redis_url, **environ}
    assert head in CliRunner().invoke(main, ["tasks"], env=env).output.splitlines()[0]


def test_a_short_id_is_taken_where_it_is_unique(run: Run, records: Records) -> None:
    for task_id in ("7b7de887-6f26", "7b7de887-aaaa", "0c9e1111-bbbb"):
        records.start(task_id)
    assert "0c9e1111-bbbb" in run("show", "0c9e11").output
    assert run("pause", "0c9e11").output.startswith("pause of task 0c9e1111-bbbb is requested: ")
    records.complete("0c9e1111-bbbb")
    assert run("watch", "0c9e11").exit_code == 0
    result = run("cancel", "7b7de8")
    assert result.exit_code == 1
    assert result.output == (
        "Error: 2 task ids start with '7b7de8' (7b7de887-6f26, 7b7de887-aaaa): give more\n"
    )
    assert run("show", "0c9e1").exit_code == 1, "too little to be meant"


def test_a_short_id_that_is_not_found_among_many_has_to_be_whole(
    run: Run, records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    for task_id in ("newer-1", "newer-2"):
        records.create(task_id)
    records.member("member", "the-workflow")
    wanted = "give the whole id"
    assert wanted not in run("show", "7b7de887").output
    monkeypatch.setattr(naming, "AMONG", 2)
    assert wanted in run("show", "7b7de887").output
    assert wanted in run("cancel", "newer-1", "7b7de887").output
    assert wanted not in run("show", "7b7de887-6f26-4b1c-9e8d-0123456789ab").output
    assert run("show", "the-work").exit_code == 0, "a workflow's"


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
    assert run("tasks", "--page", str(10**9)).exit_code == 0
    assert run("tasks", "--page", str(10**9 + 1)).exit_code == 2


def test_show_prints_one_task_in_full(run: Run, records: Records) -> None:
    records.start("the-id")
    records.progress("the-id", 63, "two\nlines")
    output = run("show", "the-id").output
    for fact in ("the-id", "running", "63/252 (25%)", "two lines", "celery@tests", "7203.T"):
        assert fact in output
    body = json.loads(run("show", "the-id", "--json").output)
    assert body["progress"] == {"current": 63, "total": 252, "percentage": 25.0}


def test_show_names_the_lack_of_workers_for_a_waiting_task(run: Run, records: Records) -> None:
    records.create("the-id")
    assert run("show", "the-id").output.endswith(
        "\nNo workers that track tasks: start one of an app with install().\n"
    )
    records.start("the-id")
    assert "No workers" not in run("show", "the-id").output


def test_show_prints_the_timeline(run: Run, records: Records) -> None:
    records.start("the-id")
    records.apply("the-id", ev.Paused(by="alice", reason="the market is closed"))
    records.apply("the-id", ev.Resumed(by="cli"))
    records.apply("the-id", ev.Retried(retries=1, message="HTTPError: 503"))
    lines = run("show", "the-id").output.split("\n\n")[1].splitlines()
    about = [re.sub(r"^\S+ \S+ \S+  ", "", line) for line in lines]
    assert about == [
        "created",
        "started          attempt 1",
        "pause requested  alice, the market is closed",
        "resumed          cli",
        "retry            attempt 1, celery@tests, HTTPError: 503",
    ]


def test_pause_resume_and_cancel_change_the_record(run: Run, records: Records) -> None:
    records.start("the-id")
    asked = (
        "pause of task the-id is requested: a waiting task does not start, and a running task "
        "waits at its next update\n"
    )
    assert run("pause", "the-id", "--reason", "lunch").output == asked
    assert records.get("the-id").control["reason"] == "lunch"
    assert run("pause", "the-id").output == asked
    records.apply("the-id", ev.Acknowledged())
    assert records.get("the-id").status == "paused"
    assert run("pause", "the-id").exit_code == 0
    assert run("resume", "the-id").output == (
        "resume of task the-id is requested: waiting tasks continue\n"
    )
    assert records.get("the-id").status == "running"
    assert run("cancel", "the-id", "--reason", "wrong file").output == (
        "cancel of task the-id is requested: a waiting task never starts, and a running task "
        "reads it at its next update\n"
    )
    task = records.get("the-id")
    assert (task.status, task.control["reason"], task.control["by"]) == (
        "cancelled",
        "wrong file",
        "cli",
    )


def test_what_has_ended_cannot_be_cancelled_but_once_more(run: Run, records: Records) -> None:
    records.create("over")
    assert run("cancel", "over").exit_code == 0
    again = run("cancel", "over")
    assert (again.exit_code, again.output) == (
        0,
        "cancel of task over had already been requested\n",
    )
    records.start("the-id")
    records.complete("the-id")
    result = run("cancel", "the-id")
    assert result.exit_code == 1
    assert result.output == "cancel of task the-id was refused: already ended (completed)\n"
    assert records.get("the-id").status == "completed"


def test_several_ids_and_what_refuses_some(run: Run, records: Records) -> None:
    for task_id in ("one-1", "two-222", "done-3", "done-4"):
        records.start(task_id)
    for task_id in ("done-3", "done-4"):
        records.complete(task_id)
    done = run(
        "pause", "one-1", "two-22", "two-222", "done-3", "done-4", "nobody", "--reason", "lunch"
    )
    assert done.exit_code == 1
    assert done.stdout == (
        "pause of 2 tasks (one-1, two-222) is requested: a waiting task does not start, and a "
        "running task waits at its next update\n"
    )
    assert done.stderr == (
        "pause of 2 tasks (done-3, done-4) was refused: already ended (completed)\n"
        "pause of task nobody was refused: not found\n"
    )
    control = records.get("two-222").control
    assert control["reason"] == "lunch"
    assert str(control["by"]).startswith("cli")
    again = run("resume", "one-1", "two-222")
    assert (again.exit_code, again.output) == (
        0,
        "resume of 2 tasks (one-1, two-222) is requested: waiting tasks continue\n",
    )


def test_more_ids_than_one_command_takes_are_refused(run: Run) -> None:
    refused = run("cancel", *(f"t{n}" for n in range(201)))
    assert refused.exit_code == 2
    assert "give 200 TASK_IDs at most, not 201" in refused.output


@pytest.mark.parametrize(
    "args", [["show", "x"], ["cancel", "x"], ["pause", "x"], ["resume", "x"], ["watch", "x"]]
)
def test_an_unknown_id_is_one_line(run: Run, args: list[str]) -> None:
    result = run(*args)
    refused = f"{args[0]} of task x was refused: not found\n"
    error = f"Error: Task x not found{LISTED}\n" if args[0] in ("show", "watch") else refused
    assert (result.exit_code, result.output) == (1, error)


@pytest.mark.parametrize("args", [["tasks"], ["show", "x"], ["cancel", "x"]])
def test_a_store_that_does_not_answer_is_one_line(run: Run, args: list[str]) -> None:
    result = run(*args, PROGRESS_REDIS_URL=UNUSED)
    assert result.exit_code == 1
    assert result.output.startswith("Error: the progress store does not answer: ")
    assert result.output.count("\n") == 1


def test_settings_that_cannot_be_used_are_one_line(run: Run) -> None:
    for url in ("http://example", "redis://127.0.0.1:port/0"):
        result = run("tasks", PROGRESS_REDIS_URL=url)
        assert result.exit_code == 1, result.output
        assert result.output.startswith("Error: PROGRESS_REDIS_URL ")
        assert result.output.count("\n") == 1


def test_ids_and_filters_together_are_refused(run: Run) -> None:
    assert run("watch", "x", "--status", "running").exit_code == 2


def test_an_interval_that_is_no_number_is_refused(run: Run, records: Records) -> None:
    records.create("x")
    result = run("watch", "x", "--interval", "nan")
    assert (result.exit_code, "--interval: nan is not a number" in result.output) == (2, True)


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


def test_watch_waits_while_an_end_may_be_taken_back_and_says_until_when(
    run: Run, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = Records(redis_url, lease_s=30, locale="en").lose("job", again_s=600)
    ahead, seconds = [0], RedisClock.seconds
    monkeypatch.setattr(RedisClock, "seconds", lambda clock: seconds(clock) + sum(ahead))
    clock = SimpleNamespace(sleep=lambda _: ahead.append(400))  # so long between two reads
    monkeypatch.setattr(watch_command, "time", clock)
    result = run("watch", "job")
    assert ahead == [0, 400, 400], "630 s are over with the third read"
    assert result.exit_code == 1
    printed, final = result.output.splitlines()
    assert lost.message.startswith("Worker lost; may run again until ")
    assert f"{lost.message} (Worker celery@tests stopped answering)" in printed
    assert "stopped answering" in final
    assert "may run again" not in final
    shown = run("show", "job").output
    assert re.search(r"Message +An error occurred", shown)
    assert json.loads(run("show", "job", "--json").output)["final"] is True
    assert json.loads(run("tasks", "--json").output)["tasks"][0]["final"] is True


def test_watch_ends_at_once_with_a_lost_run_that_no_message_starts_again(
    run: Run, records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    records.lose("job")
    seconds = RedisClock.seconds  # a lease later its end is final
    monkeypatch.setattr(RedisClock, "seconds", lambda clock: seconds(clock) + 120)
    monkeypatch.setattr(watch_command, "time", SimpleNamespace(sleep=pytest.fail))
    assert run("watch", "job").exit_code == 1


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
    watching.wait_for_log("Not up to date: last read")
    server.start()  # empty: nothing was saved
    Records(server.url).create("another-id")
    watching.wait_for_log("waiting .*another-id")


def test_watch_gives_up_a_store_that_stays_away(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("progress_backend.terminal.readers.AWAY_S", 0.2)
    for args in (["watch"], ["watch", "the-id"]):
        result = run(*args, "--interval", "0.1", PROGRESS_REDIS_URL=UNUSED)
        assert result.exit_code == 1
        assert "Error: the progress store does not answer" in result.output
        assert result.output.count("does not answer") == 2, "logged once, and at the end"


def test_a_pipe_that_is_closed_ends_a_command_in_peace(records: Records) -> None:
    records.create("the-id")
    ours, theirs = os.pipe()
    os.close(ours)  # as `| head` does when it has seen enough
    done = subprocess.run(
        [Path(sys.executable).parent / "progress-backend", "tasks"],
        env={**os.environ, "PROGRESS_REDIS_URL": records.settings.redis_url or ""},
        stdout=theirs,
        stderr=subprocess.PIPE,
        text=True,
        timeout=300,
    )
    os.close(theirs)
    assert (done.returncode, done.stderr) == (0, "")


def test_serve_serves_the_app_and_its_store(
    start_service: StartService, app_folder: Path, records: Records
) -> None:
    records.create("the-id")
    command = [Path(sys.executable).parent / "progress-backend", "serve", "-A", "shop"]
    serving = start_service([*command, "--port", "0"], cwd=app_folder)
    address = serving.wait_for_log(r"http://127\.0\.0\.1:\d+")[0]
    with urlopen(f"{address}/internal/task/the-id/status", timeout=60) as response:
        assert json.load(response)["status"] == "created"


@pytest.mark.parametrize(
    ("name", "package", "how"),
    [
        ("serve", "fastapi", "pip install 'progress-backend[api]'"),
        (
            "demo",
            "rich",
            "pip install 'progress-backend[demo]', "
            "or uvx --from 'WHEEL[demo]' progress-backend demo",
        ),
    ],
)
def test_without_its_extra_a_command_names_what_to_install(
    run: Run, monkeypatch: pytest.MonkeyPatch, name: str, package: str, how: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    result = run(name)
    assert result.exit_code == 1
    assert result.output == f"Error: this needs {package}: {how}\n"


def test_celery_has_the_commands_and_its_app_names_the_store(
    app_folder: Path, records: Records
) -> None:
    records.create("the-id")
    installed = [Path(sys.executable).parent / "celery", "-A", "shop", "progress", "tasks"]
    done = subprocess.run(installed, capture_output=True, text=True, timeout=300)
    assert (done.returncode, "the-id" in done.stdout) == (0, True), done.stderr
    progress = ("celery", "-A", "shop", "progress")
    code, text = command(*progress, "cancel", "the-id")
    assert (code, text.startswith("cancel of task the-id is requested: ")) == (0, True)
    assert command(*progress, "show", "unknown") == (1, f"Error: Task unknown not found{LISTED}\n")


@pytest.mark.parametrize("args", [("-A", "shop", "show"), ("show", "-A", "shop")])
def test_an_app_can_be_named_before_and_behind_a_command(
    app_folder: Path, records: Records, args: tuple[str, ...]
) -> None:
    records.create("the-id")
    code, output = command("progress-backend", *args, "the-id", CELERY_APP="nosuchapp")
    assert code == 0, output
    assert "the-id" in output


def test_a_marked_task_without_install_is_named(app_folder: Path) -> None:
    marked = "from progress_backend import progress_task\n"
    marked += "@app.task(name='fetch', shared=False)\n@progress_task\ndef fetch(): ...\n"
    text = (app_folder / "shop.py").read_text()
    for bare, warned in ((True, True), (False, False)):
        install = "" if bare else "from progress_backend import install\ninstall(app)\n"
        (app_folder / f"shop_{bare}.py").write_text(f"{text}\n{install}{marked}")
        code, output = command("progress-backend", "tasks", "-A", f"shop_{bare}")
        sys.modules.pop(f"shop_{bare}", None)
        assert code == 0, output
        assert (
            "fetch has @progress_task, but install() was not called on its app" in output
        ) == warned


def test_the_environment_names_the_app_where_no_option_does(
    app_folder: Path, records: Records
) -> None:
    records.create("the-id")
    code, output = command("progress-backend", "tasks", CELERY_APP="shop")
    assert (code, "the-id" in output) == (0, True), output


def test_an_app_that_cannot_be_loaded_is_one_line(app_folder: Path) -> None:
    code, output = command("progress-backend", "tasks", "-A", "nosuchapp")
    assert code == 1
    assert output.startswith("Error: cannot load the Celery app 'nosuchapp': ModuleNotFoundError")
    assert output.count("\n") == 1


def test_a_missing_attribute_is_named(app_folder: Path) -> None:
    code, output = command("progress-backend", "tasks", "-A", "shop:ap")
    assert (code, "module 'shop' has no attribute 'ap'" in output) == (1, True), output


@pytest.mark.parametrize("broker", ["redis:/SECRET@one", "SECRET@one", "http://:SECRET@one"])
def test_an_app_without_a_store_shows_its_broker(app_folder: Path, broker: str) -> None:
    (app_folder / "shop.py").write_text(
        f"from celery import Celery\napp = Celery('shop', broker={broker!r}, set_as_current=False)"
    )
    for name in ("serve", "tasks"):
        code, output = command("progress-backend", name, "-A", "shop")
        assert (code, output.count("\n")) == (1, 1)
        assert "the Celery app's broker is '" in output
        assert "one', which is not a Redis URL" in output
        assert "SECRET" not in output


LISTED = " (the command tasks lists what is recorded)"
NO_STORE = "Error: no store is configured: set PROGRESS_REDIS_URL"


def test_without_a_store_one_line_says_what_to_do() -> None:
    code, output = command("progress-backend", "serve")
    assert (code, output.count("\n")) == (1, 1)
    assert output.startswith(NO_STORE)


@pytest.mark.parametrize("args", [["taks"], ["-A", "shop", "progress", "taks"]])
def test_a_mistyped_command_gets_the_one_that_is_meant(app_folder: Path, args: list[str]) -> None:
    done = CliRunner().invoke(main if len(args) == 1 else celery, args)
    assert done.exit_code == 2
    assert "Did you mean one of these?\n    tasks" in done.output


def test_list_is_a_name_for_tasks(run: Run, records: Records) -> None:
    records.start("t")
    assert run("list").output == run("tasks").output
    assert "\n  list" not in run("--help").output
