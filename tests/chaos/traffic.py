"""Publishes the plan's jobs and steers some of them, each from a thread of its own."""

import contextlib
import heapq
import threading
import time
from dataclasses import dataclass

from celery import Celery

from progress_backend.errors import StoreUnavailable, TaskNotFound
from progress_backend.record import events as ev
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from tests.chaos.calm import deliver_again
from tests.chaos.plan import Job, Plan, Steer

#: How long a cancel, pause or resume is tried while the store is away.
_PATIENCE_S = 60.0
EVENTS: dict[str, ev.Event] = {
    "cancel": ev.Cancelled(by="api", reason="the storm"),
    "pause": ev.Paused(by="api"),
    "resume": ev.Resumed(),
}


@dataclass
class Published:
    """One job as it was sent."""

    task_id: str
    job: Job
    #: What the publish raised; the message may have left all the same.
    raised: str | None = None


class Traffic:
    """Two threads that end by themselves, and one that ends with them."""

    def __init__(self, app: Celery, settings: Settings, plan: Plan) -> None:
        self.published: dict[str, Published] = {}
        self._app = app
        self._settings = settings
        self._plan = plan
        self._began = 0.0
        self._due: list[tuple[float, str, Steer]] = []
        self._all_sent = threading.Event()
        self._threads = [
            threading.Thread(target=self._publish, name="chaos-publish"),
            threading.Thread(target=self._steer, name="chaos-steer"),
        ]
        self._delivering = threading.Thread(
            target=self._deliver_again, name="chaos-deliver", daemon=True
        )

    def start(self) -> None:
        """From now on the plan's times count."""
        self._began = time.monotonic()
        for thread in (*self._threads, self._delivering):
            thread.start()

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._began

    @property
    def over(self) -> bool:
        """Whether everything was sent and asked."""
        return not any(thread.is_alive() for thread in self._threads)

    def _publish(self) -> None:
        for number, job in enumerate(self._plan.jobs):
            time.sleep(max(job.at - self.elapsed, 0))
            sent = Published(f"{number:05d}-{job.kind}", job)
            self.published[sent.task_id] = sent
            for steer in job.steers:
                heapq.heappush(self._due, (steer.at, sent.task_id, steer))
            try:
                self._app.tasks[job.kind].apply_async((job.steps,), task_id=sent.task_id)
            except Exception as error:  # the broker's error, whatever it is
                sent.raised = repr(error)
        self._all_sent.set()

    def _deliver_again(self) -> None:
        """What takes longer than the broker waits runs a second time while the first one lives."""
        while not self.over:
            with contextlib.suppress(Exception):  # the broker is away
                deliver_again(self._app)
            time.sleep(1.0)

    def _steer(self) -> None:
        with Store(self._settings, timeout_s=1.0) as store:
            while self._due or not self._all_sent.is_set():
                if self._due and self._due[0][0] <= self.elapsed:
                    _, task_id, steer = heapq.heappop(self._due)
                    self._ask(store, task_id, steer)
                else:
                    time.sleep(0.02)

    def _ask(self, store: Store, task_id: str, steer: Steer) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        while time.monotonic() < deadline:
            flow = store.flows.apply(task_id, (EVENTS[steer.what],), store.now())
            with contextlib.suppress(TaskNotFound):
                try:
                    store.run(flow)
                except StoreUnavailable:
                    time.sleep(0.1)
                    continue
            return
