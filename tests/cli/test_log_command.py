"""The command `logs`, over a store."""

import time
from types import SimpleNamespace

import pytest
import redis

from progress_backend.cli import read_commands
from progress_backend.operations.keys import Keys
from progress_backend.record import events as ev
from tests.cli.conftest import Run
from tests.records import Records

TASK_ID = "8a4b0e7c-0001"


def written(records: Records, *lines: tuple[str, str], lost: int = 0, ends: bool = True) -> None:
    records.create(TASK_ID)
    for number, (level, text) in enumerate(lines):
        records.log(TASK_ID, text, level=level, lost=lost if number else 0)
    if ends:
        records.apply(TASK_ID, ev.Cancelled(by="api"))


def test_the_lines(run: Run, records: Records) -> None:
    written(records, ("info", "a"), ("warning", "two\nlines"), ("error", "\x1b[2Jred"))
    result = run("logs", TASK_ID)
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert [line.split("  ", 1)[1] for line in lines if not line.startswith("  ")] == [
        "info     a",
        "warning  two",
        "error    [2Jred",
    ]
    assert lines[2].strip() == "lines"
    assert run("logs", TASK_ID[:6], "-n", "1").output.splitlines() == lines[-1:]


def test_colours_where_they_are_wanted(run: Run, records: Records) -> None:
    written(records, ("error", "red"))
    coloured = [
        "\x1b" in run("logs", TASK_ID, color=True, NO_COLOR=wish, TERM=term).output
        for wish, term in (("", "xterm"), ("1", "xterm"), ("", "dumb"))
    ]
    assert coloured == [True, False, False]


def test_following_ends_with_the_task_and_counts_missing_lines(run: Run, records: Records) -> None:
    written(records, ("info", "a"), ("info", "b"), lost=7)
    result = run("logs", TASK_ID, "-f")
    assert result.exit_code == 0, result.output
    assert "… 7 lines are gone" in result.output
    assert result.output.splitlines()[-1].endswith("b")


def test_following_goes_on_after_the_store_has_lost_the_record(
    run: Run, redis_url: str, records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(records, ("info", "a"), ends=False)

    def lost_and_written_again(_: float) -> None:
        with redis.Redis.from_url(redis_url) as client:
            if client.exists(Keys().task(TASK_ID)):
                client.flushdb()
            else:
                written(records, ("info", "b"), ("info", "c"))

    clock = SimpleNamespace(sleep=lost_and_written_again, monotonic=time.monotonic)
    with monkeypatch.context() as patched:
        patched.setattr(read_commands, "time", clock)
        patched.setattr(read_commands, "_LINES", 2)  # the end's read does not wait
        result = run("logs", TASK_ID, "-f")
    assert result.exit_code == 0, result.output
    assert [line[-1] for line in result.stdout.splitlines()] == ["a", "b", "c"]


def test_a_task_that_is_not_there(run: Run) -> None:
    result = run("logs", "nobody")
    assert result.exit_code == 1
    assert "nobody" in result.output


def test_ctrl_c_ends_following_without_a_word(
    run: Run, records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(records, ("info", "a"), ends=False)

    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    clock = SimpleNamespace(sleep=interrupted, monotonic=time.monotonic)
    monkeypatch.setattr(read_commands, "time", clock)
    result = run("logs", TASK_ID, "-f")
    assert (result.exit_code, result.stderr) == (130, "")
    assert result.stdout.endswith("info     a\n")
