"""What a person has chosen in `watch`: the selected row, the log beside it, an act that waits for
its answer. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from ..record.model import Task
from .rows import FIRST, WorkflowRow, key, key_of_workflow

#: What a key asks for besides a change of the board.
Wish = Literal["pause", "resume", "cancel", "open", "quit"]

#: Keys and the wishes that are carried out at once.
_WISHES: Final[dict[str, Wish]] = {"p": "pause", "r": "resume", "o": "open", "q": "quit"}
_UP, _DOWN = ("up", "k"), ("down", "j")
#: Keys that open the selected workflow, and that go back to what it is one row of.
_IN, _OUT = ("enter", "right"), ("escape", "left", "backspace")
#: Keys that move the selection, which may repeat as long as they are held.
MOVING: Final = (*_UP, *_DOWN)


@dataclass(frozen=True, slots=True)
class Board:
    """The state of the keys; `answer` is what came of the last one."""

    #: Key of the selected row; None without rows.
    selected: str | None = None
    #: Whether a workflow among the rows can be opened.
    opens: bool = False
    #: Id of the workflow that was opened, whose tasks are the rows; None: the rows are all.
    inside: str | None = None
    log: bool = False
    help: bool = False
    #: Whether the cancel of the selected row waits for y or n.
    asks: bool = False
    answer: str = ""


def settled(board: Board, rows: Sequence[Task]) -> Board:
    """The board with a row of these selected: the one before, else the first that runs."""
    keys = [key(task) for task in rows]
    if board.selected in keys:
        return board
    running = next((key(task) for task in rows if task.status in FIRST), None)
    first = running or (keys[0] if keys else None)
    return replace(board, selected=first, asks=False)


def selected(board: Board, rows: Sequence[Task]) -> Task | None:
    """The selected row; None without one."""
    return next((task for task in rows if key(task) == board.selected), None)


def pressed(board: Board, typed: str, rows: Sequence[Task]) -> tuple[Board, Wish | None]:
    """The board after a key, and what the key asks for."""
    if board.asks:
        return replace(board, asks=False, answer=""), "cancel" if typed == "y" else None
    board = replace(board, answer="")
    if typed in MOVING:
        return _moved(board, 1 if typed in _DOWN else -1, rows), None
    if typed in _IN:
        return _opened(board, rows), None
    if typed == "escape" and board.help:
        return replace(board, help=False), None
    if typed in _OUT:
        return left(board), None
    if typed == "l":
        return replace(board, log=not board.log), None
    if typed == "?":
        return replace(board, help=not board.help), None
    if typed == "c" and board.selected is not None:
        return replace(board, asks=True), None
    wish = _WISHES.get(typed)
    return board, wish if board.selected is not None or wish == "quit" else None


def left(board: Board) -> Board:
    """The board before a workflow was opened, the row of this one selected."""
    if board.inside is None:
        return board
    return replace(board, inside=None, selected=key_of_workflow(board.inside))


def _opened(board: Board, rows: Sequence[Task]) -> Board:
    row = selected(board, rows)
    if not board.opens or board.inside is not None or not isinstance(row, WorkflowRow):
        return board
    return replace(board, inside=row.task_id, selected=None)


def _moved(board: Board, by: int, rows: Sequence[Task]) -> Board:
    keys = [key(task) for task in rows]
    if board.selected not in keys:
        return settled(board, rows)
    place = min(max(keys.index(board.selected) + by, 0), len(keys) - 1)
    return replace(board, selected=keys[place])
