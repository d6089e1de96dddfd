"""The page about work that goes on: its jobs, in a real worker; its pool's process is killed."""

from __future__ import annotations

import contextlib
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.docs.reading import blocks
from tests.docs.walking import Walk
from tests.waiting import eventually

ROWS, KILLED_AT = 100_000, 70_000
pytestmark = [pytest.mark.integration, pytest.mark.slow]


@pytest.fixture
def shop(walk: Walk) -> Iterator[Path]:
    """The reader's database; in memory, since a disk takes milliseconds for each row."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        (walk.folder / "shop.db").symlink_to(Path(folder) / "shop.db")
        yield walk.folder / "shop.db"


def figure(shop: Path, what: str) -> int:
    with contextlib.closing(sqlite3.connect(shop, timeout=10)) as database:
        try:
            return int(database.execute(f"SELECT {what} FROM items").fetchone()[0] or 0)
        except sqlite3.OperationalError:  # the job has not made the table yet
            return 0


def ended(walk: Walk, task_id: str) -> dict[str, Any]:
    eventually(lambda: walk.record(task_id).get("end_time"), 60)
    return walk.record(task_id)


def test_its_import_goes_on_at_row_70_001(walk: Walk, shop: Path) -> None:
    prices = "".join(f"{n},{n * 3}\n" for n in range(1, ROWS + 1))
    (walk.folder / "prices.csv").write_text("code,price\n" + prices)
    walk.variables["PROGRESS_UPDATE_INTERVAL_S"] = "0.05"
    walk.follow(blocks("docs/checkpoints.md", "A loop over items"))
    worker = walk.start("celery -A imports worker --concurrency 1 --loglevel INFO", r" ready\.$")
    walk.assign("ID=$(celery -A imports call imports.import_csv --args '[\"prices.csv\"]')")
    assert eventually(lambda: figure(shop, "count(*)") >= KILLED_AT, 120)
    for child in worker.children():
        child.kill()
    record = ended(walk, walk.variables["ID"])
    assert (record["status"], record["attempt"]) == ("completed", 2)
    assert record["progress"]["current"] == ROWS
    assert "checkpoint" not in record
    assert figure(shop, "count(DISTINCT code)") == ROWS
    # A row that is replaced gets a new number.
    again = figure(shop, "max(rowid)") - ROWS
    assert 0 <= again < KILLED_AT // 2, again


def test_its_pages_go_on_at_the_cursor(walk: Walk) -> None:
    walk.follow(blocks("docs/checkpoints.md", "A value of your own"))
    pages = walk.folder / "pages.py"
    asked = walk.folder / "asked"
    stop = f"""    open({str(asked)!r}, "a").write(f"{{begin}} ")
    if begin == 500 and open({str(asked)!r}).read().count("500 ") == 1:
        raise OSError("the service is away")
"""
    before = "    begin = cursor or 0\n"
    text = pages.read_text()
    assert before in text
    text = text.replace(before, before + stop)
    retried = "bind=True, autoretry_for=(OSError,), retry_backoff=False, default_retry_delay=0,"
    pages.write_text(text.replace("bind=True,", retried))
    walk.start("celery -A pages worker --concurrency 1 --loglevel INFO", r" ready\.$")
    walk.assign("ID=$(celery -A pages call pages.fetch_pages)")
    record = ended(walk, walk.variables["ID"])
    assert record["status"] == "completed"
    assert asked.read_text().split() == [
        str(n) for n in (0, 100, 200, 300, 400, 500, *range(500, 1_000, 100))
    ]
