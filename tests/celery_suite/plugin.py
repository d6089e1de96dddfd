"""What each pytest process of the suite does besides: a server of its own, a bound on each test,
and a report of what passed and of what the records say.

PROGRESS_SUITE_REPORTS names the folder of the reports.
"""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from progress_backend.embedded import EmbeddedServer
from tests.celery_suite.agreement import disagreements

#: As the suite's own mark says.
BOUND_S = 300
_server = EmbeddedServer()
_outcomes: dict[str, str] = {}


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """Before the suite's conftest is imported, which reads these."""
    url = _server.start().url
    address, _, _ = url.rpartition("/")
    os.environ["TEST_BROKER"] = os.environ["TEST_BACKEND"] = url
    os.environ["REDIS_HOST"], _, os.environ["REDIS_PORT"] = address.split("//")[1].partition(":")
    os.environ["PROGRESS_REDIS_URL"] = f"{address}/1"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol() -> Iterator[None]:
    def late(*_: object) -> None:
        pytest.fail(f"not over after {BOUND_S} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(BOUND_S)
    try:
        return (yield)
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def pytest_runtest_logreport(report: Any) -> None:
    if report.failed or report.nodeid not in _outcomes:
        _outcomes[report.nodeid] = "failed" if report.failed else "passed"


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    found = disagreements(_server.url, os.environ["PROGRESS_REDIS_URL"])
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    # The process that hands the tests out to the others receives all outcomes.
    folder = Path(os.environ["PROGRESS_SUITE_REPORTS"])
    (folder / f"{worker}.json").write_text(json.dumps({"outcomes": _outcomes, **found}))
    _server.stop()
