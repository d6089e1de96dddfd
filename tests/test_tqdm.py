"""`progress_backend.tqdm` in tqdm's place: inside a tracked task, and elsewhere."""

import asyncio
import io
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tqdm.contrib.concurrent import thread_map

from progress_backend import ProgressNotifier, progress_task
from progress_backend.record.model import Task
from progress_backend.tqdm import tqdm, trange
from tests.apps import App
from tests.conftest import Install
from tests.waiting import aeventually, eventually

Job = Callable[[Callable[[], Task]], Any]
Done = Callable[..., Task]


@pytest.fixture
def app(installed: Install) -> App:
    return installed({"task_always_eager": True})


@pytest.fixture
def done(app: App) -> Done:
    """Does a job in a tracked task, which can read its own record; returns the record."""

    def do(job: Job, *, refused: bool = False) -> Task:
        def body(self: Any) -> Any:
            return job(lambda: app.record(self.request.id))

        task = app.task(name=job.__name__, bind=True, shared=False)(progress_task(body))
        task_id = task.delay().id
        if not refused:
            # A store that answers late makes its record late, not the job.
            eventually(lambda: app.record(task_id).ended, what="an end in the record")
        return app.record(task_id)

    return do


def test_a_loop_updates_the_record_and_prints_nothing(done: Done, capfd: Any) -> None:
    def job(record: Callable[[], Task]) -> dict[str, int]:
        for n, _ in enumerate(tqdm(iter("abcd"), "letters", 4, unit_scale=True)):
            eventually(
                lambda n=n: (now := record()).current_items == n and now.message == "letters",
                what=f"{n} in the record, with the message",
            )
        return {}

    ended = done(job)
    assert (ended.status, ended.current_items, ended.total_items) == ("completed", 4, 4)
    assert capfd.readouterr() == ("", "")


def test_a_bar_without_a_loop(done: Done) -> None:
    def job(record: Callable[[], Task]) -> dict[str, Any]:
        with tqdm(total=300, initial=100, desc="rows", disable=None, file=io.StringIO()) as bar:
            bar.update(50)
            bar.update()
            bar.set_postfix(loss=0.123456, at=" home ")
            eventually(lambda: record().message == "rows, at=home, loss=0.123")
            assert (record().current_items, record().total_items) == (151, 300)
            bar.set_description("more")
            eventually(lambda: record().message == "more, at=home, loss=0.123")
            bar.n, bar.total = 200, 400
            bar.refresh()
            eventually(lambda: (record().current_items, record().total_items) == (200, 400))
            bar.reset(total=10)
            bar.update(3)
        bar.update(5)
        return {"counted": bar.n}

    ended = done(job)
    assert ended.results == {"counted": 3}
    assert (ended.status, ended.current_items, ended.total_items) == ("completed", 3, 10)


def test_the_outermost_of_several_bars_counts(done: Done) -> None:
    def job(record: Callable[[], Task]) -> None:
        for epoch in trange(3, desc="epoch"):
            for batch in tqdm(range(5), desc="batch", leave=False, miniters=50):
                if (epoch, batch) == (1, 2):
                    eventually(lambda: (record().message or "").startswith("epoch · batch "))
                    assert (record().current_items, record().total_items) == (1, 3)
            eventually(lambda: record().message == "epoch")
        first = tqdm(total=7, desc="not closed")
        first.update(7)
        first = tqdm(total=9)
        first.update(8)
        eventually(lambda: record().message == "処理中... (8/9)")

    ended = done(job)
    assert (ended.current_items, ended.total_items, ended.status) == (8, 9, "completed")


def test_a_tracked_loop_counts_while_it_lasts(done: Done) -> None:
    def job(record: Callable[[], Task]) -> None:
        progress = ProgressNotifier()
        for row in progress.track(range(3)):
            for _ in tqdm(range(4), desc="within"):
                pass
            eventually(lambda row=row: (record().current_items, record().total_items) == (row, 3))
        for _ in tqdm(range(2), desc="around"):
            assert list(progress.track(range(5))) == [0, 1, 2, 3, 4]

    ended = done(job)
    assert (ended.current_items, ended.total_items, ended.status) == (2, 2, "completed")


def test_a_cancel_ends_a_loop_and_leaves_no_lock(app: App, done: Done) -> None:
    seen = []

    def job(record: Callable[[], Task]) -> None:
        for item in tqdm(range(10)):
            seen.append(item)
            if item == 2:
                app.run_of(app.celery.current_task).receive_status("cancelled")

    done(job, refused=True)  # the end of a cancelled run is the cancel, which no store has here
    assert seen == [0, 1, 2]
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(list, tqdm("ab", file=io.StringIO())).result(60) == ["a", "b"]


def test_a_disabled_bar_leaves_the_record_alone(done: Done) -> None:
    ended = done(lambda record: {"items": list(tqdm(range(4), disable=True))})
    assert ended.results == {"items": [0, 1, 2, 3]}
    assert (ended.total_items, ended.current_items) == (0, 0)


def test_whatever_is_counted_is_a_number(done: Done) -> None:
    def job(record: Callable[[], Task]) -> dict[str, Any]:
        with tqdm(total=float("inf"), file=io.StringIO()) as bar:
            bar.update(2.7)
        return {"items": [*(once := tqdm([1, 2, 3])), *once]}

    ended = done(job)
    assert (ended.status, ended.results) == ("completed", {"items": [1, 2, 3, 1, 2, 3]})
    assert (ended.current_items, ended.total_items) == (3, 3)


def test_async_loops_and_what_they_await(done: Done) -> None:
    async def numbers() -> AsyncIterator[int]:
        for n in range(3):
            yield n

    async def one(n: int) -> int:
        return n

    async def main(record: Callable[[], Task]) -> dict[str, Any]:
        loop = []
        async for n in tqdm(numbers(), "numbers", 3):
            loop.append(n)
            await aeventually(lambda n=n: record().current_items == n + 1)
        gathered = await tqdm.gather(*map(one, range(4)), desc="all")
        return {"loop": loop, "gathered": gathered}

    ended = done(lambda record: asyncio.run(main(record)))
    assert ended.results == {"loop": [0, 1, 2], "gathered": [0, 1, 2, 3]}
    assert (ended.status, ended.current_items, ended.total_items) == ("completed", 4, 4)


def test_threads_move_the_bar_of_a_task(done: Done) -> None:
    def job(record: Callable[[], Task]) -> dict[str, Any]:
        return {"mapped": thread_map(abs, [-1, -2, -3], tqdm_class=tqdm, max_workers=2)}

    ended = done(job)
    assert ended.results == {"mapped": [1, 2, 3]}
    assert (ended.status, ended.current_items, ended.total_items) == ("completed", 3, 3)


def test_outside_of_a_task_it_shows_its_own_bar() -> None:
    out = io.StringIO()
    assert list(trange(3, desc="plain", file=out)) == [0, 1, 2]
    assert "plain: 100%" in out.getvalue()


def test_without_tqdm_the_import_says_what_to_install() -> None:
    code = "import sys; sys.modules['tqdm.auto'] = None; import progress_backend.tqdm"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "progress_backend.tqdm needs tqdm: pip install tqdm" in shown.stderr
