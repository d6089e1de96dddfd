"""The tests' side of the containers: sends jobs, lets them go on, reads their records."""

from __future__ import annotations

import asyncio
from typing import Any

from celery import Celery
from pytest_celery import (
    CeleryTestSetup,
    CeleryTestWorker,
    CeleryWorkerContainer,
    RabbitMQContainer,
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


class AnsweringRabbitMQ(RabbitMQContainer):  # type: ignore[misc]  # pytest-celery is untyped
    """Ready when it answers: what its log says differs by image, and is old after a restart."""

    ready_prompt = None

    def ready(self) -> bool:
        if not super().ready():
            return False
        with self.client as connection:
            try:
                connection.connect()
            except connection.connection_errors:
                return False
        return True


class Fleet:
    """One running setup; close it."""

    def __init__(self, setup: CeleryTestSetup) -> None:
        self.setup = setup
        self.apps: list[Celery] = [setup.app]

    def close(self) -> None:
        for app in self.apps:
            tracker = tracker_of(app)
            if tracker is not None and tracker.process is not None:
                tracker.stop()
                tracker.process.store.close()
            app.close()

    @property
    def workers(self) -> list[CeleryTestWorker]:
        return list(self.setup.worker_cluster)

    def send(self, outcome: str = "return") -> str:
        """Publishes a job; its id."""
        return str(self.apps[-1].tasks["halting"].apply_async((outcome,)).id)

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

    def with_moved_broker(self) -> None:
        """Goes on through the port that a restarted broker was given."""
        url = self.setup.broker.config()["host_url"]
        app = Celery("after the restart", set_as_current=False)
        app.conf.update(
            jobs.CONF, broker_url=url, result_backend=self.setup.app.conf.result_backend
        )
        self.apps.append(jobs.add(app, redis_url=jobs.store_of(app.conf.result_backend)))
