"""What a value writes into a record, and the work that it counts."""

from progress_backend.record import events as ev
from tests.record.steps.given import IDENTITY, after, at, steadily


def test_progress_leaves_what_it_does_not_name(running) -> None:
    task = after(running, ev.Progressed(current=4, total=8, message="m", error_message="e"))
    same = after(task, ev.Progressed())
    assert (same.current_items, same.total_items, same.message) == (4, 8, "m")
    assert same.error_message == "e"
    assert after(task, ev.Progressed(message="")).message == ""
    assert after(task, ev.Progressed(current=0)).current_items == 0


def test_a_callers_count_changes_nothing_while_the_run_counts_by_itself(running) -> None:
    number = running.attempt
    asked = ev.Progressed(current=9, message="asked")
    counting = after(running, ev.Progressed(attempt=number, current=3), seconds=1)
    shown = after(counting, asked, seconds=2)
    assert (shown.current_items, shown.message) == (3, "asked")
    assert after(shown, ev.Cancelled(by="api"), seconds=3).current_items == 3
    assert after(counting, ev.Paused(by="api"), asked, seconds=3).current_items == 3
    later = after(shown, ev.Progressed(attempt=number, current=1), asked, seconds=4)
    assert later.current_items == 1, "also in its next phase"
    # A job that reports by HTTP alone, and one that gives only texts by itself.
    for own in (ev.Progressed(attempt=number, current=0, message="begins"), ev.Progressed()):
        silent = after(running, own, asked, asked.replace(current=10), seconds=2)
        assert silent.current_items == 10
    # Another run starts without a count of its own.
    assert after(counting, ev.Retried(retries=1), asked, seconds=5).current_items == 9


def test_details_and_results_are_merged(running) -> None:
    task = after(
        running,
        ev.Progressed(details={"a": 1, "b": 1}, results={"x": 1}),
        ev.Progressed(details={"b": 2}, results={"y": 2}),
        ev.Completed(results={"x": 3}),
    )
    assert task.processing_details == {"a": 1, "b": 2}
    assert task.results == {"x": 3, "y": 2}


def test_what_is_before_the_first_value_is_no_work(running) -> None:
    task = after(running, ev.Progressed(message="connecting"), seconds=90)
    assert task.work is None
    assert steadily(task, 100).rate == 2


def test_what_is_before_the_total_is_no_work(running) -> None:
    task = after(running, ev.Progressed(current=0, message="connecting"), seconds=10)
    task = after(task, ev.Progressed(current=0, total=500), seconds=100)
    assert steadily(task, 100).rate == 2


def test_a_rate_takes_two_seconds_of_work(running) -> None:
    assert [steadily(running, 10, seconds=n).rate for n in (1, 2)] == [None, 2]
    slow = after(running, ev.Progressed(current=0), seconds=10)
    assert slow.rate is None
    assert after(slow, ev.Progressed(current=30), seconds=70).rate == 0.5
    fast = running
    for number in range(20):
        fast = after(fast, ev.Progressed(current=number), seconds=10 + number / 10)
    assert fast.rate is None
    assert after(fast, ev.Progressed(current=20), seconds=12).rate == 10


def test_each_attempt_counts_from_its_own_start(running) -> None:
    """A retry's countdown is no work, and what it says before it runs is nothing."""
    task = after(steadily(running, 1), ev.Retried(retries=1, eta=at(20)), seconds=5)
    assert (task.status, task.rate, task.work) == ("running", None, None)
    task = after(task, ev.Started(identity=IDENTITY, retries=1), seconds=20)
    assert (task.rate, task.work) == (None, None)
    assert steadily(task, 21, of=10).rate == 10


def test_a_run_that_was_taken_for_lost_has_worked(running) -> None:
    task = after(
        steadily(running, 1), ev.Lost(lease="lease-1", error_message="silent", revision=0),
        seconds=60,
    )  # fmt: skip
    task = after(task, ev.Progressed(attempt=1, current=208), seconds=105)
    assert (task.status, task.rate, task.work.seconds) == ("running", 2, 104)


def test_times_never_go_back_and_are_whole_milliseconds(running) -> None:
    early = after(running, ev.Progressed(current=1), seconds=-300)
    assert early.updated_at == running.updated_at
    assert after(running, ev.Progressed(current=1), seconds=1.0019).updated_at == at(1.001)
    ended = after(early, ev.Completed(), seconds=-300)
    assert ended.started_at <= ended.updated_at
    assert ended.completed_at == ended.updated_at
