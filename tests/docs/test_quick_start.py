"""Each section of the quick start and of the frameworks, followed in an empty folder."""

import json
import signal
from typing import Any

import httpx
import pytest

from progress_backend import TaskStatus
from tests.conftest import missing
from tests.docs.reading import blocks
from tests.docs.walking import Walk
from tests.waiting import eventually

QUICK_START = "docs/quick-start.md"
FRAMEWORKS = "docs/frameworks.md"
pytestmark = pytest.mark.integration


def need(package: str) -> None:
    """The frameworks are the reader's; the machine may lack one."""
    try:
        __import__(package)
    except ImportError:
        missing(package)


def kinds(value: Any) -> Any:
    """The shape of an answer: its names, and the types of their values."""
    if isinstance(value, dict):
        return {name: kinds(inner) for name, inner in value.items()}
    return type(value)


def completed(walk: Walk, task_id: str) -> dict[str, Any]:
    """The record once it is completed."""

    def record() -> dict[str, Any] | None:
        found = walk.record(task_id)
        return found if found.get("status") == TaskStatus.COMPLETED else None

    return eventually(record, what=f"{walk.record(task_id)} is completed") or {}


def test_a_store_without_redis(walk: Walk) -> None:
    walk.follow(blocks(QUICK_START, "Quick start"))


def test_the_notifier_in_an_existing_project(walk: Walk) -> None:
    (block,) = blocks(FRAMEWORKS, "A project that exists", "python")
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
    (block,) = blocks(QUICK_START, "Work outside Celery", "python")
    walk.write(block)
    assert "'status': 'completed'" in walk.python("service.py")


def test_plain_celery_read_by_http(walk: Walk) -> None:
    commands = blocks(QUICK_START, "Your first bar")
    walk.follow(commands)
    task_id = walk.variables["ID"]
    one_task, listed = walk.printed
    assert task_id in one_task
    assert task_id in listed
    (reading,) = blocks(QUICK_START, "Reading the record", "sh")
    one, several, watched = reading.text.splitlines()
    assert walk.command(one).json()["task_id"] == task_id
    record = walk.record(task_id)
    assert record["symbol"] == "7203.T"
    assert record["metadata"] == {"requester": "quick start"}
    assert record["progress"]["total"] == 252
    # Another one, however long all that took.
    watching = walk.start(watched, r"\S")
    walk.command(next(line for line in commands[1].text.splitlines() if line.startswith("ID=")))
    other = walk.variables["ID"]
    eventually(
        lambda: [task["task_id"] for task in walk.command(several).json()["tasks"]] == [other],
        what="the list has the running task",
    )
    (block,) = blocks(QUICK_START, "Reading the record", "json")
    shown = json.loads(block.text)

    def running() -> dict[str, Any] | None:
        body = walk.command(one).json()
        return body if body.get("rate") else None

    body = eventually(running)
    assert body is not None
    assert (list(body), kinds(body)) == (list(shown), kinds(shown))
    # It goes on until Ctrl-C; beside a terminal it says each change in a line.
    watching.wait_for_log(rf"(?m)  running .*  {other}$")
    watching.signal(signal.SIGINT)
    eventually(lambda: not watching.alive, what="the watch ends")
    (shared,) = blocks(QUICK_START, "For your own user", "sh")
    walk.run(shared)
    assert walk.answers[-1].json()["task_id"] == other
    create, update = blocks(QUICK_START, "Work outside Celery", "sh")
    walk.run(create)
    assert walk.answers[-1].status_code == 201
    assert walk.variables["ID"] == walk.answers[-1].json()["task_id"] != other
    walk.run(update)
    assert [answer.status_code for answer in walk.answers[-2:]] == [200, 200]
    assert walk.answers[-1].json()["results"] == {"records_saved": 252}


def test_django(walk: Walk) -> None:
    need("django")
    walk.follow(blocks(FRAMEWORKS, "Django"))
    task_id = walk.variables["ID"]
    body = walk.answers[-1].json()
    assert (body["task_id"], body["symbol"]) == (task_id, "7203.T")
    assert body["task_type"] == "prices.tasks.fetch_prices"
    assert task_id in walk.printed[-1]
    assert completed(walk, task_id)["results"] == {"records_saved": 252}
    answer = walk.http.get(f"/internal/task/{task_id}/status")
    assert answer.json()["created_at"].endswith("+09:00")


def test_flask(walk: Walk) -> None:
    need("flask")
    walk.follow(blocks(FRAMEWORKS, "Flask"))
    task_id = walk.variables["ID"]
    assert task_id in walk.printed[-1]
    completed(walk, task_id)
    body = walk.http.get(f"/internal/task/{task_id}/status").json()
    assert body["task_type"] == "shop.fetch_prices"


def test_fastapi(walk: Walk) -> None:
    walk.follow(blocks(FRAMEWORKS, "FastAPI"))
    assert walk.answers[-1].json()["progress"]["total"] == 100
    with httpx.Client(
        base_url=f"http://127.0.0.1:{walk.site_port}", timeout=60, trust_env=False
    ) as site:
        path = f"/progress/internal/task/{walk.variables['ID']}"
        site.post(f"{path}/cancel")  # first: the job takes five seconds
        assert site.get(f"{path}/status").json()["status"] == TaskStatus.CANCELLED
        assert site.get("/progress/").headers["content-type"].startswith("text/html")
