"""Who looks on: every published document is kept, and an API's reads are made all the time."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from random import Random
from typing import Any

import redis.exceptions

from progress_backend.errors import StoreUnavailable
from progress_backend.flows.keys import Keys
from progress_backend.flows.partitions import Layout
from progress_backend.service.redis_progress_service import RedisProgressService
from progress_backend.settings import Settings
from tests.chaos.ground import Ground

_AWAY = (redis.exceptions.RedisError, redis.exceptions.RedisClusterException, OSError)


class History:
    """Keeps every update message that it hears, by task."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._heard: defaultdict[str, list[str]] = defaultdict(list)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="chaos-history")
        self.messages = 0

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def of(self, task_id: str) -> list[str]:
        """A task's messages in one line each, in order."""
        return self._heard[task_id]

    def _listen(self) -> None:
        while not self._over.is_set():
            with contextlib.suppress(*_AWAY), self._ground.reading() as client:
                with client.pubsub() as pubsub:
                    receive = self._subscribe(pubsub)
                    while not self._over.is_set():
                        message = receive(ignore_subscribe_messages=True, timeout=0.2)
                        if message is not None:
                            self._keep(json.loads(message["data"]))
            self._over.wait(0.1)

    def _subscribe(self, pubsub: Any) -> Callable[..., Any]:
        """To all tasks' messages; what receives the next one."""
        settings = self._ground.settings
        if not settings.clustered:
            pubsub.psubscribe(Keys().every_channel)
            return pubsub.get_message  # type: ignore[no-any-return]
        pubsub.ssubscribe(*(keys.channel("") for keys in Layout.of(settings).keys))
        return pubsub.get_sharded_message  # type: ignore[no-any-return]

    def _keep(self, document: dict[str, Any]) -> None:
        self.messages += 1
        worker = (document["worker"] or {}).get("lease")
        said = {
            name: document[name]
            for name in ("revision", "attempt", "status", "error_cause", "current_status")
        }
        self._heard[document["task_id"]].append(f"{time.time():.3f} {said} {worker}")


class Reader:
    """Reads lists and bodies as an API does, and says what no reader should ever see."""

    def __init__(self, settings: Settings, known: Callable[[], list[str]], seed: int) -> None:
        self._settings = settings
        self._known = known
        self._random = Random(f"{seed} reader")
        self._over = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._read()))
        self.reads = 0
        self.away = 0
        self.wrong: list[str] = []

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    async def _read(self) -> None:
        async with RedisProgressService(settings=self._settings) as service:
            while not self._over.is_set():
                try:
                    async with asyncio.timeout(5):
                        await self._look(service)
                except StoreUnavailable:
                    self.away += 1
                    await asyncio.sleep(0.1)
                except TimeoutError:
                    self.wrong.append("a read took more than 5 s")
                except Exception as error:  # whatever it is, no reader should see it
                    self.wrong.append(repr(error))
                await asyncio.sleep(0.05)

    async def _look(self, service: RedisProgressService) -> None:
        status = self._random.choice([None, "running", "completed", "error", "cancelled"])
        listed = await service.get_tasks_list(status=status, limit=50)
        self.reads += 1
        strange = {task["status"] for task in listed["tasks"]} - {status}
        if status is not None and strange:
            self.wrong.append(f"the list of {status} tasks shows {strange}")
        known = self._known()
        if not known:
            return
        body = await service.get_task_status(self._random.choice(known))
        self.reads += 1
        if body is not None:
            self.wrong += [f"{body['task_id']}: {what}" for what in odd(body)]


def odd(body: dict[str, Any]) -> list[str]:
    """What contradicts itself within one body."""
    current, total, percentage = (body["progress"][n] for n in ("current", "total", "percentage"))
    ended = body["status"] in ("completed", "error", "cancelled")
    checks = {
        "percentage is out of bounds": 0 <= percentage <= 100,
        "completed, but not 100 %": body["status"] != "completed" or percentage == 100,
        "current is above total": not total or current <= total,
        "ended without end_time, or the reverse": ended == (body["end_time"] is not None),
        "running without start_time": body["status"] != "running" or body["start_time"],
        "an error without a message": body["status"] != "error" or body["error_message"],
        "times go back": times_go_on(body),
    }
    return [what for what, fine in checks.items() if not fine]


def times_go_on(body: dict[str, Any]) -> bool:
    """created <= start <= updated, and the end is not before the start."""
    times = [body[name] for name in ("created_at", "start_time", "updated_at") if body[name]]
    ends = body["end_time"] or times[-1]
    return times == sorted(times) and times[0] <= ends
