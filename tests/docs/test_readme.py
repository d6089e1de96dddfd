"""What the README's first screen says happens."""

from __future__ import annotations

import json
from typing import Any

import pytest

from progress_backend import TaskStatus
from tests.docs.reading import blocks
from tests.docs.walking import Walk
from tests.waiting import eventually

FIRST = "progress-backend"


def kinds(value: Any) -> Any:
    """The shape of an answer: its names, and the types of their values."""
    if isinstance(value, dict):
        return {name: kinds(inner) for name, inner in value.items()}
    return type(value)


@pytest.mark.integration
class TestFirstScreen:
    def test_the_job_answers_as_shown(self, walk: Walk) -> None:
        (shown,) = blocks("README.md", FIRST, "json")
        walk.follow(blocks("README.md", FIRST))
        task_id = walk.variables["ID"]
        assert walk.answers[0].status_code == 200

        def running() -> dict[str, Any] | None:
            body = walk.http.get(f"/internal/task/{task_id}/status").json()
            return body if body["estimated_completion"] and body["progress"]["current"] else None

        body, wanted = eventually(running), json.loads(shown.text)
        assert body is not None
        assert list(body) == list(wanted)
        assert kinds(body) == kinds(wanted)
        assert body["task_type"] == wanted["task_type"]
        assert body["symbol"] == wanted["symbol"]
        assert body["status"] == wanted["status"]
        current = body["progress"]["current"]
        assert body["current_status"] == f"データを処理しています... ({current}/252)"
        answer = walk.http.post(f"/internal/task/{task_id}/cancel")
        assert answer.json()["status"] == TaskStatus.CANCELLED


@pytest.mark.integration
def test_the_notifier_in_an_existing_project(walk: Walk) -> None:
    (block,) = blocks("README.md", "In a Celery project that exists", "python")
    walk.write(block)
    (walk.folder / "call.py").write_text(
        "from celery import Celery\n"
        "from progress_backend import install\n"
        "import notifier\n"
        f"app = install(Celery(broker='memory://', task_always_eager=True), redis_url='redis://{walk.redis}/0')\n"
        "app.set_default()\n"
        "app.conf.task_always_eager = True\n"
        "print(notifier.bulk_import.delay(['AAPL', 'IBM']).id)\n"
    )
    task_id = walk.python("call.py").strip()
    record = walk.record(task_id)
    assert record["status"] == TaskStatus.COMPLETED
    assert record["task_type"] == "bulk_import"
    assert record["current_status"] == "一括取り込みが完了しました"
    assert record["results"] == {"imported": 2}
    assert record["processing_details"]["phase"] == "report"


def test_the_service_without_celery(walk: Walk) -> None:
    (block,) = blocks("README.md", "Notes on Celery", "python")
    walk.write(block)
    assert "'status': 'completed'" in walk.python("service.py")
