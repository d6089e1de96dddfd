"""`watch` under keys, in a real terminal: what is selected, shown and asked for, and how the
terminal is left."""

from __future__ import annotations

import io
import re
import signal
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import pytest
from msgspec.structs import replace
from rich.cells import cell_len
from rich.console import Console

from progress_backend.flows import task_log
from progress_backend.operations import leases, stacks
from progress_backend.record import events as ev
from progress_backend.record.default_texts import LOCALES, Locale
from progress_backend.record.document import written
from progress_backend.record.log_line import LogLine
from progress_backend.record.model import Task
from progress_backend.record.redaction import Redaction
from progress_backend.store.drivers import Store
from progress_backend.terminal import formats
from progress_backend.terminal.app_screen import AppScreen
from progress_backend.terminal.rows import View
from progress_backend.terminal.watch_app import in_thread
from progress_backend.terminal.watch_state import WatchState
from tests.conftest import StartServer
from tests.records import Records
from tests.stopwatch import Stopwatch
from tests.terminal.rows import row_of
from tests.terminals import Terminal
from tests.waiting import eventually
from tests.web.conftest import StartApi, start_api

__all__ = ["start_api"]

COMMAND = str(Path(sys.executable).parent / "progress-backend")
W = "0f8c8a4e-5f0b-4c0e-9a53-2b1f0f6f7a10"
DOWN = b"\x1bOB"
NOW = datetime(2026, 1, 15, 10, 30, tzinfo=UTC)
Open = Callable[..., Terminal]


@pytest.fixture
def records(redis_url: str) -> Records:
    """Two tasks that run, with different logs; the newer one, first-id, is the first row."""
    records = Records(redis_url, locale="en")
    with Store(records.settings) as store:
        for task_id, symbol, message in (
            ("second-id", "トヨタ", "トヨタを取得しました"),
            ("first-id", "7203.T", "7203.T is fetched"),
        ):
            records.start(task_id, symbol)
            lines = [LogLine(NOW.timestamp(), "warning", message)]
            store.execute(task_log.add(task_id, 1, lines, 0, store.settings, Redaction()))
    return records


@pytest.fixture
def opened(records: Records) -> Iterator[Open]:
    """Opens `watch` in a terminal of this size."""
    terminals: list[Terminal] = []

    def open_(
        *args: str, columns: int = 120, lines: int = 30, locale: str = "en", **env: str
    ) -> Terminal:
        url = records.settings.redis_url or ""
        named = {"PROGRESS_REDIS_URL": url, "PROGRESS_LOCALE": locale, "BROWSER": "", **env}
        command = [COMMAND, "watch", "--interval", "0.1", *args]
        terminals.append(Terminal(command, env=named, columns=columns, lines=lines))
        return terminals[-1]

    yield open_
    for terminal in terminals:
        terminal.__exit__()


def test_the_selected_task_has_its_log_beside_it(opened: Open) -> None:
    with opened() as terminal:
        terminal.wait_for("(?m)^> first-id +running.*$")
        terminal.wait_for("Log of fetch_data 7203.T")
        terminal.wait_for("10:30:00 warning 7203.T is fetched")
        terminal.write(b"o")
        terminal.wait_for(r"no address is known: --page-url http://HOST:8004 opens /task/first-id")
        terminal.write(DOWN)
        terminal.wait_for("(?m)^> second-i +running.*$")
        terminal.wait_for("10:30:00 warning トヨタを取得しました")
        terminal.write(b"?")
        terminal.wait_for("PgUp PgDn Home End")
        terminal.forget()
        terminal.write(b"\x1b")
        terminal.wait_for(r"t stack\s*$")  # no line follows
        terminal.write(b"/")
        terminal.wait_for("/_ · Enter keeps the search")
        terminal.write(b"7203.T")
        terminal.wait_for("(?m)^> first-id +running.*$")
        terminal.wait_for(r"/7203.T_ · Enter keeps the search")
        terminal.write(b"\nf")
        terminal.wait_for(r"No task matches\s+Status: waiting · /7203.T")
        terminal.write(b"\x1b")
        terminal.wait_for("(?m)^  second-i +running.*$")
        terminal.write(b"q")
        assert terminal.wait() == 0
        assert not terminal.reads_keys()


def test_actions_are_requested_and_their_result_is_shown(opened: Open, records: Records) -> None:
    with opened() as terminal:
        terminal.wait_for("> first-id")
        terminal.write(b"p")
        terminal.wait_for(r"fetch_data 7203\.T: pause requested")
        terminal.wait_for("> first-id +pause requested")
        terminal.forget()
        terminal.write(b"r")
        terminal.wait_for(r"fetch_data 7203\.T: resume requested")
        terminal.wait_for("> first-id +running")  # above the other one, as before the pause
        terminal.write(DOWN + b"c")
        terminal.wait_for(r"Cancel fetch_data トヨタ\? y/n")
        terminal.write(b"n")
        terminal.forget()
        terminal.wait_for("select · / search")
        assert records.get("second-id").status == "running"
        terminal.write(b"cy")
        terminal.wait_for("fetch_data トヨタ: cancel requested")
        assert records.get("second-id").requested == "cancel"
        records.complete("first-id")
        terminal.wait_for("first-id +completed")  # below the other one, which still runs
        terminal.write(DOWN + b"p")
        terminal.wait_for(r"fetch_data 7203\.T: pause refused: completed")


def test_a_pasted_text_asks_for_nothing(opened: Open, records: Records) -> None:
    with opened() as terminal:
        terminal.wait_for("> first-id")
        terminal.write(b"cycle pump")

        def moved() -> bool:
            terminal.write(DOWN * 8)  # lost too, if they are read together with the text
            terminal.wait_for("> second-i", 1.0)
            return True

        eventually(moved)
    assert [records.get(each).requested for each in ("first-id", "second-id")] == [None, None]


@pytest.mark.parametrize(("columns", "locale"), [(120, "en"), (60, "ja")])
def test_enter_opens_the_case_of_a_task(
    opened: Open, records: Records, columns: int, locale: str
) -> None:
    records.progress("first-id", 40, "at the shelf")
    with Store(records.settings) as store:
        store.execute(leases.renew("lease-1", 2**52))
        frame = {"file": "jobs.py", "line": 2, "function": "fetch", "code": "time.sleep(60)"}
        answer = {"time": "2100-01-01T00:00:00.000+00:00", "event": "stack", "frames": [frame]}
        store.execute(stacks.keep("first-id", written(answer)))
    with opened(columns=columns, locale=locale) as terminal:
        terminal.wait_for("> (first-id|.*7203.T)")
        terminal.forget()
        terminal.write(b"\n")
        terminal.wait_for("at the shelf")
        terminal.wait_for(r"fetch \(jobs.py:2\)")
        terminal.wait_for("7203.T is fetched")  # the log, whatever the width
        terminal.write(b"t")
        terminal.wait_for(": stack requested|実行箇所の取得を依頼")
        terminal.write(b"ay")
        terminal.wait_for("-A")  # that is missing: without an app nothing is published
        terminal.forget()
        terminal.write(b"\x1b")
        terminal.wait_for("second-i|トヨタ")


@pytest.mark.parametrize(("columns", "locale"), [(120, "en"), (60, "ja")])
def test_the_head_has_what_is_wrong_and_waiting_tasks_share_a_row(
    opened: Open, records: Records, columns: int, locale: Locale
) -> None:
    for n in range(6):
        identity = ev.Identity("fetch_page" if n else "report", 9)
        records.apply(f"waits-{n}", ev.Created(identity=identity))
    with Store(records.settings) as store:
        store.execute(leases.renew("lease-1", 2**52))
    records.warning("second-id", stalled=NOW)
    one, url = formats.word(locale, "stalled"), records.settings.redis_url or ""
    workers = formats.text(locale, "workers_of", total=1)
    types = formats.joined(locale, "fetch_page 5", "report 1")
    folded = formats.text(locale, "waiting", count=6, types=types)
    with opened(columns=columns, locale=locale) as terminal:
        end = formats.text(locale, "no_end", tasks=8)
        terminal.wait_for(rf"(?s){one} 1  {workers}.*{end}.*{re.escape(url)}.*\n  ▸ {folded}")
        terminal.write(b"Gp\n")
        terminal.wait_for("(?m)^> .*(waits-0|report)")
        terminal.forget()
        terminal.write(b"\x1b")
        terminal.wait_for(f"> ▸ {folded}")
    assert not any(records.get(f"waits-{n}").requested for n in range(6))


@pytest.mark.wide
def test_a_workflow_and_its_page(
    opened: Open, records: Records, start_api: StartApi, tmp_path: Path
) -> None:
    for task_id in ("m1", "m2"):
        records.member(task_id, W, name="fetch ×2")
        records.run(task_id)
    url = f"http://127.0.0.1:{start_api(redis_url=records.settings.redis_url).port}"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" >> {tmp_path}/opened\n')
    browser.chmod(0o755)
    opened_file = tmp_path / "opened"
    with opened(
        "--workflow", W, "--url", url, columns=200, lines=50, BROWSER=f"{browser} %s"
    ) as terminal:
        terminal.wait_for("> 0f8c8a4e")
        terminal.write(b"o")
        eventually(opened_file.exists, what="the browser is asked")
        eventually(lambda: opened_file.read_text() == f"{url}/workflow/{W}\n")
        terminal.wait_for(f"opens {url}/workflow")
        terminal.write(b"jo")
        eventually(lambda: f"{url}/task/m" in opened_file.read_text(), what="the task's page")
        terminal.write(b"q")
        assert terminal.wait() == 130, "nobody knows how it ends"


@pytest.mark.wide
def test_a_store_that_hangs_keeps_no_key_waiting(start_server: StartServer, opened: Open) -> None:
    server = start_server()
    Records(server.url, locale="en").start("other-id")
    Records(server.url, locale="en").start("the-id")
    with opened(PROGRESS_REDIS_URL=server.url) as terminal:
        terminal.wait_for("> the-id")
        server.pause()
        with Stopwatch() as watch:
            terminal.write(b"p")
            terminal.wait_for("waiting for the answer to a request")
            terminal.write(DOWN)
            terminal.wait_for("> other-id")
            terminal.write(b"?")
            terminal.wait_for("PgUp PgDn Home End")
        assert watch.seconds < 2.5, "the store's own bound is 3 s"
        terminal.wait_for("Not up to date: last read", 60)
        terminal.write(b"p")
        terminal.wait_for("no answer, so nothing was requested")
        terminal.write(b"q")
        with Stopwatch() as watch:
            assert terminal.wait() == 0
        assert watch.seconds < 2.5
        assert not terminal.reads_keys()
        server.resume()
    assert Records(server.url).get("other-id").requested is None, "not later either"


@pytest.mark.parametrize(
    ("end", "code"),
    [
        (b"\x03", 130),
        (None, 0),
        pytest.param(b"q", 130, marks=pytest.mark.wide),
        pytest.param(b"\x1c", 131, marks=pytest.mark.wide),
        pytest.param(signal.SIGTERM, 143, marks=pytest.mark.wide),
    ],
)
def test_however_it_ends_the_terminal_is_as_it_was(
    opened: Open, records: Records, end: bytes | int | None, code: int
) -> None:
    with opened("first-id", columns=80, lines=24) as terminal:
        terminal.wait_for("> first-id")
        eventually(terminal.reads_keys)
        if end is None:
            records.complete("first-id")
        elif isinstance(end, bytes):
            terminal.write(end)
        else:
            terminal.signal(end)
        assert terminal.wait() == code
        assert not terminal.reads_keys()
        assert terminal.written.rfind("\x1b[?25h") > terminal.written.rfind("\x1b[?25l")
        redrawn = terminal.written.count("Status")  # each time in the place of the one before
        assert terminal.written.count("\x1b[1A") >= redrawn - 1


@pytest.mark.wide
def test_ctrl_z_gives_the_terminal_back_until_it_goes_on(records: Records) -> None:
    """In a shell, which alone can stop what runs in it."""
    url = records.settings.redis_url or ""
    env = {"PROGRESS_REDIS_URL": url, "PROGRESS_LOCALE": "en", "PS1": "prompt> ", "ENV": ""}
    with Terminal(["sh", "-i"], env=env, columns=100, lines=30) as terminal:
        terminal.wait_for("prompt> ")
        terminal.write(f"{COMMAND} watch --interval 0.1 first-id\n".encode())
        terminal.wait_for("> first-id +running")
        eventually(terminal.reads_keys)
        for _ in range(2):
            terminal.forget()
            terminal.write(b"\x1a")
            terminal.wait_for("Stopped")
            assert not terminal.reads_keys()
            assert terminal.written.rfind("\x1b[?25h") > terminal.written.rfind("\x1b[?25l")
            terminal.forget()  # or the screen of before would be found
            terminal.write(b"fg\n")
            terminal.wait_for("> first-id +running")
            eventually(terminal.reads_keys)
            terminal.forget()
            terminal.write(b"?")
            terminal.wait_for("PgUp PgDn Home End")
            terminal.forget()
            terminal.write(b"?")
            terminal.wait_for("Log of")  # Ctrl-Z throws away what is not read yet
        terminal.write(b"q")
        terminal.wait_for("prompt> ")
        terminal.forget()
        terminal.write(b"echo code: $?\n")
        terminal.wait_for("code: 130")


SHOWN = [
    ("info", "銘柄" * 100),
    ("error", "one\x1b[2Jtwo\nthree"),
    ("debug", ""),
    ("info", "x" * 500),
]
LINES = [
    {"id": n, "time": NOW.isoformat(), "level": level, "text": text}
    for n, (level, text) in enumerate(SHOWN, 1)
]


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("asks", ["", "cancel"])
@pytest.mark.parametrize(
    ("columns", "lines"), [(20, 8), (40, 12), (80, 24), (100, 30), (160, 20), (200, 50)]
)
def test_every_size_holds_what_is_drawn(
    columns: int, lines: int, asks: Literal["", "cancel"], locale: Locale
) -> None:
    task = row_of(
        Task("", "fetch_data", symbol="トヨタ自動車", status="running", message="取得中" * 9)
    )
    rows = tuple(replace(task, task_id=f"t{n}-aaaa") for n in range(60))
    live = {"name": "celery@a", "live": True}
    workers = {"stalled": 9, "late": 1, "failed_last_hour": 3, "workers": [live] * 12}
    workers["open"] = [{"tasks": 60, "estimated": 60, "estimate": None}]
    view = View(rows, {"running": 60}, 60, NOW, workers=workers)
    for help_ in (False, True):
        state = WatchState(selected="t30-aaaa", log=True, help=help_, asks=asks, scrolls=help_)
        console = Console(file=(out := io.StringIO()), width=columns, height=lines)
        console.print(AppScreen(view, locale, state, LINES, address="redis://a:6379/0" * 3))
        drawn = out.getvalue().splitlines()
        assert len(drawn) < lines, out.getvalue()
        assert max(map(cell_len, drawn)) <= columns
        assert any(line.startswith("> ") for line in drawn), "the selected row is always shown"
        assert "\x1b[2J" not in out.getvalue()
    drawn = []
    for log in (True, False):  # an empty log leaves its part to the rows
        console = Console(file=(out := io.StringIO()), width=columns, height=lines)
        console.print(AppScreen(view, locale, WatchState("t30-aaaa", log=log, asks=asks)))
        drawn.append(out.getvalue())
    assert drawn[0] == drawn[1]


def test_a_call_hands_over_its_outcome_or_its_error() -> None:
    assert in_thread(lambda: 1).result(60) == 1
    with pytest.raises(ZeroDivisionError):
        in_thread(lambda: 1 // 0).result(60)
