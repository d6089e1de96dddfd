"""What the settings say of how long a record is kept; by the clock: tests/behaviour."""

from datetime import UTC, datetime

from progress_backend.flows import task_lifetimes
from progress_backend.flows.stored_record import milliseconds
from progress_backend.record import events as ev
from progress_backend.record.model import Task
from progress_backend.record.transition import transition
from progress_backend.settings import Settings

NOW = datetime(2024, 1, 15, 10, 30, tzinfo=UTC)
SETTINGS = Settings(retention_s=5, unstarted_s=7, cleanup_interval_s=11)


def kept_s(task: Task) -> float:
    now_ms = milliseconds(NOW)
    return (task_lifetimes.due_ms(task, now_ms, SETTINGS) - now_ms) / 1000


def test_the_settings_say_how_long_a_record_is_kept() -> None:
    identity = ev.Identity(task_type="fetch_data")
    created = transition(None, ev.Created(identity=identity), NOW, task_id="t")
    begun = transition(created, ev.Progressed(current=1), NOW)
    ended = transition(begun, ev.Completed(), NOW)
    assert (kept_s(created), kept_s(begun), kept_s(ended)) == (7, task_lifetimes.UNENDED_S, 5)
    # Redis keeps it for longer than until the cleanup that deletes it.
    assert task_lifetimes.ttl_ms(5_000, 0, SETTINGS) == 5_000 + 11_000 + 60_000
