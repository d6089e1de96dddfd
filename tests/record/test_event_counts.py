"""Which figures a record ends with: those that were counted, or all of it."""

import pytest

from progress_backend.record import events as ev
from progress_backend.record.model import Task
from tests.record.steps.given import after

UNKNOWN = ev.Started(identity=ev.Identity(task_type="x"))
OF_NOTHING = ev.Started(identity=ev.Identity(task_type="x", total_items=0))


@pytest.mark.parametrize(
    ("begins", "events", "progress"),
    [
        (None, (ev.Progressed(current=3), ev.Completed()), (3, 10, 100)),
        (None, (ev.Progressed(current=12), ev.Completed()), (12, 10, 100)),
        # Also a count of nothing, and none.
        (None, (ev.Completed(),), (0, 10, 100)),
        (None, (ev.Progressed(current=0), ev.Completed()), (0, 10, 100)),
        # A count that comes with the end stands.
        (None, (ev.Completed(current=3),), (3, 10, 100)),
        (None, (ev.Completed(current=0),), (0, 10, 100)),
        # A total of nothing is unknown, and an unknown total what was counted.
        (None, (ev.Progressed(current=3, total=0),), (3, 10, 30)),
        (OF_NOTHING, (), (0, None, 0)),
        (OF_NOTHING, (ev.Progressed(current=3, total=0),), (3, None, 0)),
        (OF_NOTHING, (ev.Progressed(current=3, total=0), ev.Completed()), (3, 3, 100)),
        (UNKNOWN, (ev.Completed(current=7),), (7, 7, 100)),
        (UNKNOWN, (ev.Progressed(current=7), ev.Completed()), (7, 7, 100)),
        (UNKNOWN, (ev.Completed(),), (0, 0, 100)),
    ],
)
def test_what_is_counted_at_the_end(
    running: Task, begins: ev.Event | None, events: tuple[ev.Event, ...], progress: object
) -> None:
    task = running if begins is None else after(None, begins)
    assert after(task, *events).progress == progress
