"""What a person has chosen in `watch`: which rows are shown, their order, the selected one, the log
beside it, an act that waits for its answer. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from ..record.default_texts import Locale
from ..record.model import STATUSES, Task
from . import formats
from .rows import FIRST, ListedWorkflow, key, key_of_workflow
from .view import View

#: What a key asks for besides a change of the board.
Command = Literal["pause", "resume", "cancel", "open", "quit"]

#: Keys and the wishes that are carried out at once.
_WISHES: Final[dict[str, Command]] = {"p": "pause", "r": "resume", "o": "open", "q": "quit"}
#: Keys that move the selection by so many rows, which may repeat as long as they are held.
MOVING: Final = (
    {"up": -1, "k": -1, "down": 1, "j": 1, "pageup": -10, "pagedown": 10}
    | dict.fromkeys(("home", "g"), -10_000)
    | dict.fromkeys(("end", "G"), 10_000)
)
#: Keys that open the selected workflow, and that go back to what it is one row of.
_IN, _OUT = ("enter", "right"), ("escape", "left", "backspace")
#: Orders that `s` goes through: by the column of this name; "": as they were created.
_SORTS: Final[dict[str, Callable[[Task], Any]]] = {
    "": lambda task: 0,
    "name": lambda task: formats.name(task).casefold(),
    "status": lambda task: STATUSES.index(task.status),
    "percent": lambda task: -task.progress.percentage,
}
#: Characters of a search at most.
_LONGEST: Final = 60


@dataclass(frozen=True, slots=True)
class WatchState:
    """The state of the keys; `answer` is what came of the last one."""

    #: Key of the selected row; None without rows.
    selected: str | None = None
    #: Whether a workflow among the rows can be opened.
    opens: bool = False
    #: Id of the workflow that was opened: its tasks are the rows; None: the rows are all.
    inside: str | None = None
    log: bool = False
    help: bool = False
    #: Whether the cancel of the selected row waits for y or n.
    asks: bool = False
    answer: str = ""
    #: Only tasks with this text in what is shown of them, and whether keys are added to it.
    search: str = ""
    types: bool = False
    #: Only tasks with this status; "": with any.
    status: str = ""
    #: The name of the column by which rows are sorted; "": in order of creation.
    sort: str = ""
    #: Whether the rows are those around the selected one; else the most urgent.
    scrolls: bool = False


def arranged(board: WatchState, view: View, locale: Locale) -> View:
    """The view with the rows that the board shows, in its order."""
    if not (board.search or board.status or board.sort):
        return view
    wanted = board.search.casefold()
    tasks = [
        task
        for task in view.tasks
        if board.status in ("", task.status)
        and (not wanted or wanted in _searched(task, locale).casefold())
    ]
    total = len(tasks) if board.search else view.total
    return replace(view, tasks=tuple(sorted(tasks, key=_SORTS[board.sort])), total=total)


def _searched(task: Task, locale: Locale) -> str:
    shown = (task.task_id, formats.name(task), task.owner or "", formats.text_of(task, locale))
    return " ".join((*shown, formats.standing(locale, task), task.error_message or ""))


def settled(board: WatchState, rows: Sequence[Task]) -> WatchState:
    """The board with a row of these selected: the one before, else the first that runs."""
    keys = [key(task) for task in rows]
    if board.selected in keys:
        return board
    running = next((key(task) for task in rows if task.status in FIRST or task.still_runs), None)
    first = running or (keys[0] if keys else None)
    return replace(board, selected=first, asks=False)


def selected(board: WatchState, rows: Sequence[Task]) -> Task | None:
    """The selected row; None without one."""
    return next((task for task in rows if key(task) == board.selected), None)


def pressed(
    board: WatchState, typed: str, rows: Sequence[Task]
) -> tuple[WatchState, Command | None]:
    """The board after a key, and what the key asks for."""
    if board.types:
        return _typed(board, typed), None
    if board.asks:
        return replace(board, asks=False, answer=""), "cancel" if typed == "y" else None
    board = replace(board, answer="")
    if typed in MOVING:
        return _moved(board, MOVING[typed], rows), None
    if typed in _IN:
        return _opened(board, rows), None
    if typed in _OUT:
        return _back(board, typed), None
    if typed == "c" and board.selected is not None:
        return replace(board, asks=True), None
    wish = _WISHES.get(typed)
    if wish is not None and (board.selected is not None or wish == "quit"):
        return board, wish
    return _turned(board, typed), None


def _turned(board: WatchState, typed: str) -> WatchState:
    """The board after a key that shows, hides, chooses or sorts."""
    match typed:
        case "l":
            return replace(board, log=not board.log)
        case "?":
            return replace(board, help=not board.help)
        case "/":
            return replace(board, types=True)
        case "f":
            return replace(board, status=_next(("", *STATUSES), board.status))
        case "s":
            return replace(board, sort=_next(tuple(_SORTS), board.sort), scrolls=True)
    return board


def _next(names: Sequence[str], now: str) -> str:
    return names[(names.index(now) + 1) % len(names)]


def _typed(board: WatchState, typed: str) -> WatchState:
    """The board after a key that belongs to the text that is looked for."""
    if typed == "enter":
        return replace(board, types=False)
    if typed == "escape":
        return replace(board, types=False, search="")
    if typed == "backspace":
        return replace(board, search=board.search[:-1])
    if len(typed) == 1 and typed.isprintable():
        return replace(board, search=(board.search + typed)[:_LONGEST])
    return board


def _back(board: WatchState, typed: str) -> WatchState:
    """The board one step back: without its help, without what chooses rows, out of a workflow."""
    if typed == "escape" and board.help:
        return replace(board, help=False)
    if typed == "escape" and (board.search or board.status):
        return replace(board, search="", status="")
    return left(board)


def left(board: WatchState) -> WatchState:
    """The board before a workflow was opened, the row of this one selected."""
    if board.inside is None:
        return board
    return _everything(board, None, key_of_workflow(board.inside))


def _everything(board: WatchState, inside: str | None, selected: str | None) -> WatchState:
    """The board in or out of a workflow, where all rows are shown again."""
    return replace(board, inside=inside, selected=selected, search="", status="", scrolls=False)


def _opened(board: WatchState, rows: Sequence[Task]) -> WatchState:
    row = selected(board, rows)
    if not board.opens or board.inside is not None or not isinstance(row, ListedWorkflow):
        return board
    return _everything(board, row.task_id, None)


def _moved(board: WatchState, by: int, rows: Sequence[Task]) -> WatchState:
    keys = [key(task) for task in rows]
    if board.selected not in keys:
        return settled(board, rows)
    place = min(max(keys.index(board.selected) + by, 0), len(keys) - 1)
    return replace(board, selected=keys[place], scrolls=True)
