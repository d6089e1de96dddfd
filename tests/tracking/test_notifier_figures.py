"""What a job may say as figures, and what it says that is none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from progress_backend import ProgressNotifier, progress_task
from tests.apps import App
from tests.conftest import Install
from tests.waiting import eventually


@pytest.fixture
def app(installed: Install) -> App:
    return installed({"task_always_eager": True})


@pytest.mark.parametrize("tracked", [True, False])
def test_a_text_in_a_numbers_place_is_refused(app: App, tracked: bool) -> None:
    refused: list[str] = []

    def mistaken(self: Any) -> None:
        said = ProgressNotifier(self)
        mistakes: list[Callable[[], None]] = [
            lambda: said.advance(1, "text"),  # type: ignore[arg-type]  # that is the mistake
            lambda: said.update(1, "text"),  # type: ignore[arg-type]
            lambda: said.update("text", 4),  # type: ignore[arg-type]
        ]
        for mistake in mistakes:
            with pytest.raises(TypeError, match=r"numbers of items, not 'text'.*message=") as told:
                mistake()
            refused.append(str(told.value))
        said.advance(1, message="text")
        said.update(2, "4")  # type: ignore[arg-type]  # as it came out of a file

    body = progress_task(mistaken) if tracked else mistaken
    task_id = app.task(name="mistaken", bind=True, shared=False)(body).delay().id
    assert [text.split()[0] for text in refused] == ["advance()", "update()", "update()"]
    if tracked:
        assert app.record(task_id).progress == (2, 4, 100)


def test_a_total_of_nothing_is_unknown(app: App) -> None:
    said: list[Any] = []

    def counts(self: Any, known: bool) -> None:
        notifier = ProgressNotifier(self)
        if known:
            notifier.update(1, 10)
        notifier.update(3, 0)
        eventually(lambda: app.record(self.request.id).current_items == 3)
        said.append(app.record(self.request.id))

    task = app.task(name="counts", bind=True, shared=False)(progress_task(counts))
    ended = [app.record(task.delay(known).id).progress for known in (False, True)]
    assert [record.progress for record in said] == [(3, None, 0), (3, 10, 30)]
    assert [record.message for record in said] == ["処理中... (3)", "処理中... (3/10)"]
    assert ended == [(3, 3, 100), (3, 10, 100)]


def test_celery_progress_without_a_total_and_a_description(app: App) -> None:
    recorder = pytest.importorskip("celery_progress.backend").ProgressRecorder
    said: list[Any] = []

    def records(self: Any) -> None:
        recording = recorder(self)
        for _ in range(3):
            recording.increment_progress()
        eventually(lambda: app.record(self.request.id).current_items == 3)
        said.append(app.record(self.request.id))

    task = app.task(name="records", bind=True, shared=False)(progress_task(records))
    assert app.record(task.delay().id).progress == (3, 3, 100)
    assert (said[0].progress, said[0].message) == ((3, None, 0), "処理中... (3)")
    assert not {"percent", "pending"} & set(said[0].processing_details)
