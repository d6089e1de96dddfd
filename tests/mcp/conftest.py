"""What serves agents, for the tests of its processes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mcp.system import PROGRAM, System
from tests.ports import free_port
from tests.servers import Service


@pytest.fixture
def system(tmp_path: Path, redis_url: str) -> Iterator[System]:
    made = System(tmp_path, redis_url)
    made.worker.start()
    made.api.start(ready="progress-backend: http")
    yield made
    made.api.stop()
    made.worker.kill()


@pytest.fixture
def door(system: System) -> Iterator[Service]:
    """The process that serves HTTP on an address that other machines reach."""
    args = [PROGRAM, *system.args, "--http", f"0.0.0.0:{free_port()}"]
    service = Service(args, log=system.folder / "mcp.log").start(ready="running on")
    yield service
    service.stop()
