"""The processes of a storm, how they are hurt, and how they are made whole again."""

import contextlib
import heapq
import itertools
import os
import re
import signal
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import psutil

from tests.chaos.facts import VARIABLE
from tests.chaos.ground import Ground, Healing
from tests.chaos.plan import Injury
from tests.servers import START_S, Service, Worker
from tests.waiting import eventually

APP = "tests.chaos.app"
#: Name, pool and concurrency of each worker.
WORKERS = (("prefork-1", "prefork", 2), ("prefork-2", "prefork", 2), ("threads", "threads", 4))
#: What is noted of the log of a process that ended by itself, in characters.
_LAST_WORDS = 2_000
_ADDRESS = r"http://127\.0\.0\.1:\d+"


class Fleet:
    """Workers, beat and API on a ground. Everything is started and hurt from the main thread: a
    server ends with the thread that started it.
    """

    def __init__(self, folder: Path, ground: Ground, facts: Path) -> None:
        self.folder = folder
        self.ground = ground
        env = {
            "CHAOS_BROKER_URL": ground.broker.url,
            "CHAOS_STORE_URL": ground.store_url,
            VARIABLE: str(facts),
            **({"CHAOS_CANCELS": "1"} if ground.cancels else {}),
        }
        self.workers: list[Worker] = [
            Worker(
                APP,
                log=folder / f"{name}.log",
                name=name,
                pool=pool,
                concurrency=concurrency,
                args=["--without-gossip", "--without-mingle"],
                env=env,
            )
            for name, pool, concurrency in WORKERS
        ]
        beat = [sys.executable, "-m", "celery", "-A", APP, "beat", "--loglevel", "INFO"]
        schedule = ["--schedule", str(folder / "schedule"), "--pidfile", ""]
        self.beat = Service([*beat, *schedule], log=folder / "beat.log", env=env)
        serve = Path(sys.executable).parent / "progress-backend"
        api = [serve, "serve", "-A", APP, "--port", "0"]
        self.api = Service(api, log=folder / "api.log", env=env)
        self.done: list[str] = []
        self.injuries: Counter[str] = Counter()
        self._healing: list[tuple[float, int, Healing]] = []
        self._count = itertools.count()
        self._killed: set[Service] = set()
        self._groups: set[int] = set()

    def start(self) -> None:
        """All at once; back when each is ready."""
        for service in self.services:
            self._launch(service)
        for service, log in self._ready:
            service.wait_for_log(log, START_S)

    @property
    def services(self) -> Sequence[Service]:
        return [*self.workers, self.beat, self.api]

    @property
    def _ready(self) -> Sequence[tuple[Service, str]]:
        """Each, and what its newest log has as soon as it is ready."""
        workers = [(worker, rf"{re.escape(worker.nodename)} ready\.") for worker in self.workers]
        return [*workers, (self.beat, "beat: Starting"), (self.api, _ADDRESS)]

    def ready(self) -> None:
        """Waits until each is ready; one that ends meanwhile, of an injury, is started again."""

        def all_are() -> bool:
            self.heal()
            return all(re.search(log, service.log) for service, log in self._ready)

        eventually(all_are, START_S)

    @property
    def address(self) -> str:
        """Where the API answers."""
        return self.api.wait_for_log(_ADDRESS, START_S)[0]

    # Injuries

    def hurt(self, injury: Injury) -> None:
        """Does it; what was killed is started again, what was held up goes on, by `heal`."""
        hurt = self._hurt(injury)
        if hurt is None:
            self.note(f"no {injury.what}: it is down already")
            return
        whom, healing = hurt
        self.note(f"{injury.what} for {injury.lasts:.1f} s {whom}")
        self.injuries[injury.what] += 1
        heapq.heappush(self._healing, (time.monotonic() + injury.lasts, next(self._count), healing))

    def heal(self, *, all_of_it: bool = False) -> None:
        """Heals what is due, and starts again what ended by itself: Celery's worker does so if one
        of its pool's children is killed before it has begun (WorkerLostError: could not start
        worker processes)."""
        while self._healing and (all_of_it or self._healing[0][0] <= time.monotonic()):
            heapq.heappop(self._healing)[2]()
        for service in self.services:
            if not service.alive and service not in self._killed:
                tail = service.log[-_LAST_WORDS:]
                self.note(f"{name_of(service)} ended by itself ({service.wait()}):\n{tail}")
                self.injuries["ended by itself"] += 1
                self._launch(service)

    def rest_beat(self) -> None:
        """Nothing is published by itself any more."""
        self._killed.add(self.beat)
        self.beat.stop()

    def note(self, what: str) -> None:
        """Remembers what was done, and when."""
        self.done.append(f"{time.time():.3f} {what}")

    def _hurt(self, injury: Injury) -> tuple[str, Healing] | None:
        """Which process it met, and what makes up for it; None if there is none to hurt."""
        worker = self.workers[int(injury.pick * len(self.workers))]
        match injury.what:
            case "kill worker" if worker.alive:
                worker.kill()
                return self._again(worker)
            case "kill main process" if worker.alive:
                # Its pool's children end with it: Celery asks the kernel for that.
                worker.signal(signal.SIGKILL)
                worker.wait()
                return self._again(worker)
            case "kill pool child":
                return self._kill_child(injury.pick)
            case "kill beat" if self.beat.alive:
                self.beat.kill()
                return self._again(self.beat)
            case "kill API" if self.api.alive:
                self.api.kill()
                return self._again(self.api)
        return self.ground.hurt(injury.what, injury.pick)

    def _again(self, service: Service) -> tuple[str, Healing]:
        self._killed.add(service)
        return name_of(service), lambda: self._launch(service)

    def _launch(self, service: Service) -> None:
        """Starts it without waiting until it is ready."""
        self._killed.discard(service)
        Service.start(service)
        self._groups.add(service.pid)

    def _kill_child(self, pick: float) -> tuple[str, Healing] | None:
        pools = [worker for worker in self.workers if "prefork" in worker.args and worker.alive]
        children = [(worker, child) for worker in pools for child in worker.children()]
        if not children:
            return None
        worker, child = children[int(pick * len(children))]
        with contextlib.suppress(psutil.NoSuchProcess):
            child.kill()
        return f"{child.pid} of {name_of(worker)}", lambda: None  # the pool makes a new one

    # The end

    def stop(self) -> None:
        """All of it, whatever state it is in."""
        for service in self.services:
            service.stop(timeout=0.2)
        for group in self._groups:  # children that outlived their main process
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)

    def received(self) -> set[str]:
        """The tasks of all messages that a worker has logged as received."""
        return set().union(*map(_received, self.logs().values()))

    def logs(self) -> dict[str, str]:
        """What each process has logged since the storm began."""
        return {path.stem: path.read_text(errors="replace") for path in self.folder.glob("*.log")}


def _received(log: str) -> set[str]:
    return set(re.findall(r"Task \w+\[(.+?)\] received", log))


def name_of(service: Service) -> str:
    """A worker's node name, beat or API."""
    if isinstance(service, Worker):
        return service.nodename
    return "beat" if "beat" in service.args else "API"
