"""The commands as a person calls them, on the test's store or on an API."""

from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result

from progress_backend.cli import main
from tests.records import Records
from tests.web.conftest import start_api

__all__ = ["start_api"]

Run = Callable[..., Result]


@pytest.fixture
def records(redis_url: str) -> Records:
    return Records(redis_url, locale="en")


@pytest.fixture
def run(redis_url: str) -> Run:
    """Run `progress-backend ARGS` against the test's store."""

    def call(*args: str, color: bool = False, **environ: str) -> Result:
        env = {"PROGRESS_REDIS_URL": redis_url, "PROGRESS_LOCALE": "en", "TZ": "UTC", **environ}
        return CliRunner().invoke(main, args, env=env, color=color)

    return call
