"""A reader of the documents, with a store of their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.walking import StartService, Walk


@pytest.fixture
def walk(tmp_path: Path, redis_url: str, start_service: StartService) -> Iterator[Walk]:
    """A reader's empty folder and empty Redis."""
    folder = tmp_path / "reader"
    folder.mkdir()
    walking = Walk(folder, redis_url, start_service)
    yield walking
    walking.end()
