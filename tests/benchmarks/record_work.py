"""Records the durations of real work on this machine, the second series of `estimates`.

`python -m tests.benchmarks.record_work` runs seven kinds of work, each in several jobs with other
inputs, and writes each item's time to `OTHER_WORK`. The inputs are chosen by a seed; the times are
this machine's. An item takes milliseconds, and each is written as a second, so that a job takes
minutes.
"""

from __future__ import annotations

import gzip
import json
import lzma
import re
import sqlite3
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from PIL import Image

from tests.benchmarks.durations import LEAST, OTHER_WORK
from tests.servers import ROOT

#: Jobs of each kind, and the most items of one.
JOBS, MOST = 16, 120
SEED = 20
#: Bytes of the smallest file that is an item.
SMALLEST = 2_000

LIBRARY = Path(sysconfig.get_path("stdlib"))
Item = Callable[[], object]
Kind = Callable[[Random, int, Path], Iterator[Item]]


def _files(random: Random, count: int) -> list[Path]:
    """So many files of some of the library's folders, in the order of their names."""
    found = [path for path in sorted(LIBRARY.rglob("*.py")) if path.stat().st_size >= SMALLEST]
    start = random.randrange(len(found) - count)
    return found[start : start + count]


def compress(random: Random, count: int, folder: Path) -> Iterator[Item]:
    """Files of a folder, one after another."""
    for path in _files(random, count):
        yield lambda path=path: lzma.compress(path.read_bytes())  # type: ignore[misc]


def parse(random: Random, count: int, folder: Path) -> Iterator[Item]:
    """Modules in any order."""
    for path in random.sample(_files(random, count), count):
        yield lambda path=path: compile(path.read_bytes(), "module", "exec")  # type: ignore[misc]


def import_rows(random: Random, count: int, folder: Path) -> Iterator[Item]:
    """Batches of a table with an index, which grows meanwhile, each with its commit."""
    table = sqlite3.connect(folder / f"{random.random()}.db")
    table.execute("create table row (number integer, name text)")
    table.execute("create index by_name on row (name)")
    for _ in range(count):
        rows = [(n, f"{random.random()}") for n in range(random.randint(500, 3_000))]

        def batch(rows: list[tuple[int, str]] = rows) -> None:
            with table:
                table.executemany("insert into row values (?, ?)", rows)

        yield batch
    table.close()


def thumbnail(random: Random, count: int, folder: Path) -> Iterator[Item]:
    """Pictures, a few of them much larger than the others."""
    for _ in range(count):
        side = int(min(200 * random.lognormvariate(0, 0.7), 1_500))
        picture = Image.effect_noise((side, side), 60).convert("RGB")
        yield (
            lambda picture=picture: (
                picture.resize((200, 200))
                .rotate(30)
                .save(  # type: ignore[misc]
                    BytesIO(), "PNG"
                )
            )
        )


def difference(random: Random, count: int, folder: Path) -> Iterator[Item]:
    """A repository's newest commits, one after another, each by a process of its own."""
    start = random.randrange(500)
    for number in range(start, start + count):
        command = ["git", "-C", str(ROOT), "show", "--stat", f"HEAD~{number}"]
        yield lambda command=command: subprocess.run(command, capture_output=True, check=True)  # type: ignore[misc]


def search(random: Random, count: int, folder: Path) -> Iterator[Item]:
    """Texts of any size for an expression."""
    words = re.compile(r"(\w+)\s+\1|\bdef (\w+)\(.*?\)\s*->\s*None", re.DOTALL)
    for path in random.sample(_files(random, count), count):
        yield lambda path=path: words.findall(path.read_text(errors="replace"))  # type: ignore[misc]


def start(random: Random, count: int, folder: Path) -> Iterator[Item]:
    """Processes that are all the same."""
    command = [sys.executable, "-I", "-S", "-c", "pass"]
    for _ in range(count):
        yield lambda: subprocess.run(command, check=True)


KINDS: tuple[Kind, ...] = (compress, parse, import_rows, thumbnail, difference, search, start)


def _seconds(items: Iterator[Item]) -> list[float]:
    took = []
    for item in items:
        began = time.perf_counter()
        item()
        took.append(round(1_000 * (time.perf_counter() - began), 2))
    return took


def main() -> None:
    """Runs all jobs, those of the kinds in turn, and writes the file."""
    random, groups = Random(SEED), []
    with TemporaryDirectory() as folder:
        for job in range(JOBS):
            for kind in KINDS:
                count = random.randint(LEAST, MOST)
                seconds = _seconds(kind(random, count, Path(folder)))
                run = f"{kind.__name__}-{job}"
                group = {"family": kind.__name__, "run": run, "run_at": f"{job:06}"}
                groups.append({**group, "type": kind.__name__, "seconds": seconds})
                print(run, count, round(sum(seconds), 2), flush=True)
    text = json.dumps({"groups": groups}, separators=(",", ":"))
    OTHER_WORK.write_bytes(gzip.compress(text.encode(), mtime=0))


if __name__ == "__main__":
    main()
