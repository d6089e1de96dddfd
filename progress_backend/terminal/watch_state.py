"""What a person has chosen in `watch`: which rows are shown, their order, the selected one, the log
beside it, an act that waits for its answer. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from msgspec import structs

from ..record.default_texts import Locale
from ..record.model import STATUSES, TaskStatus
from . import formats
from .rows import FIRST, RecordRow, View, key_of_workflow

#: What a key asks for besides a change of the state.
Command = Literal["pause", "resume", "cancel", "again", "stack", "open", "quit"]

#: Keys and their wishes.
_WISHES: Final[dict[str, Command]] = {
    "p": "pause",
    "r": "resume",
    "t": "stack",
    "o": "open",
    "q": "quit",
    "c": "cancel",
    "a": "again",
}
#: Keys that move the selection by so many rows, which may repeat as long as they are held.
MOVING: Final = (
    {"up": -1, "k": -1, "down": 1, "j": 1, "pageup": -10, "pagedown": 10}
    | dict.fromkeys(("home", "g"), -10_000)
    | dict.fromkeys(("end", "G"), 10_000)
)
#: Keys that open the selected row, and that go back to the rows that it is one of.
_IN, _OUT = ("enter", "right"), ("escape", "left", "backspace")
#: Orders that `s` goes through: by the column of this name; "": as they were created.
_SORTS: Final[dict[str, Callable[[RecordRow], Any]]] = {
    "": lambda task: 0,
    "name": lambda task: formats.name(task).casefold(),
    "status": lambda task: STATUSES.index(task.status),
    "percent": lambda task: -task.progress.percentage,
}
#: The key of the row in place of waiting tasks, and from how many of them on there is one.
FOLD: Final = "\0\0"  # no id has this character
_LEAST_FOLDED: Final = 4
#: Characters of a search at most.
_LONGEST: Final = 60


@dataclass(frozen=True, slots=True)
class WatchState:
    """The state of the keys; `answer` is what came of the last one."""

    #: Key of the selected row; None without rows.
    selected: str | None = None
    #: Whether a workflow among the rows can be opened.
    opens: bool = False
    #: Whether waiting tasks have rows of their own, however many they are.
    unfolded: bool = False
    #: Id of the workflow that was opened: its tasks are the rows; None: the rows are all.
    inside: str | None = None
    log: bool = False
    help: bool = False
    #: Whether the selected task is shown in full, in place of the rows.
    case: bool = False
    #: What waits for y or n before the selected row is asked for it.
    asks: Literal["", "cancel", "again"] = ""
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


def arranged(state: WatchState, view: View, locale: Locale) -> View:
    """The view with the rows that the state shows, in its order."""
    if not (state.search or state.status or state.sort):
        folds = state.opens and not state.unfolded and view.workflow is None
        return _folded(view, locale) if folds else view
    wanted = state.search.casefold()
    tasks = [
        task
        for task in view.tasks
        if state.status in ("", task.status)
        and (not wanted or wanted in _searched(task, locale).casefold())
    ]
    total = len(tasks) if state.search else view.total
    return replace(view, tasks=tuple(sorted(tasks, key=_SORTS[state.sort])), total=total)


def _folded(view: View, locale: Locale) -> View:
    """The view with one row in place of waiting tasks, "312 waiting: fetch_page 300, …", and what
    has ended below it: a page full of waiting tasks has none of that."""
    waits = [row for row in view.tasks if row.waits]
    if len(waits) < _LEAST_FOLDED:
        return view
    count = max(view.counts.get(TaskStatus.CREATED) or 0, len(waits))
    types = Counter(view.waiting or Counter(row.task_type for row in waits))
    named = [f"{formats.clean(name)} {many:,}" for name, many in types.most_common()]
    named += ["…"] if types.total() < count else []
    text = formats.text(locale, "waiting", count=f"{count:,}", types=formats.joined(locale, *named))
    fold = structs.replace(waits[0], task_id=FOLD, name=text, symbol=None, owner=None, control=None)
    fold = structs.replace(fold, current_status="", message_code=None, ahead=None, links=[])
    tasks = [row for row in view.tasks if not row.waits]
    tasks.insert(view.tasks.index(waits[0]), fold)
    tasks += [row for row in view.over if row not in view.tasks]
    return replace(view, tasks=tuple(tasks), total=max((view.total or 0) - count, 0))


def _searched(task: RecordRow, locale: Locale) -> str:
    shown = (task.task_id, formats.name(task), task.owner or "", formats.text_of(task, locale))
    return " ".join((*shown, formats.standing(locale, task), task.error_message or ""))


def settled(state: WatchState, rows: Sequence[RecordRow]) -> WatchState:
    """The state with a row of these selected: the one before, else the first that runs."""
    keys = [task.key for task in rows]
    if state.selected in keys:
        return state
    first_of = (TaskStatus.CREATED,) if state.selected == FOLD else FIRST
    running = next((task.key for task in rows if task.status in first_of or task.still_runs), None)
    first = running or (keys[0] if keys else None)
    return replace(state, selected=first, asks="", case=False)


def selected(state: WatchState, rows: Sequence[RecordRow]) -> RecordRow | None:
    """The selected row; None without one."""
    return next((task for task in rows if task.key == state.selected), None)


def pressed(
    state: WatchState, typed: str, rows: Sequence[RecordRow]
) -> tuple[WatchState, Command | None]:
    """The state after a key, and what the key asks for."""
    if state.types:
        return _typed(state, typed), None
    if state.asks:
        return replace(state, asks="", answer=""), state.asks if typed == "y" else None
    state = replace(state, answer="")
    if typed in MOVING:
        return _moved(state, MOVING[typed], rows), None
    if typed in (*_IN, *_OUT):
        return _opened(state, rows) if typed in _IN else _back(state, typed), None
    wish = _WISHES.get(typed)
    if wish == "quit" or (wish is not None and state.selected not in (None, FOLD)):
        if wish == "cancel" or wish == "again":  # after y or n
            return replace(state, asks=wish), None
        return state, wish
    return _TURNS[typed](state) if typed in _TURNS else state, None


def _next(names: Sequence[str], now: str) -> str:
    return names[(names.index(now) + 1) % len(names)]


#: Keys that show, hide, choose or sort.
_TURNS: Final[dict[str, Callable[[WatchState], WatchState]]] = {
    "l": lambda state: replace(state, log=not state.log),
    "?": lambda state: replace(state, help=not state.help),
    "/": lambda state: replace(state, types=True),
    "f": lambda state: replace(state, status=_next(("", *STATUSES), state.status)),
    "s": lambda state: replace(state, sort=_next(tuple(_SORTS), state.sort), scrolls=True),
}


def _typed(state: WatchState, typed: str) -> WatchState:
    """The state after a key that belongs to the text that is looked for."""
    if typed == "enter":
        return replace(state, types=False)
    if typed == "escape":
        return replace(state, types=False, search="")
    if typed == "backspace":
        return replace(state, search=state.search[:-1])
    if len(typed) == 1 and typed.isprintable():
        return replace(state, search=(state.search + typed)[:_LONGEST])
    return state


def _back(state: WatchState, typed: str) -> WatchState:
    """The state one step back: without its help, without what chooses rows, out of a workflow."""
    if typed == "escape" and state.help:
        return replace(state, help=False)
    if typed == "escape" and not state.case and (state.search or state.status):
        return replace(state, search="", status="")
    return replace(state, case=False) if state.case else left(state)


def left(state: WatchState) -> WatchState:
    """The state before a workflow or the waiting tasks were opened, the row of these selected."""
    if state.inside is None:
        return replace(state, unfolded=False, selected=FOLD) if state.unfolded else state
    return _everything(state, None, key_of_workflow(state.inside))


def _everything(state: WatchState, inside: str | None, selected: str | None) -> WatchState:
    """The state in or out of a workflow, where all rows are shown again."""
    at = replace(state, inside=inside, selected=selected, case=False)
    return replace(at, search="", status="", scrolls=False)


def _opened(state: WatchState, rows: Sequence[RecordRow]) -> WatchState:
    if state.selected == FOLD:
        return replace(state, unfolded=True, scrolls=True)
    row = selected(state, rows)
    if row is None or not row.workflow_id:
        return replace(state, case=row is not None)
    whole = state.inside is not None or not state.opens
    return state if whole else _everything(state, row.task_id, None)


def _moved(state: WatchState, by: int, rows: Sequence[RecordRow]) -> WatchState:
    keys = [task.key for task in rows]
    if state.selected not in keys:
        return settled(state, rows)
    place = min(max(keys.index(state.selected) + by, 0), len(keys) - 1)
    return replace(state, selected=keys[place], scrolls=True)
