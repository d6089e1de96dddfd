"""The tests' side of the containers: sends jobs, lets them go on, reads their records."""

from __future__ import annotations

import asyncio
from typing import Any

from pytest_celery import (
    CeleryTestSetup,
    CeleryTestWorker,
    CeleryWorkerContainer,
)

from progress_backend import RedisProgressService
from progress_backend.tracking.tracker import tracker_of
from tests.docker import jobs
from tests.waiting import eventually

#: Longest that a busy machine may take for what takes a moment.
TIMEOUT_S = 40.0


class JobsWorker(CeleryWorkerContainer):  # type: ignore[misc]  # pytest-celery is untyped
    """A worker of the project's image, with the jobs; the image's entry point runs it as it is."""

    @classmethod
    def command(cls, *args: str, **_: Any) -> list[str]:
        name = f"{cls.worker_name()}@%h"
        app = ["celery", "-A", "tests.docker.jobs", "worker"]
        return [*app, "--loglevel", "INFO", "--concurrency", "1", "-n", name, *args]


class Fleet:
    """One running setup; close it."""

    def __init__(self, setup: CeleryTestSetup) -> None:
        self.setup = setup

    def close(self) -> None:
        tracker = tracker_of(self.setup.app)
        if tracker is not None and tracker.process is not None:
            tracker.stop()
            tracker.process.store.close()
        self.setup.app.close()

    @property
    def workers(self) -> list[CeleryTestWorker]:
        return list(self.setup.worker_cluster)

    def send(self, outcome: str = "return") -> str:
        """Publishes a job; its id."""
        return str(self.setup.app.tasks["halting"].apply_async((outcome,)).id)

    def go_on(self, *ids: str) -> None:
        client = self.setup.backend.container.client
        for task_id in ids:
            client.set(jobs.gate(task_id), 1)
        client.close()

    def body(self, task_id: str) -> dict[str, Any]:
        """The record as the API's body; {} if there is none."""
        url = jobs.store_of(self.setup.app.conf.result_backend)

        async def read() -> dict[str, Any]:
            async with RedisProgressService(url) as service:
                return dict(await service.get_task_status(task_id) or {})

        return asyncio.run(read())

    def wait(self, task_id: str, timeout: float = TIMEOUT_S, **wanted: Any) -> dict[str, Any]:
        """The record once it has these values."""

        def has() -> dict[str, Any] | None:
            body = self.body(task_id)
            assert {name: body.get(name) for name in wanted} == wanted
            return body

        found = eventually(has, timeout, what=f"{task_id} {wanted}")
        assert found is not None
        return found
