"""What a person has chosen in `watch`: the selected row, the log beside it, an act that waits for
its answer. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from ..record.model import Task
from .view import FIRST

#: What a key asks for besides a change of the board.
Wish = Literal["pause", "resume", "cancel", "open", "quit"]

#: Keys and the wishes that are carried out at once.
_WISHES: Final[dict[str, Wish]] = {"p": "pause", "r": "resume", "o": "open", "q": "quit"}
_UP, _DOWN = ("up", "k"), ("down", "j")
#: Keys that move the selection, which may repeat as long as they are held.
MOVING: Final = (*_UP, *_DOWN)


@dataclass(frozen=True, slots=True)
class Board:
    """The state of the keys; `said` is what came of the last one."""

    #: Id of the selected row; None without rows.
    selected: str | None = None
    log: bool = False
    help: bool = False
    #: Whether the cancel of the selected row waits for y or n.
    asks: bool = False
    said: str = ""


def settled(board: Board, rows: Sequence[Task]) -> Board:
    """The board with a row of these selected: the one before, else the first that runs."""
    ids = [task.task_id for task in rows]
    if board.selected in ids:
        return board
    running = next((task.task_id for task in rows if task.status in FIRST), None)
    first = running or (ids[0] if ids else None)
    return replace(board, selected=first, asks=False)


def pressed(board: Board, key: str, rows: Sequence[Task]) -> tuple[Board, Wish | None]:
    """The board after a key, and what the key asks for."""
    if board.asks:
        return replace(board, asks=False, said=""), "cancel" if key == "y" else None
    board = replace(board, said="")
    if key in MOVING:
        return _moved(board, 1 if key in _DOWN else -1, rows), None
    if key == "l":
        return replace(board, log=not board.log), None
    if key == "?":
        return replace(board, help=not board.help), None
    if key == "c" and board.selected is not None:
        return replace(board, asks=True), None
    wish = _WISHES.get(key)
    return board, wish if board.selected is not None or wish == "quit" else None


def _moved(board: Board, by: int, rows: Sequence[Task]) -> Board:
    ids = [task.task_id for task in rows]
    if board.selected not in ids:
        return settled(board, rows)
    place = min(max(ids.index(board.selected) + by, 0), len(ids) - 1)
    return replace(board, selected=ids[place])
