"""What a process of a prefork worker's pool has loaded of this library once it has run a tracked
task and a group: `python -m tests.loaded` names the files.

This module is the worker's application, too.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from celery import Celery, group

from progress_backend import ProgressNotifier, install, progress_task

PACKAGE: Final = Path(__file__).resolve().parents[1] / "progress_backend"
#: Seconds for a worker to start, and for one task.
PATIENCE_S: Final = 60

app = Celery("loaded", set_as_current=False)
app.conf.update(
    broker_url=os.environ.get("PROGRESS_REDIS_URL"),
    result_backend=os.environ.get("PROGRESS_REDIS_URL"),
)
install(app)


@app.task(bind=True, name="counted", shared=False)
@progress_task(total_items=2)
def counted(self: Any) -> None:
    """Writes a value, as a job does."""
    ProgressNotifier(self).update(1, 2)


@app.task(name="files", shared=False)
def files() -> list[str]:
    """The library's files that this process has loaded."""
    found = {getattr(module, "__file__", None) or "" for module in [*sys.modules.values()]}
    return sorted(file for file in found if file.startswith(str(PACKAGE)))


def measured() -> list[Path]:
    """The files that a worker has loaded. Worker and publisher are processes of their own, so that
    nothing of them stays in this one."""
    from progress_backend.embedded import EmbeddedServer  # not in the worker

    with EmbeddedServer() as server, tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "PROGRESS_REDIS_URL": server.url}
        celery = [sys.executable, "-m", "celery", "-A", "tests.loaded:app"]
        options = ["worker", "-c", "1", "-B", "-s", f"{folder}/beat", "-l", "error"]
        worker = subprocess.Popen([*celery, *options], env=env, stdout=subprocess.DEVNULL)
        try:
            publisher = [sys.executable, "-c", "from tests.loaded import publish; publish()"]
            found = subprocess.check_output(publisher, env=env, text=True, timeout=4 * PATIENCE_S)
            return [Path(file) for file in json.loads(found)]
        finally:
            worker.terminate()
            worker.wait(PATIENCE_S)


def publish() -> None:
    """Runs a task and a group, and prints the files that the worker has loaded for them."""
    counted.delay().get(timeout=PATIENCE_S)
    group(counted.si(), counted.si())().get(timeout=PATIENCE_S)
    print(json.dumps(files.delay().get(timeout=PATIENCE_S)))


def lines(loaded: list[Path]) -> int:
    """The lines of these files."""
    return sum(len(path.read_text(encoding="utf-8").splitlines()) for path in loaded)


def main() -> None:
    """Prints the files, the longest first."""
    loaded = measured()
    for path in sorted(loaded, key=lambda path: -lines([path])):
        print(f"{lines([path]):>6} {path.relative_to(PACKAGE)}")
    print(f"{lines(loaded):>6} in {len(loaded)} files")


if __name__ == "__main__":
    main()
