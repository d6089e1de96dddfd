"""pytest finds the plugin in a user's project, and it is light; what it holds: tests/testing."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import progress_backend
from tests.servers import ROOT

pytest_plugins = ["pytester"]


def test_the_plugin_loads_neither_celery_nor_redis() -> None:
    code = (
        "import sys, progress_backend.testing; "
        "print(*{'celery', 'redis', 'kombu', 'fastapi'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_the_public_names_are_those_that_types_are_checked_against() -> None:
    tree = ast.parse((ROOT / "progress_backend" / "__init__.py").read_text(encoding="utf-8"))
    checked = {
        alias.name: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.level
        for alias in node.names
    }
    assert sorted(checked) == sorted(progress_backend.__all__)
    assert set(checked) <= set(dir(progress_backend))
    for name, module in checked.items():
        found = getattr(progress_backend, name)
        assert found is getattr(sys.modules[f"progress_backend.{module}"], name)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = progress_backend.nothing  # type: ignore[attr-defined]  # that is the mistake


# In a user's project

SHOP = """
from celery import Celery
from progress_backend import ProgressNotifier, install, progress_task

app = Celery("shop", broker="memory://", backend="cache+memory://")
app.conf.broker_transport_options = {"polling_interval": 0.02}
install(app)

@app.task(bind=True)
@progress_task(total_items=lambda rows: rows)
def import_rows(self, rows):
    for _ in ProgressNotifier(self).track(range(rows)):
        pass
    return {"saved": rows}
"""
TESTS = """
import pytest
from celery.contrib.testing.worker import start_worker
from progress_backend.testing import lost_worker, wait_for_progress
from shop import app, import_rows

@pytest.mark.parametrize("rows", range(1, 9))
def test_eagerly(progress_store, progress_clock, rows):
    done = import_rows.apply((rows,))
    task = wait_for_progress(progress_store, done.id, status="completed")
    assert task.progress.total == rows
    assert abs((task.completed_at - progress_clock.now).total_seconds()) < 60

def test_in_a_worker(progress_store):
    with start_worker(app, perform_ping_check=False, shutdown_timeout=60):
        sent = import_rows.delay(3)
        done = wait_for_progress(progress_store, sent.id, status="completed", timeout=60)
        assert done.attempt == 1

def test_lost(progress_store):
    sent = import_rows.delay(3)
    assert lost_worker(progress_store, sent.id).error_cause == "lost"
"""


class TestInAProject:
    @pytest.fixture
    def project(self, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setenv("PYTHONWARNINGS", "error::pytest.PytestAssertRewriteWarning")
        pytester.makepyfile(shop=SHOP, test_shop=TESTS)
        return pytester.path

    @pytest.mark.parametrize(
        "options", [[], ["-n", "2"], ["-p", "celery.contrib.pytest"], ["-p", "no:celery"]]
    )
    @pytest.mark.wide
    def test_pytest_finds_it(
        self, pytester: pytest.Pytester, project: Path, options: list[str]
    ) -> None:
        done = pytester.runpytest_subprocess(
            "-p", "no:cacheprovider", "-p", "no:schemathesis", *options, timeout=300
        )
        done.assert_outcomes(passed=10)
