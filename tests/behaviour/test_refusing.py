"""A server that takes no commit: nothing of it is written."""

import pytest
import redis

from progress_backend.errors import StoreUnavailable
from progress_backend.record import events as ev
from progress_backend.settings import Settings
from tests.behaviour.driving import over
from tests.conftest import StartServer


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_who_may_not_publish_writes_nothing(start_server: StartServer, kind: str) -> None:
    server = start_server()
    host = server.url.removeprefix("redis://")
    with over("sync", Settings(redis_url=server.url)) as mine:
        mine.start("there")
        before = mine.task("there")
        with redis.Redis.from_url(server.url) as raw:
            raw.execute_command("ACL SETUSER mute on >pass ~* &* +@all -publish")
            settings = Settings(redis_url=f"redis://mute:pass@{host}")
            with over(kind, settings) as mute:
                for asked in (
                    lambda: mute.create("new"),
                    lambda: mute.start("new", "lease-1"),
                    lambda: mute.apply("there", ev.Progressed(current=1)),
                    lambda: mute.apply("there", ev.Completed()),
                ):
                    kept = {key: raw.dump(key) for key in raw.scan_iter()}
                    with pytest.raises(StoreUnavailable, match="may not publish"):
                        asked()
                    assert {key: raw.dump(key) for key in raw.scan_iter()} == kept
        assert mine.task("there") == before
        assert mine.task("new") is None
