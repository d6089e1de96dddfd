"""Random canvases in real workers; their processes are killed meanwhile."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import signal
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any, Self

import psutil
import redis

from progress_backend.flows.stored_record import milliseconds
from progress_backend.operations import workflows
from progress_backend.operations.keys import Keys
from progress_backend.record.workflow import WorkflowCounts
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from tests.canvases.jobs import CANVAS_OF, LATER_S, LEASE_S, REAP_INTERVAL_S, RUNS, build
from tests.canvases.plan import KINDS_ASKED, canvases
from tests.canvases.verdict import Case, backwards, faults, unsent
from tests.chaos.calm import QUEUE, UNACKED, deliver_again
from tests.servers import Server, Worker
from tests.waiting import PATIENCE_S

APP = "tests.canvases.jobs"
#: Pool processes that are younger are spared: Celery's worker ends where one of them does.
_GROWN_S = 0.5
#: Between two kills of a pool process, and of a worker.
_CHILD_S, _WORKER_S = (0.3, 1.0), (3.0, 6.0)
#: Kills of pool processes, and of workers, at most: on a busy machine a trial would not end.
_CHILDREN, _WORKERS = 25, 6
#: A queue that stays the same for so long will not be done with.
_STUCK_S = 2 * LATER_S + PATIENCE_S
#: From when no message is left: a worker is found dead, its run lost, the workflow quiet.
_JUDGED_S = 4 * (LEASE_S + REAP_INTERVAL_S) + LATER_S + PATIENCE_S
_SAMPLE_S = 0.2
#: How long the records' server pauses, and the time between two pauses.
_PAUSE_S, _BETWEEN_S = 0.3, 4.0
#: Tasks of a trial with a message that may have died with the process that was to send it.
_UNSENT = 5


class Watcher:
    """A thread that reads the percentages of workflows while they go on."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._ids: dict[str, None] = {}
        self._seen: defaultdict[str, list[tuple[float, int]]] = defaultdict(list)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._read, name="canvases-watcher")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def watch(self, workflow_id: str) -> None:
        """From now on; a list that is being read is not changed."""
        self._ids = {**self._ids, workflow_id: None}

    def wrong(self, workflow_id: str) -> list[str]:
        """Where its percentage fell and should not have."""
        return backwards(self._seen[workflow_id])

    def _read(self) -> None:
        with Store(self._settings) as store:
            while not self._over.wait(_SAMPLE_S):
                ids = tuple(self._ids)
                if not ids:
                    continue
                each = store.execute(workflows.figures_of_each(ids, milliseconds(store.now())))
                for workflow_id, figures in zip(ids, each, strict=True):
                    seen, new = self._seen[workflow_id], (figures.percentage, figures.total)
                    if figures.total and seen[-1:] != [new]:
                        seen.append(new)


class Pauses:
    """A thread that has a server pause from time to time, as a busy disk or a slow command does;
    the main thread may wait for it meanwhile."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._pause, name="canvases-pauses")
        #: Pauses so far.
        self.number = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _pause(self) -> None:
        while not self._over.wait(_BETWEEN_S):
            self._server.pause()
            try:
                self._over.wait(_PAUSE_S)
            finally:
                self._server.resume()
            self.number += 1


class Trial:
    """Servers and workers, used from the main thread; `kills` are of whole workers too, and the
    records' server pauses beside them."""

    def __init__(self, folder: Path, *, workers: int, concurrency: int, kills: bool) -> None:
        self._server, self._store = Server().start(), Server().start()
        url, store = self._server.url, self._store.url
        env = {"CANVASES_URL": url, "CANVASES_STORE_URL": store}
        if kills:
            env["CANVASES_LATE"] = "1"
        self._kills = kills
        self.workers = [
            Worker(
                APP,
                log=folder / f"worker-{number}.log",
                name=f"worker-{number}",
                concurrency=concurrency,
                args=("--without-gossip", "--without-mingle"),
                env=env,
            )
            for number in range(workers)
        ]
        self._app = build(url, store, late=kills, set_as_current=True)
        self._settings = Settings(redis_url=store, lease_s=LEASE_S)
        self._client = redis.Redis.from_url(url, decode_responses=True)
        self._recorded = redis.Redis.from_url(store, decode_responses=True)
        self.pauses = 0
        self.killed: dict[str, int] = {"pool process": 0, "worker": 0, "ended by itself": 0}

    def __enter__(self) -> Self:
        for each in self.workers:
            each.start()
        return self

    def __exit__(self, *_: object) -> None:
        for each in self.workers:
            each.stop(timeout=0.5)
        gc.collect()  # results unsubscribe as they go: while their server is there
        self._app.close()
        self._client.close()
        self._recorded.close()
        self._server.stop()
        self._store.stop()

    def run(self, seed: int, number: int) -> list[str]:
        """So many canvases at once, until all has ended; what is wrong then, in a line each."""
        self._client.flushdb()
        self._recorded.flushdb()
        plans = canvases(seed, number)
        tasks = [task for plan in plans.values() for task in plan.tasks()]
        ids = {kind: [t.task_id for t in tasks if t.kind == kind] for kind in KINDS_ASKED}
        replies = len(self.workers)
        self._app.control.revoke(ids["revoked"], reply=True, timeout=60, limit=replies)
        storm = Storm(self, Random(f"{seed} kills"), self._kills)
        sent: dict[str, str] = {}
        pauses = Pauses(self._store)
        within = pauses if self._kills else contextlib.nullcontext()
        with Watcher(self._settings) as watcher, within:
            for name, plan in plans.items():
                sent[name] = str(plan.signature().apply_async().id)
                watcher.watch(sent[name])
                storm.go_on()
            self._deliver(storm, ids["terminated"])
            wrong = self._judged(sent)
        self.pauses += pauses.number
        for name, workflow_id in sent.items():
            wrong[name] += watcher.wrong(workflow_id)
        return [
            f"{name} {sent.get(name)} {plans.get(name)}: {what}"
            for name, several in wrong.items()
            for what in several
        ]

    def _deliver(self, storm: Storm, terminated: Sequence[str | None]) -> None:
        """Until no message is left."""
        left, before, changed, looked = list(terminated), (0, 0, 0), time.monotonic(), 0.0
        while sum((found := self._under_way())[:2]):
            now = time.monotonic()
            if found != before:
                before, changed = found, now
            if now - changed > _STUCK_S:
                raise AssertionError(f"messages are left: {found}")
            storm.go_on()
            left = self._terminate(left)
            if now - looked > 1:
                looked = now
                deliver_again(self._app)
            time.sleep(0.05)  # between two looks for who is to be killed or terminated
        storm.heal()

    def _under_way(self) -> tuple[int, int, int]:
        """Messages in the queue, those that no worker acknowledged, and tasks that have begun."""
        client = self._client
        return client.llen(QUEUE), client.hlen(UNACKED), client.hlen(RUNS)

    def _terminate(self, task_ids: list[str | None]) -> list[str | None]:
        """Terminates those that hang; the others."""
        begun = self._client.hmget(RUNS, task_ids) if task_ids else []
        hang = [i for i, runs in zip(task_ids, begun, strict=True) if runs]
        if hang:
            self._app.control.revoke(hang, terminate=True)
        return [task_id for task_id in task_ids if task_id not in hang]

    def _judged(self, sent: dict[str, str]) -> dict[str, list[str]]:
        """What is wrong with each canvas: nothing, else at the end of the time there is for it."""
        deadline = time.monotonic() + _JUDGED_S
        while True:
            wrong = self._look(sent)
            if not any(wrong.values()) or time.monotonic() > deadline:
                return wrong
            time.sleep(0.5)  # a look reads every record and every result

    def _look(self, sent: dict[str, str]) -> dict[str, list[str]]:
        canvas_of = self._client.hgetall(CANVAS_OF)
        ran: defaultdict[str, list[str]] = defaultdict(list)
        for task_id, name in canvas_of.items():
            ran[name].append(task_id)
        wrong, waits = dict[str, list[str]](), 0
        with Store(self._settings) as store:
            for name, workflow_id in sent.items():
                now_ms = milliseconds(store.now())
                figures: WorkflowCounts = store.execute(workflows.figures(workflow_id, now_ms))
                members = self._recorded.zrange(Keys().members(workflow_id), 0, -1)
                records, states = self._records(members), self._states(members)
                # A worker takes a message off the queue before it notes that it has it.
                died = bool(self.killed["ended by itself"] or self.killed["worker"])
                case = Case(workflow_id, figures, records, states, ran[name], died)
                wrong[name] = list(faults(case))
                waits += unsent(case)
        # One in a hundred kills meets the moment between a record and its message.
        if waits > _UNSENT:
            wrong[""] = [f"{waits} tasks wait for messages that have not left"]
        return wrong

    def _records(self, ids: list[str]) -> dict[str, dict[str, Any]]:
        found = self._recorded.mget([f"task:{one}" for one in ids]) if ids else []
        return {i: json.loads(text) for i, text in zip(ids, found, strict=True)}

    def _states(self, ids: list[str]) -> dict[str, str]:
        found = self._client.mget([f"celery-task-meta-{one}" for one in ids]) if ids else []
        metas = (json.loads(text or '{"status": "PENDING"}') for text in found)
        return {i: meta["status"] for i, meta in zip(ids, metas, strict=True)}


class Storm:
    """Kills of a trial's processes at random moments."""

    def __init__(self, trial: Trial, random: Random, workers: bool) -> None:
        self._trial = trial
        self._random = random
        now = time.monotonic()
        self._child_at = now + random.uniform(*_CHILD_S)
        self._worker_at = now + random.uniform(*_WORKER_S)
        self._children, self._workers = _CHILDREN, _WORKERS if workers else 0

    def go_on(self) -> None:
        """Kills what is due, and starts again what is not there."""
        self.heal()
        now = time.monotonic()
        if self._children and now >= self._child_at:
            self._child_at = now + self._random.uniform(*_CHILD_S)
            self._kill_child()
        if self._workers and now >= self._worker_at:
            self._worker_at = now + self._random.uniform(*_WORKER_S)
            # On a busy machine a worker takes longer to begin than it is let live.
            ready = [one for one in self._trial.workers if f"{one.nodename} ready." in one.log]
            if len(ready) == len(self._trial.workers):
                worker = self._random.choice(ready)
                worker.kill()
                self._workers -= 1
                self._trial.killed["worker"] += 1
                self._again(worker)

    def heal(self) -> None:
        """Starts again a worker that has ended by itself."""
        for worker in self._trial.workers:
            if not worker.alive:
                self._trial.killed["ended by itself"] += 1
                self._again(worker)

    @staticmethod
    def _again(worker: Worker) -> None:
        """Starts it without waiting until it is ready."""
        super(Worker, worker).start()

    def _kill_child(self) -> None:
        grown = list(_grown(self._trial.workers))
        if grown:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._random.choice(grown), signal.SIGKILL)
                self._children -= 1
                self._trial.killed["pool process"] += 1


def _grown(workers: Sequence[Worker]) -> Iterator[int]:
    for worker in workers:
        with contextlib.suppress(psutil.NoSuchProcess):
            for child in worker.children():
                with contextlib.suppress(psutil.NoSuchProcess):
                    if time.time() - child.create_time() > _GROWN_S:
                        yield child.pid
