"""A client that never reads delays nobody, costs little, and gets the newest state later."""

from __future__ import annotations

import asyncio
import json
import socket as sockets

from tests.records import Records
from tests.web.serving import RunningApi

UPDATES = 120
TEXT = "x" * 9_000


async def test_a_client_that_never_reads(api: RunningApi, redis_url: str) -> None:
    records = Records(redis_url)
    records.start("job", total=UPDATES)
    # Its kernel takes little, so that the server soon cannot write any more.
    small = sockets.socket()
    small.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
    small.connect(("127.0.0.1", api.port))
    slow = await api.watch("job", sock=small, max_queue=1)
    slow.transport.pause_reading()
    try:
        async with asyncio.timeout(30), api.watch("job") as good:
            json.loads(await good.recv())
            for current in range(1, UPDATES + 1):
                await asyncio.to_thread(records.progress, "job", current, TEXT + str(current))
                told = json.loads(await good.recv())
                assert told["progress"]["current"] == current
        # 120 updates of 9 KB were 1 MB; now the slow client reads: few messages, the newest last.
        slow.transport.resume_reading()
        seen = []
        async with asyncio.timeout(10):
            while not seen or seen[-1] < UPDATES:
                seen.append(json.loads(await slow.recv())["progress"]["current"])
        assert len(seen) < UPDATES / 2
        assert seen == sorted(set(seen))
    finally:
        await slow.close()
