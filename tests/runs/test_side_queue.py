"""What waits beside the values, when there is too much of it, and when a process ends."""

import time

import pytest

from progress_backend.errors import StoreUnavailable
from progress_backend.runs.side_queue import SideQueue


def test_at_its_bound_the_oldest_go_with_a_line(caplog: pytest.LogCaptureFixture) -> None:
    done = list[int]()

    def do(number: int) -> bool:
        done.append(number)
        if number == 0:  # while it is at work, it is dropped
            for added in (2, 3, 4):
                queue.add(added)
        return True

    queue = SideQueue("canvases", do, most=2, at_once=1)
    queue.add(0)
    queue.add(1)
    queue.close(time.monotonic() + 60)
    assert (done, len(queue)) == ([0, 3, 4], 0)
    (record,) = caplog.records
    assert record.args == (2, "canvases")


def test_what_raises_is_dropped_and_what_the_store_did_not_take_stays(
    caplog: pytest.LogCaptureFixture,
) -> None:
    errors, done = [ValueError("no"), StoreUnavailable("away"), None], list[str]()

    def do(item: str) -> bool:
        if (error := errors.pop(0)) is not None:
            raise error
        done.append(item)
        return False

    queue = SideQueue("canvases", do, at_once=2)
    queue.add("a")
    queue.add("b")
    with pytest.raises(ValueError, match="no"):
        queue.step()
    assert (queue.step(), len(queue)) == (False, 1)
    assert (queue.step(), done) == (True, ["b"]), "a part of it"
    queue.report()
    assert [record.args for record in caplog.records] == [(1, "canvases")]


def test_what_has_to_wait_holds_up_no_others_and_no_end_of_a_process() -> None:
    queue = SideQueue[int]("logs", lambda number: number > 1 or None, at_once=9)
    for number in range(4):
        queue.add(number)
    queue.close(time.monotonic() + 60)
    assert len(queue) == 2
