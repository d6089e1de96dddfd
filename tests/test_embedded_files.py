"""What the embedded server writes to disk: what it is told to keep, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
import redis

from progress_backend import embedded
from progress_backend.embedded import EmbeddedServer
from tests.conftest import StartServer


def test_appendonly_keeps_writes_over_a_crash(tmp_path: Path, start_server: StartServer) -> None:
    server = start_server(data_dir=tmp_path / "store", appendonly=True)
    url = server.url
    with redis.Redis.from_url(url) as client:
        client.set("kept", "yes")
        assert client.waitaof(1, 0, 5000)[0] == 1
    server.kill()
    server.start()
    assert server.url == url
    with redis.Redis.from_url(url) as client:
        assert client.get("kept") == b"yes"


def test_data_dir_alone_keeps_a_snapshot_of_an_orderly_stop(tmp_path: Path) -> None:
    server = EmbeddedServer(data_dir=tmp_path)
    with server, redis.Redis.from_url(server.url) as client:
        client.set("kept", "yes")
    with server, redis.Redis.from_url(server.url) as client:
        assert client.get("kept") == b"yes"


def test_a_dump_that_another_server_left_is_not_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dump.rdb").write_text("somebody else's")
    monkeypatch.setattr(embedded.tempfile, "tempdir", str(tmp_path))
    with EmbeddedServer() as server, redis.Redis.from_url(server.url) as client:
        assert client.dbsize() == 0
