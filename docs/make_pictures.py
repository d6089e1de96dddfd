"""Makes the pictures of the live page and of the terminal: python -m docs.make_pictures.

The page is drawn by the system's Chromium, from records in a server of its own; the terminal by
rich, without either. Both show the same tasks, the terminal a workflow besides. What the page was
drawn from stands beside its pictures, so that a test can tell when they are old.
"""

from __future__ import annotations

import html
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, get_args

from rich.cells import cell_len
from rich.console import Console
from rich.terminal_theme import DEFAULT_TERMINAL_THEME, TerminalTheme
from rich.terminal_theme import SVG_EXPORT_THEME as DARK_THEME

from progress_backend.embedded import EmbeddedServer
from progress_backend.flows.stored_record import milliseconds
from progress_backend.operations import leases
from progress_backend.record import events as ev
from progress_backend.record.default_texts import LOCALES, Locale, text
from progress_backend.record.estimate import remaining_seconds
from progress_backend.record.model import Task, Worker, replace
from progress_backend.record.transition import transition
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from progress_backend.terminal.board import Board
from progress_backend.terminal.desk_screen import DeskScreen
from progress_backend.terminal.rows import WorkflowRow
from progress_backend.terminal.source import Body
from progress_backend.terminal.view import View

from . import pictured_records as records

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT: Final = Path(__file__).resolve().parent.parent
FOLDER: Final = ROOT / "docs" / "pictures"

Scheme = Literal["light", "dark"]
SCHEMES: Final[tuple[Scheme, ...]] = get_args(Scheme)
_THEMES: Final[dict[Scheme, TerminalTheme]] = {"light": DEFAULT_TERMINAL_THEME, "dark": DARK_THEME}
LANGUAGES: Final[dict[Locale, str]] = {"en": "en-US", "ja": "ja-JP"}
#: Size of the page's window, and the terminal's width in columns.
_WINDOW: Final = (1180, 720)
#: How long a busy machine may take to show a page.
WAIT_MS: Final = 120_000
_COLUMNS: Final = 96
_LEASE_S: Final = 30.0
_TEXT: Final = re.compile(r'textLength="(?P<length>[0-9.]+)"(?P<rest>[^>]*)>(?P<said>[^<]+)</text>')
#: The terminal shows this task's log.
_SELECTED: Final = "7b7de887-6f26-48b1-afe0-d09ecabe2ead"
#: The tasks of the workflow that the terminal shows.
_MEMBERS: Final = Counter(completed=5, running=3, created=1)
#: A picture of a terminal stands for all times.
_NOW: Final = datetime(2026, 1, 15, 10, 30, tzinfo=UTC)


class Story(NamedTuple):
    """A task, and what has happened to it, each so many seconds ago."""

    task_id: str
    task_type: str
    symbol: str | None
    total: int | None
    events: tuple[tuple[float, ev.Event], ...]


def _created(task_type: str, symbol: str | None, total: int | None) -> ev.Identity:
    return ev.Identity(task_type=task_type, symbol=symbol, total_items=total)


def _worked(
    lang: Locale, seconds: float, to: int, total: int, until: float = 0
) -> Iterator[tuple[float, ev.Event]]:
    """Started so many seconds ago, and at `to` now, or `until` seconds ago."""
    yield seconds, ev.Started(identity=ev.Identity(task_type=""), worker=_WORKER)
    said = "Fetching prices ({}/{})" if lang == "en" else "価格を取得しています ({}/{})"
    for step in range(1, 9):
        current = to * step // 8
        message = said.format(current, total)
        yield (
            until + (seconds - until) * (1 - step / 8),
            ev.Progressed(current=current, message=message),
        )


_WORKER: Final = Worker("lease", "celery@prices")


def stories(lang: Locale) -> list[Story]:
    """The tasks of the pictures, the oldest first."""

    def fetch(task_id: str, symbol: str, total: int, *events: tuple[float, ev.Event]) -> Story:
        return Story(task_id, "fetch_data", symbol, total, events)

    lost = text(lang, "lost", worker="celery@prices-2")
    return [
        fetch("9f1c2ab4-0c1e-4b7a-9a52-3f0f6f1f7a10", "6758.T", 252, *_worked(lang, 62, 252, 252),
              (0, ev.Completed())),
        fetch("2b7de887-6f26-48b1-afe0-d09ecabe2ead", "N225", 1259,
              *_worked(lang, 74, 402, 1259, 50), (42, ev.Failed(error_message=lost, cause="lost"))),
        fetch("c41a7a0e-58cc-4372-a567-0e02b2c3d479", "AAPL", 1259, *_worked(lang, 48, 763, 1259)),
        fetch("7b7de887-6f26-48b1-afe0-d09ecabe2ead", "7203.T", 252, *_worked(lang, 15, 150, 252)),
        fetch("e0d4ab11-93b1-4e0e-8bb1-6b9a1d6c0f3e", "8306.T", 252, *_worked(lang, 9, 90, 252),
              (1, ev.Paused(by="desk", reason="closed until nine")), (0, ev.Acknowledged())),
        fetch("f58ac10b-58cc-4372-a567-0e02b2c3d479", "9984.T", 252),
    ]  # fmt: skip


def _happened(story: Story) -> Iterator[tuple[float, ev.Event]]:
    identity = _created(story.task_type, story.symbol, story.total)
    yield 75, ev.Created(identity=identity)
    yield from story.events


def tasks(lang: Locale, now: datetime) -> list[Task]:
    """The tasks as they are then."""
    found = []
    for story in stories(lang):
        task = None
        for ago, event in _happened(story):
            at = now - timedelta(seconds=ago)
            task = transition(task, event, at, task_id=story.task_id, locale=lang, lease_s=_LEASE_S)
        assert task is not None
        found.append(task)
    return found


def _with_its_end(task: Task) -> Task:
    """A task as a body of it brings its likely end."""
    left_s = remaining_seconds(task) if task.status == "running" else None
    if left_s is None:
        return task
    return replace(task, unknown={"likely": (_NOW + timedelta(seconds=left_s)).isoformat()})


def _workflow(lang: Locale) -> WorkflowRow:
    """A workflow, which stands for its tasks in the terminal."""
    begun = _NOW - timedelta(seconds=31)
    return WorkflowRow(
        task_id="0f8c8a4e-5f0b-4c0e-9a53-2b1f0f6f7a10", task_type="fetch ×8",
        total_items=1_000, current_items=611, status="running",
        message=text(lang, "members", current=5, total=9),
        created_at=begun, started_at=begun, updated_at=_NOW,
    )  # fmt: skip


def _log(lang: Locale) -> Iterator[Body]:
    """What the selected task has written into its log."""
    said = {
        "en": ("7203.T: 252 days", "day 46: the source is slow, trying again", "100 days saved"),
        "ja": ("7203.T：252 日分", "46 日目：応答が遅いため再試行します", "100 日分を保存しました"),
    }
    levels = ((12, "info"), (9, "warning"), (4, "info"))
    for number, ((ago, level), line) in enumerate(zip(levels, said[lang], strict=True), 1):
        at = _NOW - timedelta(seconds=ago)
        yield {"id": number, "time": at.isoformat(), "level": level, "text": line}


def terminal(lang: Locale, scheme: Scheme) -> str:
    """What `progress-backend watch` shows of them, as SVG."""
    single = [_with_its_end(task) for task in tasks(lang, _NOW)]
    # In the order of a list with sort=running.
    ranks = {"running": 0, "paused": 1, "created": 2}
    shown = tuple(sorted((*single, _workflow(lang)), key=lambda task: ranks.get(task.status, 3)))
    counts = Counter(str(task.status) for task in single) + _MEMBERS
    view = View(shown, counts, len(shown), _NOW)
    console = Console(
        record=True, width=_COLUMNS, height=30, file=StringIO(), force_terminal=True,
        color_system="truecolor", legacy_windows=False, _environ={},
    )  # fmt: skip
    board = Board(selected=_SELECTED, log=True)
    console.print(DeskScreen(view, lang, board, list(_log(lang))))
    svg = console.export_svg(
        title="progress-backend watch", theme=_THEMES[scheme], unique_id=f"terminal-{scheme}"
    )
    # No font of another server: the picture loads without the network.
    svg = re.sub(r"\s*@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    return _TEXT.sub(_in_cells, svg).replace("Fira Code", "ui-monospace") + "\n"


def _in_cells(match: re.Match[str]) -> str:
    """A text of the picture over as many cells as it takes: rich counts its characters, and
    squeezes those of Japanese, which are two cells wide."""
    said = html.unescape(match["said"])
    cell = float(match["length"]) / len(said)
    return f'textLength="{round(cell * cell_len(said), 1)}"{match["rest"]}>{match["said"]}</text>'


@contextmanager
def api(lang: Locale) -> Iterator[tuple[str, str]]:
    """The addresses of an API and of its store, which has the tasks."""
    with EmbeddedServer() as server:
        settings = Settings(redis_url=server.url, locale=lang)
        with Store(settings) as store:
            now = store.now()
            for name in ("celery@prices/1", "celery@prices-3/1"):
                store.execute(leases.renew(name, milliseconds(now + timedelta(days=1))))
            for story in stories(lang):
                for ago, event in _happened(story):
                    at = now - timedelta(seconds=ago)
                    store.run(store.flows.apply(story.task_id, (event,), at))
        program = [str(Path(sys.executable).parent / "progress-backend"), "serve", "--port", "0"]
        env = {"PROGRESS_REDIS_URL": server.url}
        with subprocess.Popen(program, env=env, stderr=subprocess.PIPE, text=True) as api:
            try:
                assert api.stderr is not None
                said = next(line for line in api.stderr if line.startswith("progress-backend: "))
                yield said.split()[1], server.url
            finally:
                api.terminate()


def page() -> Iterator[tuple[Path, bytes]]:
    """The pictures of the pages, each with its place."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("the page is drawn by Chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for lang in LOCALES:
            with api(lang) as (address, store_url):
                with Store(Settings(redis_url=store_url, locale=lang)) as store:
                    store.ready()
                    records.fill(store, lang)
                task, workflow = (
                    f"{address}/task/{records.TASK}",
                    f"{address}/workflow/{records.WORKFLOW}",
                )
                yield from _pictures(browser, lang, task, "task", ".lane", ".log p")
                yield from _pictures(browser, lang, workflow, "workflow", "tr[data-task-id]")
        browser.close()


def _pictures(
    browser: Browser, lang: Locale, address: str, name: str, *parts: str
) -> Iterator[tuple[Path, bytes]]:
    """Pictures of one page in each scheme, as soon as it has these parts."""
    for scheme in SCHEMES:
        context = browser.new_context(
            locale=LANGUAGES[lang], color_scheme=scheme, reduced_motion="reduce",
            viewport={"width": _WINDOW[0], "height": _WINDOW[1]},
        )  # fmt: skip
        context.set_default_timeout(WAIT_MS)
        opened = context.new_page()
        opened.goto(address)
        for part in ("#connection[data-state=live]", *parts):
            opened.wait_for_selector(part)
        opened.wait_for_timeout(500)  # bars move to their place
        yield FOLDER / f"{name}-{lang}-{scheme}.png", opened.screenshot(**_shown(opened, name))
        context.close()


def _shown(page: Page, name: str) -> dict[str, Any]:
    """How much of a page is in its picture: of a workflow's page not its times, since all
    its tasks were made at once."""
    if name != "workflow":
        return {"full_page": name == "task"}
    box = page.locator(".list").bounding_box()
    assert box is not None
    return {"clip": {"x": 0, "y": 0, "width": _WINDOW[0], "height": box["y"] + box["height"] + 20}}


def main() -> None:
    """Makes all of them anew."""
    FOLDER.mkdir(exist_ok=True)
    for lang in LOCALES:
        for scheme in SCHEMES:
            (FOLDER / f"terminal-{lang}-{scheme}.svg").write_text(terminal(lang, scheme), "utf-8")
    for place, picture in page():
        place.write_bytes(picture)


if __name__ == "__main__":
    main()
