"""What the bars of a run count and say, and what is left once they are closed."""

from __future__ import annotations

import gc

import pytest

from progress_backend.record import events as ev
from progress_backend.runs.bars import Bar, Said
from progress_backend.runs.counting import counted
from progress_backend.runs.run import Run
from tests.runs.test_run import Desk


@pytest.fixture
def run() -> Run:
    return Run("t", ev.Identity(task_type="x", total_items=252), Desk())


def opened(run: Run, total: object = None, desc: str = "", n: object = 0) -> Bar:
    bar = Bar(run, n, total, desc, "")
    bar.open()
    return bar


def newest(run: Run) -> tuple[object, object, object]:
    event = run.newest()
    assert event is not None
    return event.current, event.total, event.message


def test_the_outermost_bar_counts_and_those_within_it_are_told(run: Run) -> None:
    outer = opened(run, 10, "epoch")
    assert newest(run) == (0, 10, "epoch")
    inner = opened(run, 200, "batch")
    inner.n, inner.postfix = 12, "loss=0.3"
    run.pending = True
    assert newest(run) == (0, 10, "epoch · batch 12/200, loss=0.3")
    inner.close()
    outer.n = 1
    assert newest(run) == (1, 10, "epoch")


def test_a_message_has_three_inner_bars_at_most(run: Run) -> None:
    for depth in range(6):
        opened(run, 9, f"d{depth}")
    assert newest(run)[2] == "d0 · d1 0/9 · d2 0/9 · d3 0/9"


def test_one_after_another_counts_anew(run: Run) -> None:
    first = opened(run, 5, "load")
    first.n = 5
    first.close()
    assert newest(run) == (5, 5, "load")
    assert type(run.message) is str, "the last text is kept without what it was made of"
    second = opened(run, 7)
    second.n = 2
    assert newest(run) == (2, 7, "処理中... (2/7)")


@pytest.mark.parametrize(("n", "done"), [(2.7, 2), (-3, 0), ("many", 0), (float("nan"), 0)])
def test_whatever_is_counted_is_a_number(run: Run, n: object, done: int) -> None:
    opened(run, "a lot", n=n)
    assert newest(run) == (done, None, f"処理中... ({done}/252)")


def test_within_a_tracked_loop_a_bar_is_told(run: Run) -> None:
    for item in counted(run, range(3), 3):
        bar = opened(run, 4, "rows")
        bar.n = item
        assert newest(run) == (item, 3, f"rows {item}/4")
        bar.close()
    assert run.bars == []


def test_a_tracked_loop_within_a_bar_gives_the_count_back(run: Run) -> None:
    bar = opened(run, 10, "files")
    bar.n = 4
    assert list(counted(run, range(3), 3)) == [0, 1, 2]
    assert newest(run) == (4, 10, "処理中... (4/10)")
    bar.close()
    assert run.loop is None


def test_a_bar_that_ends_before_a_loop_in_it_does_not_come_back(run: Run) -> None:
    bar = opened(run, 2)
    loop = iter(counted(run, range(3), 3))
    next(loop)
    bar.close()
    del loop
    gc.collect()
    assert run.loop is None
    run.offer(9, 9)
    assert newest(run)[:2] == (9, 9)


def test_a_description_that_cannot_be_written_is_none_of_the_sender_s_trouble(run: Run) -> None:
    bar = opened(run, 2)
    bar.desc = "x" * 10_000
    bar.say()
    assert len(str(run.message)) == 200
    assert isinstance(run.message, Said)
