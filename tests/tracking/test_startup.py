"""What Celery's commands and processes that install tracking import, and which threads run."""

import subprocess
import sys

SHOW = """
import sys, threading
print(*sorted(m for m in sys.modules if m.startswith("progress_backend")))
print(*sorted(t.name for t in threading.enumerate()))
"""
INSTALL = """
from celery import Celery
from progress_backend import install, progress_task
app = Celery("jobs", broker="redis://127.0.0.1:1/0", backend="redis://127.0.0.1:1/0")
install(app)

@app.task(bind=True)
@progress_task(symbol=lambda symbol: symbol)
def job(self, symbol):
    pass

app.finalize()
"""


def shown(code: str) -> tuple[set[str], list[str]]:
    """The library's modules and the threads of a process that has run this code."""
    ran = subprocess.run(
        [sys.executable, "-c", code + SHOW], capture_output=True, text=True, timeout=300
    )
    assert ran.returncode == 0, ran.stderr
    modules, threads = ran.stdout.splitlines()
    return set(modules.split()), threads.split()


def test_a_celery_command_imports_the_entry_point_alone() -> None:
    modules, _ = shown("import celery.bin.celery")
    assert modules == {"progress_backend", "progress_backend.celery_command"}


def test_install_imports_no_store_flow_or_run() -> None:
    modules, threads = shown(INSTALL)
    assert "progress_backend.tracking.install" in modules
    heavy = ("flows", "store", "live", "service", "web", "runs.run", "runs.sender")
    assert not [m for m in modules if m.startswith(tuple(f"progress_backend.{h}" for h in heavy))]
    assert threads == ["MainThread"]
