"""What a service leaves open after the event loops that used it."""

import asyncio

import pytest
import redis

from progress_backend import RedisProgressService
from tests.conftest import StartServer
from tests.waiting import eventually

pytestmark = pytest.mark.integration


def test_no_connection_stays_open_after_asyncio_run(start_server: StartServer) -> None:
    url = start_server().url
    service = RedisProgressService(url)

    async def several() -> None:
        await asyncio.gather(*(service.get_tasks_list() for _ in range(3)))

    with redis.Redis.from_url(url) as client:
        before = len(client.client_list())
        for _ in range(50):
            asyncio.run(several())
        # The server removes a closed connection a moment later.
        eventually(lambda: len(client.client_list()) <= before)
