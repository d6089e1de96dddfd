"""`progress_backend.tqdm` in the real tqdm's place: inside a tracked task, and elsewhere."""

from __future__ import annotations

import inspect
import io
import subprocess
import sys
from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Any

import pytest
import tqdm as real
from redis import Redis

from progress_backend import progress_task
from progress_backend.record.model import Task
from progress_backend.tqdm import tqdm, trange
from tests.apps import App
from tests.waiting import eventually

#: The real tqdm's public names that a task's bar has no use for.
LEFT_OUT = {
    "format_dict",
    "format_interval",
    "format_meter",
    "format_num",
    "format_sizeof",
    "monitor",
    "monitor_interval",
    "moveto",
    "pandas",
    "status_printer",
}
Job = Callable[[Callable[[], Task]], Any]
Done = Callable[[Job], Task]


@pytest.fixture
def app(redis_url: str) -> Iterator[App]:
    app = App(redis_url, {"task_always_eager": True})
    yield app
    app.close()


@pytest.fixture
def done(app: App) -> Done:
    """Does a job in a tracked task, which can read its own record; returns the record."""

    def do(job: Job) -> Task:
        def body(self: Any) -> Any:
            return job(lambda: app.record(self.request.id))

        task = app.task(name=job.__name__, bind=True, shared=False)(progress_task(body))
        return app.record(task.delay().id)

    return do


def parameters(function: Any) -> dict[str, Any]:
    given = inspect.signature(function).parameters.values()
    return {
        each.name: each.default
        for each in given
        if each.kind not in (each.VAR_KEYWORD, each.VAR_POSITIONAL)
    }


def test_it_takes_what_the_real_one_takes() -> None:
    assert parameters(tqdm.__init__) == parameters(real.tqdm.__init__)
    assert list(parameters(tqdm.__init__)) == list(parameters(real.tqdm.__init__))


def test_it_has_what_the_real_one_has() -> None:
    public = {name for name in dir(real.tqdm) if not name.startswith("_")}
    assert {name for name in public if not hasattr(tqdm, name)} == LEFT_OUT
    for name in public - LEFT_OUT:
        assert parameters(getattr(tqdm, name)) == parameters(getattr(real.tqdm, name)), name


def test_a_loop_moves_the_record(done: Done) -> None:
    def job(record: Callable[[], Task]) -> dict[str, int]:
        for n, _ in enumerate(tqdm(iter("abcd"), "letters", 4)):
            eventually(lambda n=n: record().current_items == n, what=f"{n} in the record")
            assert record().message == "letters"
        return {}

    ended = done(job)
    assert (ended.status, ended.current_items, ended.total_items) == ("completed", 4, 4)


def test_a_bar_without_a_loop(done: Done) -> None:
    def job(record: Callable[[], Task]) -> dict[str, Any]:
        with tqdm(total=300, initial=100, desc="rows", unit="row", miniters=5) as bar:
            assert (bar.n, bar.total, bool(bar)) == (100, 300, True)
            bar.update(50)
            bar.update()
            bar.set_postfix(loss=0.123456, step=12345678, at=" home ")
            eventually(lambda: record().current_items == 151)
            eventually(lambda: record().message == "rows, loss=0.123, step=1.23e+7, at=home")
            bar.set_description("more")
            eventually(lambda: record().message == "more, loss=0.123, step=1.23e+7, at=home")
            bar.set_postfix_str("soon")
            bar.n, bar.total = 200, 400
            bar.refresh()
            eventually(lambda: record().total_items == 400)
            bar.reset(total=10)
            bar.update(3)
        bar.update(5)  # closed: as with the real one nothing is shown of it
        return {"counted": bar.n}

    ended = done(job)
    assert ended.results == {"counted": 3}
    assert (ended.status, ended.total_items) == ("completed", 10)


def test_bars_within_bars(done: Done) -> None:
    def job(record: Callable[[], Task]) -> None:
        for epoch in trange(3, desc="epoch"):
            for batch in tqdm(range(5), desc="batch", leave=False):
                if (epoch, batch) == (1, 2):
                    eventually(lambda: record().message == "epoch · batch 2/5")
                    assert (record().current_items, record().total_items) == (1, 3)

    ended = done(job)
    assert (ended.current_items, ended.total_items, ended.status) == (3, 3, "completed")


def test_a_cancel_ends_the_loop_and_a_bar(app: App, done: Done) -> None:
    seen = []

    def job(record: Callable[[], Task]) -> None:
        for item in tqdm(range(10)):
            seen.append(item)
            if item == 2:
                run = app.run_of(app.celery.current_task)
                run.receive_status("cancelled")

    done(job)
    assert seen == [0, 1, 2]


def test_a_disabled_bar_leaves_the_record_alone(done: Done) -> None:
    def job(record: Callable[[], Task]) -> dict[str, Any]:
        bar = tqdm(range(4), disable=True)
        items = list(bar)
        bar.update()
        return {"items": items, "n": bar.n}

    ended = done(job)
    assert ended.results == {"items": [0, 1, 2, 3], "n": 0}
    assert (ended.total_items, ended.current_items) == (0, 0)


def test_what_is_written_is_in_the_log(redis_url: str, done: Done, capfd: Any) -> None:
    def job(record: Callable[[], Task]) -> dict[str, str]:
        tqdm.write("7203.T is not listed")
        tqdm.write("elsewhere", file=(out := io.StringIO()))
        return {"out": out.getvalue()}

    ended = done(job)
    assert ended.results == {"out": "elsewhere\n"}
    (entry,) = Redis.from_url(redis_url).xrange(f"progress_log:{ended.task_id}")
    assert "7203.T is not listed" in str(entry)
    assert capfd.readouterr().out == ""


def test_the_bytes_of_a_file(done: Done) -> None:
    def job(record: Callable[[], Task]) -> dict[str, int]:
        with tqdm.wrapattr(io.BytesIO(b"x" * 1_000), "read", total=1_000, unit="B") as file:
            while file.read(300):
                pass
            eventually(lambda: record().current_items == 1_000)
        with tqdm.wrapattr(io.BytesIO(), "write", total=5) as file:
            file.write(b"12345")
        return {"written": 5}

    ended = done(job)
    assert (ended.current_items, ended.total_items) == (5, 5)


def test_nothing_that_is_said_raises_into_the_job(done: Done) -> None:
    class Odd:
        def __str__(self) -> str:
            raise RuntimeError("no text")

    def job(record: Callable[[], Task]) -> dict[str, bool]:
        bar = tqdm([1], desc=Odd(), total=float("inf"), postfix=Odd(), colour=3, nonsense=True)
        bar.set_postfix({"a": Odd()}, b=1j)
        bar.set_description(7)
        bar.total = "?"
        bar.refresh()
        bar.clear()
        bar.unpause()
        assert bar.display() is True
        with tqdm.external_write_mode():
            pass
        return {"there": 1 in bar}

    ended = done(job)
    assert (ended.status, ended.results) == ("completed", {"there": True})


def test_a_class_of_one_s_own(done: Done) -> None:
    class UpTo(tqdm):
        def update_to(self, blocks: int, size: int, total: int) -> None:
            self.total = total
            self.update(blocks * size - self.n)

    def job(record: Callable[[], Task]) -> None:
        with UpTo(unit="B", desc="prices.csv") as bar:
            bar.update_to(2, 8_192, 20_000)
            eventually(lambda: record().current_items == 16_384)
            assert record().total_items == 20_000

    assert done(job).status == "completed"
    assert list(UpTo([1, 2])) == [1, 2]


def test_an_item_costs_little(done: Done) -> None:
    """Beside a plain loop, and the real tqdm's: a bound that a busy machine keeps too."""
    items = 200_000

    def job(record: Callable[[], Task]) -> dict[str, float]:
        begun = perf_counter()
        for _ in tqdm(range(items)):
            pass
        return {"us": (perf_counter() - begun) / items * 1e6}

    app_us = done(job).results["us"]
    assert app_us < 20, app_us


def test_outside_of_a_task_it_is_the_real_one() -> None:
    out = io.StringIO()
    bar = tqdm(range(3), desc="plain", file=out)
    assert type(bar) is real.tqdm
    assert list(bar) == [0, 1, 2]
    assert "plain: 100%" in out.getvalue()
    tqdm.write("a line", file=out)
    assert "a line\n" in out.getvalue()
    assert list(trange(2, file=out)) == [0, 1]


def test_where_tqdm_is_not_installed_it_is_silent() -> None:
    code = """
import sys
sys.modules["tqdm"] = None
from progress_backend.tqdm import tqdm, trange
assert list(tqdm([1, 2], desc="x")) == [1, 2] and list(trange(2)) == [0, 1]
with tqdm(total=3) as bar:
    bar.update(2)
assert (bar.n, bar.total) == (2, 3)
tqdm.write("said")
"""
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (shown.stdout, shown.stderr) == ("said\n", "")
