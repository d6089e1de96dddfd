"""Many tasks that are cancelled, paused and resumed by one command."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from click.testing import CliRunner, Result

from progress_backend import tokens
from progress_backend.cli import control_commands, main
from progress_backend.errors import StoreUnavailable
from progress_backend.terminal.source import Source
from tests.records import Records
from tests.web.conftest import StartApi, start_api

__all__ = ["start_api"]

WRITE, WRITE_TOKEN = tokens.new("writer", "write")
Run = Callable[..., Result]


@pytest.fixture
def records(redis_url: str) -> Records:
    return Records(redis_url, locale="en")


@pytest.fixture
def run(records: Records) -> Run:
    env = {"PROGRESS_REDIS_URL": records.settings.redis_url, "PROGRESS_LOCALE": "en"}

    def call(*args: str, text: str | None = None) -> Result:
        return CliRunner().invoke(main, args, env=env, input=text)

    return call


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
        "pause of 2 tasks (one-1, two-222) is asked: what waits does not begin, and what runs "
        "waits at its next update\none-1  pause asked\ntwo-222  pause asked\n"
    )
    assert done.stderr == (
        "pause of 2 tasks (done-3, done-4) was refused: completed\n"
        "pause of task nobody was refused: not found\n"
    )
    control = records.get("two-222").control
    assert control is not None
    assert control["reason"] == "lunch"
    assert str(control["by"]).startswith("cli")
    again = run("resume", "one-1", "two-222")
    assert (again.exit_code, again.output) == (
        0,
        "resume of 2 tasks (one-1, two-222) is asked: what waits goes on\n"
        "one-1  running\ntwo-222  running\n",
    )


def test_those_that_pass_after_a_question(
    run: Run, records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control_commands, "MOST_NAMED", 2)
    for number in range(5):
        records.create(f"job-{number}", owner="bob")
    records.start("other", symbol="6758.T")
    records.complete("other")
    no = run("cancel", "--type", "fetch_data", text="n\n")
    assert no.exit_code == 1
    assert "Cancel 5 tasks (job-4, job-3, job-2, …)? [y/N]" in no.output
    assert records.get("job-0").status == "created"
    few = run("cancel", "--owner", "bob", "--limit", "3", text="y\n")
    assert few.exit_code == 0, few.output
    assert "Cancel 3 of the tasks that pass?" in few.output
    assert "cancel of 3 tasks (job-4, job-3, job-2) is asked: what waits never begins" in few.output
    assert few.output.endswith("more tasks pass: the same command goes on with these\n")
    assert [str(records.get(f"job-{n}").status) for n in range(5)] == [
        *("created", "created", "cancelled", "cancelled", "cancelled")
    ]
    for number in range(2):
        records.start(f"job-{number}")
        records.warning(f"job-{number}", late=datetime.now(UTC))
    late = run("pause", "--warning", "late", text="y\n")
    assert "Pause 2 tasks (" in late.output
    assert "pause of 2 tasks (" in late.output
    assert "more tasks" not in late.output
    done = run("cancel", "--status", "completed", "--yes")
    assert done.output == "cancel of task other was refused: completed\n"
    assert done.exit_code == 1
    for args in (("--warning", "late", "-y"), ("--symbol", "6758.T")):
        none = run("cancel", *args)
        assert (none.exit_code, none.output) == (0, "no task passes; nothing was changed\n")


def test_an_api_that_takes_no_more_for_now_is_asked_again(
    records: Records, start_api: StartApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, lines = records.settings.redis_url, (WRITE_TOKEN.line(),)
    api = start_api(redis_url=url, tokens=lines, max_writes=1.0)  # ten at once
    monkeypatch.setattr(control_commands, "MOST_NAMED", 10)
    ids = [f"job-{number}" for number in range(12)]
    for task_id in ids:
        records.create(task_id)
    args = ["cancel", *ids, "--url", f"http://127.0.0.1:{api.port}", "--token", WRITE]
    done = CliRunner().invoke(main, args)
    assert done.stdout.startswith("cancel of 12 tasks ("), done.output
    assert f"http://127.0.0.1:{api.port} takes more in " in done.stderr, "it is told"


@pytest.mark.parametrize(
    ("args", "code", "why"),
    [
        ((), 2, "give TASK_IDs, or --workflow ID, or a filter"),
        (("a", "--type", "fetch_data"), 2, "give TASK_IDs, or --workflow ID, or a filter"),
        (("--workflow", "w", "--owner", "bob"), 2, "or a filter such as --type NAME"),
        (tuple(f"t{n}" for n in range(1001)), 2, "give 1,000 TASK_IDs at most, not 1,001"),
        (("--warning", "late", "--type", "x"), 1, "task_type and warning do not go together"),
        (("--created-to", "soon"), 1, "created_to must be a time with an offset"),
    ],
)
def test_what_cannot_be_asked(records: Records, args: tuple[str, ...], code: int, why: str) -> None:
    env = {"PROGRESS_REDIS_URL": records.settings.redis_url}
    refused = CliRunner().invoke(main, ["cancel", *args], env=env)
    assert (refused.exit_code, why in refused.output) == (code, True), refused.output


@pytest.mark.parametrize(
    ("stop", "said"),
    [(KeyboardInterrupt, "Aborted!"), (StoreUnavailable, "Error: the store is away")],
)
def test_what_was_asked_before_a_stop_is_told(
    run: Run,
    records: Records,
    monkeypatch: pytest.MonkeyPatch,
    stop: Callable[[str], BaseException],
    said: str,
) -> None:
    monkeypatch.setattr(control_commands, "MOST_NAMED", 2)
    for number in range(5):
        records.create(f"job-{number}")
    asked: list[object] = []
    act = Source.act

    def second_one_fails(source: Source, *about: Any) -> Any:
        asked.append(about)
        if len(asked) == 2:
            raise stop("the store is away")
        return act(source, *about)

    monkeypatch.setattr(Source, "act", second_one_fails)
    done = run("cancel", *(f"job-{number}" for number in range(5)))
    assert done.exit_code == 1
    assert done.stderr.startswith("cancel of 2 tasks (job-0, job-1) was asked before\n")
    assert said in done.stderr
