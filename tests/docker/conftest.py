"""Containers for the tests. They run where PROGRESS_TEST_DOCKER is 1 and an engine answers."""

import os

import pytest

from tests.docker import engine


def pytest_runtest_setup(item: pytest.Item) -> None:
    if os.environ.get("PROGRESS_TEST_DOCKER") != "1" and item.get_closest_marker("docker"):
        pytest.skip("set PROGRESS_TEST_DOCKER=1 to run the tests that need a container engine")


@pytest.fixture(scope="session")
def image() -> str:
    """The project's image, built from the working tree."""
    return engine.build()
