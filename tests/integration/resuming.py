"""Jobs that go on where their last attempt stopped, and write down each item that they do; and one
that writes a log."""

import logging
import os
import time
from pathlib import Path
from typing import Any, NamedTuple

from celery import Celery

from progress_backend import ProgressLogHandler, ProgressNotifier, progress_task
from tests.integration.gate import Gate

ITEM_S = 0.002


class Done(NamedTuple):
    """One item that a job has done."""

    attempt: str
    item: int
    at: float
    pid: int


def add(app: Celery) -> None:
    """Registers them; a message comes again when its process is killed."""
    again = {"acks_late": True, "reject_on_worker_lost": True, "max_retries": None}
    for name, function in {"importing": importing, "paging": paging}.items():
        app.task(bind=True, name=name, shared=False, **again)(progress_task(function))
    app.task(bind=True, name="writing_lines", shared=False)(progress_task(writing_lines))


def path_of(folder: Path, task_id: str) -> Path:
    """The file of a task's items, a line each."""
    return folder / f"{task_id}.items"


def items_of(folder: Path, task_id: str) -> list[Done]:
    """What the attempts of a task have done, in order."""
    path = path_of(folder, task_id)
    # A killed process may have left a half line at the end of its own.
    lines = [line.split() for line in path.read_text().splitlines()] if path.exists() else []
    whole = (line for line in lines if len(line) == 4)
    return [Done(a, int(i), float(at), int(pid)) for a, i, at, pid in whole]


class Book:
    """Where one attempt writes down what it has done."""

    def __init__(self, task: Any) -> None:
        self._file = path_of(Gate().folder, task.request.id).open("a", buffering=1)
        self._attempt = f"{os.getpid()}-{time.monotonic_ns()}"

    def write(self, item: int) -> None:
        """An item, done."""
        time.sleep(ITEM_S)
        self._file.write(f"{self._attempt} {item} {time.time()} {os.getpid()}\n")


def importing(self: Any, items: int, fails_at: int | None = None) -> int:
    """Goes over numbered items; at one of them it fails, once."""
    book = Book(self)
    for item in ProgressNotifier(self).track(range(items), resume=True):
        if item == fails_at and not Gate().pids(self.request.id, "failed"):
            Gate().mark(self.request.id, "failed")
            raise ValueError(f"item {item} cannot be read")
        book.write(item)
    return items


def paging(self: Any, items: int, retry_at: int | None = None) -> int:
    """With a cursor of its own; at one item it retries, once."""
    book, progress = Book(self), ProgressNotifier(self)
    cursor = (progress.resume or {"next": 0})["next"]
    while cursor < items:
        if cursor == retry_at and not self.request.retries:
            raise self.retry(countdown=0)
        book.write(cursor)
        cursor += 1
        progress.checkpoint({"next": cursor})
        progress.update(cursor, items)
    return items


def writing_lines(self: Any, lines: int, wait: str = "") -> int:
    """Writes lines into its log, by both ways."""
    progress, shop = ProgressNotifier(self), logging.getLogger("tests.shop")
    handler = ProgressLogHandler(logging.INFO)
    handler.setFormatter(logging.Formatter("%(name)s: %(message)s"))
    shop.addHandler(handler)
    shop.setLevel(logging.DEBUG)
    try:
        progress.log("begins: redis://:hunter2@cache/0")
        shop.debug("not to be seen")
        shop.warning("%s has no price", "7203.T")
        if wait:
            Gate().wait(self.request.id, wait)
        for n in range(lines):
            progress.log(f"line {n}", "debug")
    finally:
        shop.removeHandler(handler)
    progress.log("the end", "error")
    return lines
