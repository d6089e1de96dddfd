"""Tasks that are moved from celery-progress and plain `update_state`, unchanged."""

from typing import Any

import pytest

from progress_backend import TaskStatus
from tests.docs.reading import blocks
from tests.docs.walking import Walk

pytestmark = pytest.mark.wide
COMING_FROM = "docs/coming-from.md"


def run(walk: Walk, section: str, module: str) -> dict[str, Any]:
    """The record of one run, in the asking process, of the section's task."""
    (block,) = blocks(COMING_FROM, section, "python")
    walk.write(block)
    (walk.folder / "call.py").write_text(
        f"from {module} import app, fetch_data\n"
        "app.conf.task_always_eager = True\n"
        "print(fetch_data.delay(3).id)\n"
    )
    return walk.record(walk.python("call.py").strip())


def test_celery_progress(walk: Walk) -> None:
    pytest.importorskip("celery_progress")
    record = run(walk, "celery-progress", "recorder")
    assert record["status"] == TaskStatus.COMPLETED
    assert record["task_type"] == "recorder.fetch_data"
    assert record["progress"] == {"current": 3, "total": 3, "percentage": 100}
    assert record["current_status"] == "完了しました"
    assert not {"percent", "pending"} & set(record["processing_details"])
    assert record["results"] == {"result": 3}


def test_tqdm(walk: Walk) -> None:
    record = run(walk, "tqdm", "bars")
    assert record["status"] == TaskStatus.COMPLETED
    assert record["progress"] == {"current": 3, "total": 3, "percentage": 100}


def test_plain_update_state(walk: Walk) -> None:
    record = run(walk, "Plain update_state", "plain")
    assert record["status"] == TaskStatus.COMPLETED
    assert record["progress"] == {"current": 3, "total": 3, "percentage": 100}
    assert record["processing_details"]["file"] == "2.csv"
