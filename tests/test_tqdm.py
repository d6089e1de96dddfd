"""`progress_backend.tqdm` in the real tqdm's place: inside a tracked task, and elsewhere."""

from __future__ import annotations

import asyncio
import inspect
import io
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from time import thread_time
from typing import Any

import pytest
import tqdm as real
from redis import Redis
from tqdm import asyncio as real_async
from tqdm.contrib.concurrent import thread_map

from progress_backend import progress_task
from progress_backend.record.model import Task
from progress_backend.tqdm import tqdm, trange
from tests.apps import App
from tests.waiting import aeventually, eventually

#: The real tqdm's public names that a task's bar has no use for.
LEFT_OUT = {
    "format_meter",
    "format_num",
    "format_sizeof",
    "monitor",
    "monitor_interval",
    "moveto",
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
    for name in public - LEFT_OUT - {"format_dict"}:
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
    """Of the processor's time, which others on a busy machine take none of."""
    items = 200_000

    def job(record: Callable[[], Task]) -> dict[str, float]:
        begun = thread_time()
        for _ in tqdm(range(items)):
            pass
        return {"us": (thread_time() - begun) / items * 1e6}

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


def test_async_loops_and_what_they_await(done: Done) -> None:
    async def numbers() -> AsyncIterator[int]:
        for n in range(3):
            yield n

    async def double(n: int) -> int:
        await asyncio.sleep(0.01 * (3 - n))
        if n < 0:
            raise LookupError(n)
        return 2 * n

    async def main(record: Callable[[], Task]) -> dict[str, Any]:
        found: dict[str, Any] = {"loop": [], "plain": [], "completed": []}
        async for n in tqdm(numbers(), "numbers", 3):
            found["loop"].append(n)
            await aeventually(lambda n=n: record().current_items == n)
        async for n in trange(2):
            found["plain"].append(n)
        for awaited in tqdm.as_completed([double(n) for n in (1, 2)], desc="some"):
            found["completed"].append(await awaited)
        found["gathered"] = await tqdm.gather(*map(double, range(4)), desc="all")
        errors = await tqdm.gather(double(-1), double(1), return_exceptions=True)
        found["errors"] = list(map(repr, errors))
        with pytest.raises(LookupError):
            await tqdm.gather(double(-1))
        with tqdm(total=4, desc="end") as bar:
            bar.update(4)
        return found

    ended = done(lambda record: asyncio.run(main(record)))
    assert ended.results == {
        "loop": [0, 1, 2],
        "plain": [0, 1],
        "completed": [4, 2],
        "gathered": [0, 2, 4, 6],
        "errors": ["LookupError(-1)", "2"],
    }
    assert (ended.status, ended.current_items, ended.total_items) == ("completed", 4, 4)


def test_outside_of_a_task_async_loops_have_a_bar_too() -> None:
    out = io.StringIO()

    async def numbers() -> AsyncIterator[int]:
        for n in range(3):
            yield n

    async def one(n: int) -> int:
        return n

    async def main() -> list[Any]:
        loop = [n async for n in tqdm(numbers(), desc="numbers", total=3, file=out)]
        plain = [n async for n in trange(2, file=out)]
        return [loop, plain, await tqdm.gather(one(7), one(8), file=out)]

    assert asyncio.run(main()) == [[0, 1, 2], [0, 1], [7, 8]]
    assert "numbers: 100%" in out.getvalue()


def test_it_has_the_names_of_the_async_one() -> None:
    for name in ("as_completed", "gather"):
        theirs, ours = getattr(real_async.tqdm, name), getattr(tqdm, name)
        assert parameters(ours) == parameters(theirs)
    assert hasattr(tqdm, "__aiter__")


def test_a_bar_that_is_over_counts_no_more(done: Done) -> None:
    def job(record: Callable[[], Task]) -> dict[str, Any]:
        bar = tqdm([1, 2, 3], desc="once")
        items = [*bar, *bar]
        bar.close()
        bar.close()
        with tqdm(total=3, leave=False) as other:
            other.update(3)
        other.set_description("late")
        return {"items": items, "n": bar.n}

    ended = done(job)
    assert ended.results == {"items": [1, 2, 3, 1, 2, 3], "n": 3}
    assert (ended.current_items, ended.total_items) == (3, 3)


def test_bars_in_threads_of_a_task(done: Done) -> None:
    def job(record: Callable[[], Task]) -> dict[str, Any]:
        mapped = thread_map(abs, [-1, -2, -3], tqdm_class=tqdm, max_workers=2, desc="mapped")
        with tqdm(total=400) as bar, ThreadPoolExecutor(4) as pool:
            for _ in range(4):
                pool.submit(lambda: [bar.update() for _ in range(100)])
        inner = ThreadPoolExecutor(1).submit(lambda: list(tqdm([1, 2], file=io.StringIO())))
        return {"mapped": mapped, "inner": inner.result()}

    ended = done(job)
    assert ended.results == {"mapped": [1, 2, 3], "inner": [1, 2]}
    assert (ended.status, ended.current_items, ended.total_items) == ("completed", 400, 400)


def test_what_bars_tell_of_themselves(done: Done) -> None:
    def job(record: Callable[[], Task]) -> dict[str, Any]:
        bar = tqdm(total=10, desc="rows", unit="row", postfix={"a": 1})
        bar.update(4)
        told = bar.format_dict
        assert told["elapsed"] > 0
        assert told["rate"] > 0
        bar.close()
        return {name: told[name] for name in ("n", "total", "prefix", "unit", "postfix")}

    told = {"n": 4, "total": 10, "prefix": "rows", "unit": "row", "postfix": "a=1"}
    assert done(job).results == told
    for seconds in (0, 59.9, 61, 3_661, -5):
        assert tqdm.format_interval(seconds) == real.tqdm.format_interval(seconds)


def test_pandas_gets_this_class(monkeypatch: pytest.MonkeyPatch) -> None:
    def given(cls: type, **named: Any) -> None:
        seen.append((cls, named))

    seen: list[Any] = []
    monkeypatch.setattr(real.tqdm, "pandas", classmethod(given))
    tqdm.pandas(desc="rows")
    assert seen == [(tqdm, {"desc": "rows"})]
