"""Stacks of threads, greenlets and event loops; and tracebacks as they are kept."""

import asyncio
import importlib
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import greenlet
import pytest

from progress_backend.record.redaction import Redaction
from progress_backend.record.timeline import StackFrame
from progress_backend.stacks import frames
from progress_backend.stacks.frames import At, JobThread, here, stack_of
from progress_backend.stacks.tracebacks import LONGEST_LINE, cut
from tests.waiting import eventually


@contextmanager
def running(job: Callable[[threading.Event], Any]) -> Iterator[JobThread]:
    """A thread in which a job waits for the event that it gets."""
    over, places = threading.Event(), list[JobThread]()

    def run() -> None:
        places.append(here())
        job(over)

    thread = threading.Thread(target=run)
    thread.start()
    eventually(lambda: places)
    try:
        yield places[0]
    finally:
        over.set()
        thread.join()


def functions(place: JobThread) -> list[str]:
    return [at.function.rpartition(".")[2] for at in stack_of(place)]


def hangs_in_a_lock(over: threading.Event) -> None:
    secret = "hunter2"  # noqa: F841  # no local is in a stack
    over.wait(30)


def test_a_thread_is_at_the_newest_line_of_its_own_code() -> None:
    with running(hangs_in_a_lock) as place:
        eventually(lambda: functions(place)[:2] == ["wait", "wait"])
        stack = stack_of(place)
        own = next(at for at in stack if at.own)
        assert (own.function, own.file) == ("hangs_in_a_lock", __file__)
        shown = frames.described(stack, Redaction())
        frame = shown[stack.index(own)]
        assert frame.code == "over.wait(30)"
        assert frame.file.endswith("test_frames.py")
        assert shown[0].file == "threading.py"
        assert "hunter2" not in str(shown)


async def waits_for_long(over: threading.Event) -> None:
    while not over.is_set():
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), 0.05)


async def awaits(over: threading.Event) -> None:
    await waits_for_long(over)


async def blocks(over: threading.Event) -> None:
    over.wait(30)


@pytest.mark.parametrize(
    ("job", "expected"), [(awaits, ("waits_for_long", "awaits")), (blocks, ("wait", "blocks"))]
)
def test_an_event_loop_is_where_its_task_is(job: Any, expected: tuple[str, str]) -> None:
    with running(lambda over: asyncio.run(job(over))) as place:
        stack = eventually(lambda: expected in pairwise(found := functions(place)) and found)
        assert "<lambda>" in stack


def test_a_greenlet_is_where_it_waits() -> None:
    def job() -> None:
        places.append(here())
        greenlet.getcurrent().parent.switch()

    places = list[JobThread]()
    one = greenlet.greenlet(job)
    one.switch()
    assert functions(places[0]) == ["job"]
    one.switch()
    assert stack_of(places[0]) == []


def test_a_generators_body_is_part_of_the_stack_and_a_deep_one_is_cut() -> None:
    def rows(over: threading.Event, left: int) -> Iterator[int]:
        if left:
            yield from rows(over, left - 1)
        over.wait(30)
        yield 1

    with running(lambda over: list(rows(over, 200))) as place:
        eventually(lambda: functions(place)[2:5] == ["rows"] * 3)
        assert len(stack_of(place)) > 200
        assert len(frames.described(stack_of(place), Redaction())) == frames.MOST


def test_frames_of_celery_are_folded(tmp_path: Path) -> None:
    code = tmp_path / "jobs.py"
    code.write_text("login(\napi_token, 'hunter2')\nconnect('redis://me:hunter2@host')\n")
    trace = "/venv/lib/python3/site-packages/celery/app/trace.py"
    stack = [
        At("/venv/lib/python3/site-packages/requests/api.py", 5, "get", "requests.api"),
        At(str(code), 3, "fetch", "jobs"),
        At(frames.__file__, 9, "run", frames.__name__),
        At(trace, 10, "trace_task", "celery.app.trace"),
    ]
    shown = frames.described(stack, Redaction())
    assert [frame.folded for frame in shown] == [None, None, True, True]
    assert [frame.file for frame in shown[::3]] == ["requests/api.py", "celery/app/trace.py"]
    assert shown[1] == StackFrame("jobs.py", 3, "fetch", "connect('redis://me:***@host')")
    (frame,) = frames.described([At(str(code), 2, "fetch", "jobs")], Redaction())
    assert frame.code == "***"
    assert [at.own for at in stack] == [False, True, False, False]


#: A module that fails in a call over several lines, after another exception.
FAILING: Final = """
def fetch():
    try:
        connect = {}["db"]
    except KeyError:
        login(
            "hunter2", my_passphrase="hunter2",
            host="db",
        )

def login(key, my_passphrase, host): raise OSError(f"no password: hunter2 at {host}")
"""


def test_a_traceback_has_files_as_stacks_and_no_line_with_a_secrets_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "fetching.py").write_text(FAILING)
    monkeypatch.syspath_prepend(tmp_path)
    fetching = importlib.import_module("shop.fetching")
    try:
        fetching.fetch()
    except OSError:
        kept = cut(traceback.format_exc(), Redaction())
    assert str(tmp_path) not in kept
    assert "hunter2" not in kept
    assert kept.count('  File "shop/fetching.py", line ') == 3
    # Before Python 3.13 a traceback has the first line of a call alone, here without a name.
    assert kept.count("\n    ***\n") == (2 if sys.version_info >= (3, 13) else 1)
    assert f'  File "{Path(__file__).name}", line ' in kept.replace("tests/stacks/", "")
    assert 'connect = {}["db"]' in kept
    assert kept.endswith("OSError: no password: *** at db")
    group = (
        '  | Traceback\n  |   File "/srv/shop.py", line 1\n  |     f(token)\n  |     ^^^^\n  | E: x'
    )
    assert cut(group, Redaction()) == (
        '  | Traceback\n  |   File "shop.py", line 1\n  |     ***\n  | E: x'
    )


def test_a_long_traceback_keeps_its_end_without_secrets() -> None:
    line = '  File "a.py", line 1, in f'
    text = "\n".join(["Traceback", *[line] * 5_000, "ValueError: password=hunter2 " + "x" * 10**6])
    kept = cut(text, Redaction())
    assert len(kept.encode()) <= 8 * 1024
    assert kept.startswith(f"  …\n{line}\n")
    assert kept.splitlines()[-1].startswith("ValueError: password=***")
    assert max(map(len, kept.splitlines())) <= LONGEST_LINE
    assert kept.count("  …") == 1
    assert "hunter2" not in kept
    assert cut("Traceback\n é\n", Redaction()) == "Traceback\n é"


def test_a_place_without_greenlets_is_its_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(frames.sys.modules, "greenlet", SimpleNamespace(getcurrent=lambda: None))
    assert here().thread == threading.get_ident()
