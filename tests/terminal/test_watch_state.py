"""What keys make of the state: a selection that follows the rows, and acts that are asked twice."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from progress_backend.record.model import Task
from progress_backend.terminal.rows import RecordRow, View
from progress_backend.terminal.watch_state import (
    FOLD,
    WatchState,
    arranged,
    pressed,
    selected,
    settled,
)
from tests.terminal.rows import row_of


def rows(*statuses: str) -> list[RecordRow]:
    return [row_of(Task(f"t{n}", "fetch", status=status)) for n, status in enumerate(statuses)]


ROWS = rows("completed", "running", "paused")


def after(keys: str) -> tuple[WatchState, list[str | None]]:
    state, wishes = settled(WatchState(), ROWS), []
    for key in keys:
        state, wish = pressed(state, {"^": "up", "v": "down"}.get(key, key), ROWS)
        wishes.append(wish)
    return state, [wish for wish in wishes if wish]


def test_the_first_that_runs_is_selected_and_stays_so() -> None:
    state = settled(WatchState(), ROWS)
    assert state.selected == "t1"
    assert settled(state, list(reversed(ROWS))) == state
    assert settled(state, ROWS[:1]).selected == "t0"
    assert settled(state, []).selected is None


@pytest.mark.parametrize(
    ("keys", "selected"),
    [("^", "t0"), ("^^^", "t0"), ("v", "t2"), ("jj", "t2"), ("jk", "t1"), ("g", "t0"), ("G", "t2")],
)
def test_keys_move_the_selection(keys: str, selected: str) -> None:
    assert after(keys)[0].selected == selected


@pytest.mark.parametrize(
    ("keys", "wishes"),
    [
        ("p", ["pause"]),
        ("r", ["resume"]),
        ("o", ["open"]),
        ("q", ["quit"]),
        ("c", []),
        ("t", ["stack"]),
        ("a", []),
        ("ay", ["again"]),
        ("an", []),
        ("cy", ["cancel"]),
        ("cn", []),
        ("cp", []),
        ("cnp", ["pause"]),
        ("cc", []),
        ("y", []),
        ("x\x1bé", []),
    ],
)
def test_what_keys_ask_for(keys: str, wishes: list[str]) -> None:
    assert after(keys)[1] == wishes


def test_the_help_closes_by_escape_before_a_workflow_does() -> None:
    state = WatchState(help=True, inside="w")
    closed, _ = pressed(state, "escape", ROWS)
    assert (closed.help, closed.inside) == (False, "w")
    assert pressed(closed, "escape", ROWS)[0].inside is None


def test_rows_are_searched_filtered_and_sorted() -> None:
    shown = View(tuple(replace(task, symbol=f"S{n}") for n, task in enumerate(ROWS)), total=9)

    def of(state: WatchState) -> list[str]:
        return [task.task_id for task in arranged(state, shown, "en").tasks]

    state = after("/s2")[0]
    assert (state.types, state.search, of(state)) == (True, "s2", ["t2"])
    assert arranged(state, shown, "en").total == 1, "no more are there to be shown"
    assert pressed(state, "backspace", ROWS)[0].search == "s"
    found, _ = pressed(state, "enter", ROWS)
    assert pressed(found, "p", ROWS)[1] == "pause", "keys are keys again"
    assert of(pressed(found, "escape", ROWS)[0]) == ["t0", "t1", "t2"]
    assert of(after("/paused")[0]) == ["t2"], "by what is read there"
    assert (after("ff")[0].status, of(after("ff")[0])) == ("running", ["t1"])
    assert after("f" * 7)[0] == after("")[0], "all again"
    assert (after("ss")[0].sort, of(after("ss")[0])) == ("status", ["t1", "t2", "t0"])
    assert after("ssss")[0].sort == ""


def test_waiting_tasks_share_a_row_that_only_opens() -> None:
    waits = [replace(row, task_id=f"w{n}") for n, row in enumerate(rows(*["created"] * 4))]
    shown, state = View((*ROWS, *waits), {"created": 312}, 315), WatchState(FOLD, opens=True)
    folded = arranged(state, shown, "en")
    assert [row.key for row in folded.tasks] == ["t0", "t1", "t2", FOLD]
    assert folded.tasks[3].name == "312 waiting: fetch 4, …"
    for key in "prtcao":
        assert pressed(state, key, folded.rows) == (state, None), key
    opened, _ = pressed(state, "enter", folded.rows)
    opened = settled(opened, arranged(opened, shown, "en").rows)
    assert (opened.selected, arranged(opened, shown, "en")) == ("w0", shown)
    assert pressed(opened, "escape", shown.rows)[0] == dataclasses.replace(state, scrolls=True)
    few = View((*ROWS, *waits[1:]), {"created": 3}, 6)
    assert arranged(state, few, "en") == few
    assert arranged(WatchState(), shown, "en") == shown, "what is watched by its id"


def test_a_row_that_goes_takes_its_question_along() -> None:
    asking, _ = after("c")
    assert asking.asks
    assert not settled(asking, ROWS[:1]).asks


@given(st.text(alphabet="prclatuo?q^vkjynfsgG", max_size=30), st.booleans())
def test_without_rows_nothing_but_the_end_is_asked_for(keys: str, log: bool) -> None:
    state = settled(WatchState(log=log), [])
    for key in keys:
        state, wish = pressed(state, key, [])
        assert wish in (None, "quit")
        assert state.selected is None


def test_a_workflow_opens_and_goes_back_to_its_row() -> None:
    whole = replace(ROWS[1], task_id="w", workflow_id="w", name="fetch ×3")
    top = [ROWS[0], whole, *ROWS[1:]]
    state = settled(WatchState(opens=True), top)
    assert selected(state, top) is whole, "the first that runs"
    opened, wish = pressed(state, "enter", top)
    assert (opened.inside, wish) == ("w", None)
    inside = [whole, *ROWS]
    opened = settled(opened, inside)
    assert pressed(opened, "enter", inside)[0].inside == "w", "once"
    for key in ("escape", "left", "backspace"):
        back = pressed(opened, key, inside)[0]
        assert (back.inside, selected(settled(back, top), top)) == (None, whole)
    down, _ = pressed(state, "down", top)
    case = pressed(down, "enter", top)[0]
    assert (case.case, pressed(case, "escape", top)[0]) == (True, down), "of a task its case opens"
    assert pressed(down, "left", top)[0] == down
    alone = settled(WatchState(), top)
    assert pressed(alone, "enter", top)[0] == alone, "where it is watched by its name"


def test_a_chain_and_its_last_task_are_two_rows() -> None:
    """They have the same id."""
    shown = [replace(ROWS[1], workflow_id="t1", name="a → b"), *ROWS]
    state = settled(WatchState(), shown)
    seen = []
    for _ in shown:
        seen.append(selected(state, shown))
        state, _ = pressed(state, "down", shown)
    assert seen == shown
