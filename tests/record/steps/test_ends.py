"""What an end writes into a record, besides the status."""

import pytest

from progress_backend.record import events as ev
from progress_backend.record.default_texts import LOCALES, text
from tests.record.steps.given import after, at, steadily


def test_a_completed_task_has_the_average_of_its_run(running) -> None:
    task = after(steadily(running, 100, seconds=2), ev.Completed(current=10), seconds=105)
    assert (task.rate, task.work.items, task.work.seconds) == (2, 10, 5)


def test_completed_without_any_progress_has_a_rate_to_remember(running) -> None:
    assert after(running, ev.Completed(), seconds=5).rate == 2
    assert after(running, ev.Completed()).rate is None  # no time went by


def test_failed_says_why_and_keeps_the_figures(running) -> None:
    task = after(running, ev.Progressed(current=4), ev.Failed(error_message="why", cause="c"))
    assert (task.current_items, task.error_message, task.error_cause) == (4, "why", "c")
    assert after(running, ev.Failed(error_message="why", current=6)).current_items == 6


def test_cancelled_and_ignored_say_who(running) -> None:
    task = after(running, ev.Cancelled(by="api", reason="enough"))
    assert (task.control["action"], task.control["by"], task.control["reason"]) == (
        "cancel",
        "api",
        "enough",
    )
    assert after(running, ev.Ignored()).control["by"] == "celery"


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize(
    ("event", "key"),
    [
        (ev.Completed(), "completed"),
        (ev.Failed(error_message="why"), "failed"),
        (ev.Cancelled(), "cancelled"),
        (ev.Ignored(), "cancelled"),
    ],
)
def test_an_end_without_a_message_takes_the_default_text(running, event, key, locale) -> None:
    task = after(running, event, locale=locale)
    assert (task.message, task.message_code) == (text(locale, key), {"code": key, "args": {}})
    assert type(task.message) is str
    if not isinstance(event, ev.Ignored):
        for own in ("own", ""):
            other = after(running, event.replace(message=own))
            assert (other.message, other.message_code) == (own, None)


def test_what_is_recorded_later_has_its_own_time(running) -> None:
    task = after(running, ev.Completed(at=at(5)), seconds=60)
    assert (task.completed_at, task.updated_at) == (at(5), at(5))
