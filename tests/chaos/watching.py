"""Who looks on: an API's reads are made all the time."""

import asyncio
import threading
from collections.abc import Callable
from random import Random
from typing import Any, Self

from progress_backend.errors import StoreUnavailable
from progress_backend.service.redis_progress_service import RedisProgressService
from progress_backend.settings import Settings

#: Two reads of the store, each with the store's own bound of five seconds; and as much again.
_LOOK_S = 20.0


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

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    async def _read(self) -> None:
        async with RedisProgressService(settings=self._settings) as service:
            while not self._over.is_set():
                try:
                    async with asyncio.timeout(_LOOK_S):
                        await self._look(service)
                except StoreUnavailable:
                    self.away += 1
                    await asyncio.sleep(0.1)
                except TimeoutError:
                    self.wrong.append(f"two reads took more than {_LOOK_S:g} s")
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
