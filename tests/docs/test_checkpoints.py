"""The page about work that goes on: its jobs, in a real worker; its pool's process is killed."""

import contextlib
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

import psutil
import pytest

from tests.docs.reading import blocks
from tests.docs.walking import Walk
from tests.waiting import eventually

ROWS, KILLED_AT, MORE = 100_000, 70_000, 1_000
#: Each row is a write of its own: a busy machine takes minutes for them.
LONG_S = 300
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
    eventually(lambda: walk.record(task_id).get("end_time"), LONG_S)
    return walk.record(task_id)


def read_by_the_job(pipe: Path) -> TextIO:
    """What the job reads, to be written; once it has opened that."""

    def opened() -> int | None:
        with contextlib.suppress(OSError):  # no process has it open
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        return None

    number = eventually(opened, what="the job opens its file")
    assert number is not None
    os.set_blocking(number, True)
    return os.fdopen(number, "w")


def test_its_import_goes_on_at_row_70_001(walk: Walk, shop: Path) -> None:
    """Its file is a pipe: it waits for more rows until it is killed, some rows later."""
    prices = [f"{n},{n * 3}\n" for n in range(1, ROWS + 1)]
    pipe = walk.folder / "prices.csv"
    os.mkfifo(pipe)
    walk.variables["PROGRESS_UPDATE_INTERVAL_S"] = "0.05"
    walk.follow(blocks("docs/checkpoints.md", "A loop over items"))
    worker = walk.start("celery -A imports worker --concurrency 1 --loglevel INFO", r" ready\.$")
    walk.assign("ID=$(celery -A imports call imports.import_csv --args '[\"prices.csv\"]')")
    task_id = walk.variables["ID"]
    with read_by_the_job(pipe) as first:
        first.writelines(["code,price\n", *prices[:KILLED_AT]])
        first.flush()
        # The last one counts when the loop has the next.
        done = KILLED_AT - 1
        eventually(lambda: walk.record(task_id)["progress"]["current"] == done, LONG_S)
        first.writelines(prices[KILLED_AT : KILLED_AT + MORE])
        first.flush()
        children = worker.children()
        for child in children:
            child.kill()
        psutil.wait_procs(children)
    with read_by_the_job(pipe) as second:
        second.writelines(["code,price\n", *prices])
    record = ended(walk, task_id)
    assert (record["status"], record["attempt"]) == ("completed", 2)
    assert record["progress"]["current"] == ROWS
    assert "checkpoint" not in record
    assert figure(shop, "count(DISTINCT code)") == ROWS
    # A row that is replaced gets a new number.
    again = figure(shop, "max(rowid)") - ROWS
    assert 0 <= again <= MORE + 1, again


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
    assert ended(walk, walk.variables["ID"])["status"] == "completed"
    assert asked.read_text().split() == [
        str(n) for n in (0, 100, 200, 300, 400, 500, *range(500, 1_000, 100))
    ]
