"""What the embedded server reads and writes on disk: nothing."""

from pathlib import Path

import pytest
import redis

from progress_backend import embedded
from progress_backend.embedded import EmbeddedServer


def test_a_dump_that_another_server_left_is_not_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dump.rdb").write_text("somebody else's")
    monkeypatch.setattr(embedded.tempfile, "tempdir", str(tmp_path))
    with EmbeddedServer() as server, redis.Redis.from_url(server.url) as client:
        assert client.dbsize() == 0
