"""Lines of a run that are not stored yet."""

from progress_backend.record.log_line import LONGEST
from progress_backend.runs.run_log import RunLog

MOST = 22 * 1024


def test_lines_are_taken_once_in_order() -> None:
    log = RunLog(MOST)
    assert not log
    for text in "abc":
        log.add("info", text)
    assert log
    lines, lost = log.take()
    assert ([(line.level, line.text) for line in lines], lost) == ([("info", t) for t in "abc"], 0)
    assert not log
    assert log.take() == ([], 0)


def test_the_newest_lines_stay_where_there_is_no_room() -> None:
    log = RunLog(MOST)
    for n in range(100_000):
        log.add("debug", f"line {n}")
    lines, lost = log.take()
    assert [line.text for line in lines] == [f"line {n}" for n in range(lost, 100_000)]
    assert 200 < len(lines) <= MOST / 80


def test_what_is_given_back_comes_first() -> None:
    log = RunLog(MOST)
    log.add("info", "a")
    lines, lost = log.take()
    log.add("info", "b")
    log.give_back(lines, lost + 3)
    lines, lost = log.take()
    assert ([line.text for line in lines], lost) == (["a", "b"], 3)


def test_a_very_long_line_takes_no_room_for_what_is_cut() -> None:
    log = RunLog(MOST)
    log.add("info", "x" * 10**7)
    (line,), _ = log.take()
    assert len(line.text) == LONGEST + 1
