"""The command `logs`, over a store."""

import time
from types import SimpleNamespace

import pytest
import redis

from progress_backend.cli import read_commands
from progress_backend.flows import task_log
from progress_backend.operations.keys import Keys
from progress_backend.record import events as ev
from progress_backend.record.log_line import LogLine
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from tests.cli.conftest import Run

TASK_ID = "8a4b0e7c-0001"


def written(redis_url: str, *lines: tuple[str, str], lost: int = 0, ends: bool = True) -> None:
    with Store(Settings(redis_url=redis_url)) as store:
        store.ready()
        created = ev.Created(identity=ev.Identity(task_type="fetch_data"))
        store.run(store.flows.apply(TASK_ID, (created,), store.now()))
        begin, rest = lines[:1], lines[1:]
        for some, gone in ((begin, 0), (rest, lost)):
            given = [LogLine(1_705_282_200.25, level, text) for level, text in some]
            about = (TASK_ID, 1, given, gone, store.settings, store.flows.redaction)
            store.execute(task_log.add(*about))
        if ends:
            store.run(store.flows.apply(TASK_ID, (ev.Cancelled(by="api"),), store.now()))


def test_the_lines(run: Run, redis_url: str) -> None:
    written(redis_url, ("info", "a"), ("warning", "two\nlines"), ("error", "\x1b[2Jred"))
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


def test_colours_where_they_are_wanted(run: Run, redis_url: str) -> None:
    written(redis_url, ("error", "red"))
    coloured = [
        "\x1b" in run("logs", TASK_ID, color=True, NO_COLOR=wish, TERM=term).output
        for wish, term in (("", "xterm"), ("1", "xterm"), ("", "dumb"))
    ]
    assert coloured == [True, False, False]


def test_following_ends_with_the_task_and_counts_missing_lines(run: Run, redis_url: str) -> None:
    written(redis_url, ("info", "a"), ("info", "b"), lost=7)
    result = run("logs", TASK_ID, "-f")
    assert result.exit_code == 0, result.output
    assert "… 7 lines are gone" in result.output
    assert result.output.splitlines()[-1].endswith("b")


def test_following_goes_on_after_the_store_has_lost_the_record(
    run: Run, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(redis_url, ("info", "a"), ends=False)

    def lost_and_written_again(_: float) -> None:
        with redis.Redis.from_url(redis_url) as client:
            if client.exists(Keys().task(TASK_ID)):
                client.flushdb()
            else:
                written(redis_url, ("info", "b"), ("info", "c"))

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
    run: Run, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(redis_url, ("info", "a"), ends=False)

    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    clock = SimpleNamespace(sleep=interrupted, monotonic=time.monotonic)
    monkeypatch.setattr(read_commands, "time", clock)
    result = run("logs", TASK_ID, "-f")
    assert (result.exit_code, result.stderr) == (130, "")
    assert result.stdout.endswith("info     a\n")
