"""One side of `against`: measures the library that its PYTHONPATH names, a round for each line of
its standard input, which has a measurement's name; prints the round's figures as JSON.

The code is this tree's on both sides. A measurement that needs a name which the library does not
have is answered with that error.
"""

import json
import os
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter, process_time_ns, thread_time_ns
from typing import Any

import redis

from progress_backend.embedded import EmbeddedServer

from .processor import on_one_core, spent_ns

#: Documents that an API's process caches at most.
_CACHED = 4_096
#: Figures of a round, by name.
Figures = dict[str, float]
_SERVE = "from progress_backend.cli import main; main()"
_VALUES, _TASKS, _REQUESTS = 100, 100, 500


class Side:
    """The measurements, each made at its first round, over databases of one server."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._other_cores = os.sched_getaffinity(0) - {max(os.sched_getaffinity(0))} or {0}
        self._server = stack.enter_context(EmbeddedServer())
        stack.enter_context(on_one_core([self._server.pid]))
        self._base = self._server.url.rpartition("/")[0]
        self._made: dict[str, Callable[[], Figures]] = {}

    def round(self, name: str) -> Figures:
        """The figures of one more round."""
        if name not in self._made:
            self._made[name] = getattr(self, name)()
        return self._made[name]()

    def value(self) -> Callable[[], Figures]:
        """A written value as the sender's thread writes it; time of thread and server."""
        from .written_value import our_write

        write = our_write(f"{self._base}/1")

        def measured() -> Figures:
            began = thread_time_ns() + spent_ns(self._server.pid)
            for _ in range(_VALUES):
                write()
            spent = thread_time_ns() + spent_ns(self._server.pid) - began
            return {"written value, sender's thread, µs": spent / _VALUES / 1000}

        write()
        return measured

    def handed_over(self) -> Callable[[], Figures]:
        """A value that a job's thread sets and another one writes; time of both and the server."""
        from progress_backend.record import events as ev
        from progress_backend.record.model import Worker
        from progress_backend.runs.run import Run
        from progress_backend.runs.sender import Sender
        from progress_backend.settings import Settings
        from progress_backend.store.drivers import Store

        shown = threading.Semaphore(0)

        class Shown:
            """Stands where values are shown to Celery's own tools."""

            def show(self, run: object, task: object) -> None:
                shown.release()

            def close(self, run: object, timeout_s: float) -> None:
                """Nothing is to be waited for."""

        settings = Settings(redis_url=f"{self._base}/2", update_interval_s=0)
        sender = Sender(Store(settings), Shown())  # type: ignore[arg-type]  # it has what a mirror has
        self._stack.callback(sender.stop)
        identity = ev.Identity(task_type="fetch_data", total_items=10**6, symbol="7203.T")
        run = Run("handed-over", identity, sender)
        worker = Worker("celery@host/0123456789abcdef", "celery@host")
        sender.record(run, run.task_id, ev.Started(identity=identity, worker=worker))
        sender.opened(run)

        def measured() -> Figures:
            began = process_time_ns() + spent_ns(self._server.pid)
            for _ in range(_VALUES):
                run.offer(run.current + 1)
                sender.wake()
                assert shown.acquire(timeout=10)
            spent = process_time_ns() + spent_ns(self._server.pid) - began
            return {"written value, handed over, µs": spent / _VALUES / 1000}

        return measured

    def publish(self) -> Callable[[], Figures]:
        """Tasks one by one; time of this thread and the server."""
        noop = self._noop(3)
        return lambda: self._published("publish, µs", 3, lambda: [noop.delay() for _ in _tasks()])

    def groups(self) -> Callable[[], Figures]:
        """Tasks in groups of 100, in the same way."""
        from celery import group

        noop = self._noop(4)
        members = group([noop.si() for _ in range(100)], app=noop.app)
        rounds = range(_TASKS // 100)
        name = "publish in groups of 100, µs a task"
        return lambda: self._published(name, 4, lambda: [members.apply_async() for _ in rounds])

    def _noop(self, database: int) -> Any:
        from .jobs import make_app

        return make_app(f"{self._base}/{database}", 0.0).tasks["noop"]

    def _published(self, name: str, database: int, publish: Callable[[], object]) -> Figures:
        began = thread_time_ns() + spent_ns(self._server.pid)
        publish()
        spent = thread_time_ns() + spent_ns(self._server.pid) - began
        with redis.Redis.from_url(f"{self._base}/{database}") as client:
            client.flushdb()
        return {name: spent / _TASKS / 1000}

    def scripts(self) -> Callable[[], Figures]:
        """What the server takes for a create, a start, a value and an end, by its own count; and
        the bytes that a record takes there in between."""
        from progress_backend.record import events as ev
        from progress_backend.record.model import Worker
        from progress_backend.settings import Settings
        from progress_backend.store.drivers import Store

        client = self._stack.enter_context(redis.Redis.from_url(f"{self._base}/6"))
        store = self._stack.enter_context(Store(Settings(redis_url=f"{self._base}/6")))
        about = ev.Identity(task_type="fetch_data", total_items=252, symbol="7203.T")
        worker = Worker("celery@host/0123456789abcdef", "celery@host")
        events = {
            "create": ev.Created(identity=about),
            "start": ev.Started(identity=about, worker=worker),
            "value": ev.Progressed(current=75, message="75/252"),
            "complete": ev.Completed(results={"rows": 252}),
        }

        def measured() -> Figures:
            client.flushdb()
            figures: Figures = {}
            bases: dict[str, Any] = dict.fromkeys(f"task-{number:027}" for number in _tasks())
            for name, event in events.items():
                client.config_resetstat()
                for task_id, base in bases.items():
                    flow = store.flows.apply(task_id, (event,), store.now(), base=base)
                    bases[task_id] = store.run(flow).base
                ran = client.info("commandstats")["cmdstat_evalsha"]
                figures[f"{name}, the scripts' µs"] = ran["usec"] / _TASKS
                if name != "value":
                    taken = sum(client.memory_usage(key, samples=0) for key in client.scan_iter())
                    figures[f"bytes a record after its {name}"] = taken / _TASKS
            return figures

        return measured

    def status(self) -> Callable[[], Figures]:
        """GET status of running and of queued tasks, and of more queued ones than caches hold, 32
        connections; processor time of the API."""
        from progress_backend.settings import Settings
        from progress_backend.store.drivers import Store
        from tests.servers import Service

        from .cloned_records import running
        from .get_status import created_tasks
        from .http_load import get, load
        from .http_peers import LISTENS

        url = f"{self._base}/7"
        with Store(Settings(redis_url=url)) as store:
            queued = created_tasks(store, _CACHED + 1_000)
            ids = {
                "running": running(store, 1_000),
                "queued": queued[:1_000],
                "queued, each another": queued[1_000:],
            }
        folder = self._stack.enter_context(tempfile.TemporaryDirectory())
        service = Service(
            [sys.executable, "-c", _SERVE, "serve", "--port", "0"],
            log=Path(folder) / "log",
            env={"PROGRESS_REDIS_URL": url, "PYTHONPATH": os.environ["PYTHONPATH"]},
            cwd=Path.cwd(),
        ).start()
        self._stack.callback(service.stop)
        port = int(service.wait_for_log(LISTENS).group(1))
        os.sched_setaffinity(service.pid, self._other_cores)
        asked = {
            name: deque(get(f"/internal/task/{task_id}/status") for task_id in of_them)
            for name, of_them in ids.items()
        }

        def measured() -> Figures:
            figures: Figures = {}
            for name, requests in asked.items():
                began = spent_ns(service.pid)
                load(port, requests, _REQUESTS, 32)
                requests.rotate(-_REQUESTS)  # the next round asks for the next ones
                spent = (spent_ns(service.pid) - began) / _REQUESTS / 1000
                figures[f"GET status {name}, the API's µs"] = spent
            return figures

        return measured


def _tasks() -> range:
    return range(_TASKS)


def main() -> None:
    """Answers each line until the input ends."""
    import progress_backend

    print(json.dumps({"library": progress_backend.__file__}), flush=True)
    with ExitStack() as stack:
        side = Side(stack)
        for line in sys.stdin:
            began = perf_counter()
            try:
                answer: dict[str, Any] = {"figures": side.round(line.strip())}
            except Exception as error:  # the other tree may not have a name that is used here
                answer = {"error": f"{type(error).__name__}: {error}"}
            print(json.dumps({**answer, "seconds": perf_counter() - began}), flush=True)


if __name__ == "__main__":
    main()
