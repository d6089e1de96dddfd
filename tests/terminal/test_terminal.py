"""Views on a screen and as lines; what the reader does while the store is away."""

from __future__ import annotations

import io
import pty
import re
import signal
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from msgspec import to_builtins
from msgspec.structs import replace
from rich.cells import cell_len
from rich.console import Console

from progress_backend.errors import TaskNotFound
from progress_backend.operations.call import Layout
from progress_backend.operations.keys import Keys
from progress_backend.record import events as ev
from progress_backend.record.default_texts import LOCALES, Locale, in_language
from progress_backend.record.fields import ItemsDone, Link
from progress_backend.record.list_request import ListRequest
from progress_backend.record.model import STATUSES, Task, Worker
from progress_backend.terminal import formats, printing
from progress_backend.terminal.bars import Bars
from progress_backend.terminal.keys import can_be_read
from progress_backend.terminal.opening import of_store
from progress_backend.terminal.readers import (
    ListReader,
    Reader,
    TasksReader,
    WorkflowReader,
    follow,
)
from progress_backend.terminal.rows import RecordRow, View
from progress_backend.terminal.screen import Screen
from progress_backend.terminal.shows import Lines, show_in_terminal
from progress_backend.terminal.watch_state import WatchState
from tests.conftest import StartServer
from tests.records import Records
from tests.terminal.rows import row_of
from tests.terminals import Terminal
from tests.waiting import eventually

NOW = datetime(2024, 1, 15, 10, 30, tzinfo=UTC)


def task(number: int = 1, **values: Any) -> RecordRow:
    start = NOW + timedelta(seconds=number)
    given = {
        "task_id": f"id-{number}",
        "task_type": "fetch_data",
        "symbol": "7203.T",
        "total_items": 252,
        "status": "running",
        "created_at": start,
        "started_at": start,
        "updated_at": NOW + timedelta(seconds=40),
    }
    return row_of(Task(**{**given, **values}))


RUNNING = task(1, current_items=150, rate=10, message="データを処理しています... (150/252)")
MANY = (
    RUNNING,
    task(2, status="completed", current_items=252, rate=12.3, completed_at=NOW),
    task(3, status="error", error_message="no symbol NOPE\n" * 30, completed_at=NOW),
    task(4, status="paused", symbol="トヨタ自動車株式会社", task_type="とても長い種別の名前" * 3),
    task(5, status="cancelled", message="取消", control={"reason": "\x1b[31mnot needed\x07"}),
    task(6, total_items=None, current_items=123_456_789, rate=123_456.0, message="流れています"),
    task(7, status="created", started_at=None, symbol=None),
    task(8, status="cancelled", control={"action": "cancel", "acknowledged_at": None}),
)


def drawn(view: View, width: int = 80, height: int = 40, locale: Locale = "en") -> list[str]:
    out = io.StringIO()
    Console(file=out, width=width, height=height).print(Screen(view, locale))
    return out.getvalue().splitlines()


@pytest.mark.parametrize("width", [50, 80, 130])
@pytest.mark.parametrize("height", [4, 12, 60])
def test_a_workflow_stands_before_its_members_however_short_the_screen(
    width: int, height: int
) -> None:
    summary = "5 of 9 tasks have ended (error 1)"
    its = {"task_type": "fetch ×8", "symbol": None, "total_items": 1_000}
    whole = task(0, **its, current_items=611, message=summary)
    view = View(MANY, {"running": 1}, 9, NOW, workflow=whole)
    head, *rows = drawn(view, width, height)
    assert all(cell_len(line) <= width for line in (head, *rows))
    assert re.search(r"running +fetch ×8 .*61\.1%", rows[0])
    assert "5 of 9 tasks have ended" in rows[1]
    if height == 60:
        shown = [row for row in rows if re.search(r"(?<!\w)fetch_data|150/252", row)]
        assert shown, "members follow"
    assert not View(workflow=whole, at=NOW).ended
    done = task(0, **its, status="completed", completed_at=NOW)
    over = View(MANY, workflow=done, at=NOW)
    assert (over.ended, over.completed) == (True, True), "whatever is read of its members"


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("width", [20, 40, 60, 80, 100, 120, 200])
def test_no_line_is_wider_than_the_terminal(width: int, locale: Locale) -> None:
    view = View(MANY, dict.fromkeys(STATUSES, 1_000_000), 99_999, NOW, TaskNotFound("gone\n" * 50))
    for line in drawn(view, width, locale=locale):
        assert cell_len(line) <= width, line
        assert "\x1b" not in line
        assert "\x07" not in line


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("width", [20, 40, 60])
def test_no_row_of_a_table_is_wider_than_the_terminal(width: int, locale: Locale) -> None:
    asked = {"action": "cancel", "acknowledged_at": None}
    rows = (*MANY, task(4, status="paused"), task(5, control=asked))
    tasks = [replace(each, task_id=f"{n}b7de887-aaaa") for n, each in enumerate(rows)]
    lines = list(printing.of_tasks(tasks, NOW, width, locale))
    assert max(map(cell_len, lines)) <= width, lines
    assert ("%" in lines[0]) is (width == 60), lines[0]


def test_keys_are_not_read_from_a_terminal_of_another_session(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ours, theirs = pty.openpty()
    with open(ours, "rb"), open(theirs) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        assert not can_be_read()


def test_ids_are_as_short_as_they_are_unique() -> None:
    assert formats.short_ids(["7b7de887-6f26", "7b7de887-aaaa", "0"]) == [
        "7b7de887-6",
        "7b7de887-a",
        "0",
    ]
    assert formats.short_ids(["7b7de887-6f26"]) == ["7b7de887"]
    assert formats.short_ids(["same-long-id", "same-long-id"]) == ["same-lon", "same-lon"]
    assert formats.short_ids([]) == []


@pytest.mark.parametrize("height", [6, 10, 24])
def test_more_tasks_than_lines_leave_those_that_run(height: int) -> None:
    done = tuple(task(n, status="completed", completed_at=NOW) for n in range(2, 60))
    lines = drawn(View((RUNNING, *done), {"running": 1, "completed": 58}, 500, NOW), height=height)
    assert len(lines) < height
    assert any("59.5%" in line for line in lines)
    assert "more" in lines[-1]


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (7.25, "7.2"), (9999, "9999"), (12_340, "12.3k"), (123_456, "123k"), (5e6, "5.0M")],
)
def test_numbers_stay_short(number: float, text: str) -> None:
    assert formats.short(number) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-5, "0:00"), (9.9, "0:09"), (3_599, "59:59"), (3_600, "1:00:00"), (200_000, "2d 07h")],
)
def test_durations(seconds: float, text: str) -> None:
    assert formats.duration(seconds) == text


def test_rows_scroll_with_the_selected_one_in_their_middle() -> None:
    rows = tuple(task(n) for n in range(10, 40))
    for at, shown in ((10, range(10, 19)), (25, range(21, 30)), (39, range(31, 40))):
        state = WatchState(selected=f"id-{at}", scrolls=True)
        chosen = Screen(View(rows, at=NOW), "en", height=12, state=state)
        console = Console(file=(out := io.StringIO()), width=80, height=40)
        console.print(chosen)
        assert re.findall(r"id-\d+", out.getvalue()) == [f"id-{n}" for n in shown]


def test_rates_have_three_digits_or_the_jobs_own_words() -> None:
    rates = [formats.rate("en", task(rate=rate)) for rate in (12345.6, 12.34, 0.01234, 0, None)]
    assert rates == ["12,346/s", "12.3/s", "0.0123/s", "0/s", "–"]
    assert formats.rate("ja", task(rate=12.0)) == "12 件/秒"
    own = task(rate=12.0, processing_details={"processing_rate": "3 files/min"})
    assert formats.rate("ja", own) == "3 files/min"


def test_each_change_is_one_line_and_lines_are_few() -> None:
    out = io.StringIO()
    show = Lines(out, "en")
    show.show(View(at=NOW))
    for n in range(1000):
        show.show(View((replace(RUNNING, progress=ItemsDone(n, 1000, n / 10)),), at=NOW))
    done = task(status="completed", current_items=252, completed_at=NOW)
    show.show(View((done,), at=NOW))
    show.show(View((done,), at=NOW))
    lines = out.getvalue().splitlines()
    assert lines[0] == "No tasks yet…"
    assert len(lines) == 1 + 10 + 1
    assert "completed  100%" in lines[-1]


CANCEL = {"action": "cancel", "by": "cli", "reason": None, "at": "then", "acknowledged_at": None}


@pytest.mark.parametrize(
    ("locale", "asked"), [("en", "cancel requested"), ("ja", "キャンセルの依頼中")]
)
def test_a_cancel_is_asked_until_its_run_has_ended(locale: Locale, asked: str) -> None:
    waits = task(status="cancelled", completed_at=NOW, control=CANCEL)
    over = replace(waits, control={**CANCEL, "acknowledged_at": "now"})
    assert any(asked in line for line in drawn(View((waits,), at=NOW), locale=locale))
    assert not any(asked in line for line in drawn(View((over,), at=NOW), locale=locale))
    out = io.StringIO()
    show = Lines(out, locale)
    for seen in (RUNNING, waits, waits, over, over):
        show.show(View((seen,), at=NOW))
    _, first, second = out.getvalue().splitlines()
    assert (asked in first, asked in second) == (True, False)


@pytest.mark.parametrize(
    ("locale", "still"), [("en", "still running on celery@a"), ("ja", "celery@a で実行中")]
)
def test_a_run_that_goes_on_after_its_cancel_has_not_ended(locale: Locale, still: str) -> None:
    worker = Worker("lease", "celery@a")
    waits = task(status="cancelled", completed_at=NOW, control=CANCEL, worker=worker)
    over = replace(waits, control={**CANCEL, "acknowledged_at": "now"})
    later = NOW + timedelta(minutes=5)

    def shown(one: RecordRow) -> list[str]:
        watched = drawn(View((one,), at=later), 160, locale=locale)
        return ["\n".join(watched), "\n".join(printing.of_record(to_builtins(one), later, locale))]

    assert [still in text for text in shown(waits)] == [True, True]
    assert [still in text for text in shown(over)] == [False, False]
    ended = formats.word(locale, "cancelled")
    listed = ["\n".join(printing.of_tasks([one], later, None, locale)) for one in (waits, over)]
    assert [ended in text for text in listed] == [False, True]
    assert formats.elapsed(waits, later) != formats.elapsed(over, later)


def test_a_summary_counts_a_run_that_goes_on_as_running(redis_url: str) -> None:
    records = Records(redis_url)
    for task_id in ("asked", "over"):
        records.start(task_id)
        records.apply(task_id, ev.Cancelled(by="api"))
    records.apply("over", ev.Acknowledged())
    with of_store(records.settings, "en") as source:
        reader = ListReader(source, ListRequest(top=True, limit=20))
        counts = reader.read().counts
        assert (counts["running"], counts["cancelled"]) == (1, 1)
        records.apply("asked", ev.Acknowledged())
        counts = reader.read().counts
        assert (counts["running"], counts["cancelled"]) == (0, 2)


@pytest.mark.parametrize("locale", LOCALES)
def test_a_quiet_workflow_says_that_a_message_is_not_known(redis_url: str, locale: Locale) -> None:
    records = Records(redis_url)
    for task_id in ("first", "next"):
        records.member(task_id, "quiet")
    records.run("first")
    records.complete("first")
    with redis.Redis.from_url(redis_url) as client:
        client.hset(Keys().workflow("quiet"), "changed", 1_700_000_000_000)
    with of_store(records.settings, locale) as source:
        view, body = WorkflowReader(source, "quiet").read(), source.workflow("quiet")
    code = body["message_code"]
    assert (code["code"], code["args"]["current"], code["args"]["total"]) == ("member_waits", 1, 2)
    says = in_language(locale, "", code)
    assert any(says in line for line in drawn(view, 200, locale=locale))


def test_the_reader_has_the_places_of_waiting_tasks(redis_url: str) -> None:
    records = Records(redis_url)
    for number in range(3):
        records.publish(f"id-{number}")
    records.start("runs")

    def ahead(reader: Reader) -> list[int | None]:
        return [task.ahead for task in reader.read().tasks]

    with of_store(records.settings, "en") as source:
        reader = TasksReader(source, ["id-2", "id-0", "runs"])
        assert ahead(reader) == [2, 0, None]
        records.run("id-0")
        eventually(lambda: ahead(reader) == [1, None, None])


def test_what_is_no_record_has_a_row_beside_the_others(redis_url: str) -> None:
    records = Records(redis_url)
    records.start("good")
    key = Layout.of(records.settings).keys[0].task("bad")
    with redis.Redis.from_url(redis_url) as client:
        client.set(key, "no record")
    with of_store(records.settings, "en") as source:
        view = TasksReader(source, ["good", "bad"]).read()
    assert [task.task_id for task in view.tasks] == ["good", "bad"]
    assert "is not a record" in (view.tasks[1].error_message or "")


def test_a_missing_record_is_reported_and_waited_for_briefly(
    start_server: StartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = start_server()
    records = Records(server.url, locale="en")
    records.start("the-id")
    records.start("other")
    records.member("m1", "flow")
    monkeypatch.setattr("progress_backend.terminal.readers.AWAY_S", 0.3)
    with of_store(records.settings, "en") as source:
        readers: list[Reader] = [
            TasksReader(source, ["the-id"]),
            TasksReader(source, ["the-id", "other"]),
            WorkflowReader(source, "flow"),
        ]
        for reader in readers:
            assert reader.read().trouble is None
        with redis.Redis.from_url(server.url) as client:
            client.flushdb()
        records.start("other")
        one, other = readers[1].read().tasks
        assert one.error_message == "Task the-id not found"
        assert other.status == "running", "the other one goes on"
        shown = io.StringIO()
        for reader, why in (
            (readers[0], "Task the-id not found"),
            (readers[2], "Workflow flow not"),
        ):
            with pytest.raises(TaskNotFound, match=why):
                follow(reader.read, Lines(shown, "en").show, 0.05, until_ended=True)
        assert shown.getvalue().count("(Task the-id not found)") == 1
        assert "Task the-id not found" in "\n".join(drawn(readers[0].read()))


def test_a_terminal_that_moves_no_cursor_gets_lines(redis_url: str) -> None:
    records = Records(redis_url, locale="en")
    records.start("the-id")
    command = [str(Path(sys.executable).parent / "progress-backend"), "watch", "the-id"]
    env = {"PROGRESS_REDIS_URL": redis_url, "PROGRESS_LOCALE": "en", "TERM": "dumb"}
    with Terminal([*command, "--interval", "0.1"], env=env, columns=80, lines=24) as terminal:
        terminal.wait_for("running.*the-id")
        records.complete("the-id")
        terminal.wait_for("completed.*the-id")
        assert terminal.wait() == 0
    assert "\x1b" not in terminal.written


def test_ctrl_c_while_the_screen_is_drawn_comes_behind_it() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=80)
    began: list[bool] = []
    ended: list[bool] = []

    class Interrupted:
        def __rich_console__(self, *_: object) -> Iterator[str]:
            began.append(True)
            if len(began) == 1:
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            ended.append(True)
            yield "whole"

    with pytest.raises(KeyboardInterrupt), Bars(console, "en") as bars:
        bars.draw(Interrupted())
    assert began == ended


def test_without_rich_it_is_a_line_a_change_and_one_hint(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "rich", None)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert isinstance(show_in_terminal("en"), Lines)
    hint = "live bars need rich: pip install 'progress-backend[cli]'\n"
    assert capsys.readouterr().err == hint


@pytest.mark.parametrize("locale", LOCALES)
def test_links_are_whole_and_expired_ones_without_an_address(locale: Locale) -> None:
    address = "https://files.example/" + "x" * 100
    until = (NOW - timedelta(seconds=1)).isoformat(timespec="milliseconds")
    old = Link(url="/old", title="Last week", expires_at=until)
    linked = replace(RUNNING, links=[Link(url=address, title="Export"), old])
    out = io.StringIO()
    Lines(out, locale).show(View((linked,), at=NOW))
    expired = {"en": "expired", "ja": "期限切れ"}[locale]
    assert out.getvalue().splitlines()[1:] == [f"  Export: {address}", f"  Last week: {expired}"]
    screen = "".join(drawn(View((linked,), at=NOW), 60, locale=locale))
    assert address in screen
    assert "/old" not in screen
