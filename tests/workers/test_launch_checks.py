"""What a run lacks is reported before anything starts."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import pytest

from workers import launch_checks as checks
from workers.launch_fleet import LaunchError


def test_every_port_in_use_is_reported_at_once() -> None:
    with socket.socket() as api, socket.socket() as flower:
        for taken in (api, flower):
            taken.bind(("127.0.0.1", 0))
            taken.listen()
        numbers = [taken.getsockname()[1] for taken in (api, flower)]
        wanted = {"API": (numbers[0], "API_PORT"), "Flower": (numbers[1], "FLOWER_PORT")}
        with pytest.raises(LaunchError) as error:
            checks.ports("127.0.0.1", wanted)
        first, second = str(error.value).splitlines()
    assert f"API: port {numbers[0]}" in first
    assert f"Flower: port {numbers[1]}" in second
    assert checks.ports("127.0.0.1", wanted) == numbers


def test_a_free_port_is_given_for_0() -> None:
    assert checks.port("API", "127.0.0.1", 0, "API_PORT") > 0


def test_a_named_store_must_answer(redis_url: str) -> None:
    assert checks.store_url({}) is None
    assert checks.store_url({"PROGRESS_REDIS_URL": redis_url}) == redis_url
    with pytest.raises(LaunchError, match=r"redis://\*\*\*@127.0.0.1:1/0 does not answer") as error:
        checks.store_url({"PROGRESS_REDIS_URL": "redis://me:secret@127.0.0.1:1/0"})
    assert "secret" not in str(error.value)
    with pytest.raises(LaunchError, match="PROGRESS_REDIS_URL is"):
        checks.store_url({"PROGRESS_REDIS_URL": "postgres://x"})


@pytest.mark.parametrize(
    ("zone", "link", "named"),
    [
        ("Europe/Paris", "/usr/share/zoneinfo/Asia/Tokyo", "Europe/Paris"),
        (":Europe/Paris", None, "Europe/Paris"),
        (None, "/usr/share/zoneinfo/America/New_York", "America/New_York"),
        ("JST-9", "/usr/share/zoneinfo/America/New_York", "UTC+09:00"),
        ("NST3:30", None, "UTC-03:30"),
        ("", "/usr/share/zoneinfo/Asia/Tokyo", "UTC+00:00"),
    ],
)
def test_times_are_in_the_readers_zone(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    zone: str | None,
    link: str | None,
    named: str,
) -> None:
    localtime = tmp_path / "localtime"
    if link is not None:
        localtime.symlink_to(link)
    monkeypatch.setattr(checks, "LOCALTIME", localtime)
    environ = {} if zone is None else {"TZ": zone}
    with monkeypatch.context() as given:
        if zone is not None:
            given.setenv("TZ", zone)
            time.tzset()
        assert checks.readers_zone(environ) == named
    time.tzset()


def test_a_folder_belongs_to_one_run(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    with checks.locked(folder):
        with pytest.raises(LaunchError, match="another run uses"):
            with checks.locked(folder):
                pass
    with checks.locked(folder):
        pass
