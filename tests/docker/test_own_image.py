"""The Dockerfile and the compose file that the pages give to a project of the reader's own."""

import json
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.docker.engine import BUILD_S, docker, name_stand_ins, tried
from tests.docker.test_dockerfile import hadolint
from tests.docs.reading import blocks
from tests.ports import free_port
from tests.servers import ROOT
from tests.waiting import eventually

IMAGE = "progress-backend-own:test"
#: Kills the worker's main process, the child of the init process. The init process exits then,
#: and the kernel kills what else runs in the container, this script included.
KILL = """
import os, pathlib
for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
    number, parent = stat.read_text().split()[0], stat.read_text().rpartition(")")[2].split()[1]
    if parent == "1":
        os.kill(int(number), 9)
"""
PROJECT = """
from celery import Celery
from progress_backend import install, progress_task

app = install(Celery("proj"))


@app.task(bind=True)
@progress_task(task_type="import_rows")
def import_rows(self): ...
"""


def dockerfile() -> str:
    (block,) = blocks("docs/docker.md", "Your own image", "dockerfile")
    return block.text


def healthy(api: str) -> bool:
    try:
        return bool(httpx.get(f"{api}/health").json()["status"] == "healthy")
    except httpx.TransportError:  # the server does not listen yet
        return False


def completed(api: str, task_id: str) -> bool:
    got = httpx.get(f"{api}/task/{task_id}/status")
    return got.status_code == 200 and got.json()["status"] == "completed"


def test_hadolint_finds_nothing_in_it(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(dockerfile())
    done = hadolint(tmp_path / "Dockerfile")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with the wheel, the Dockerfile and a project."""
    name_stand_ins()
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir"]
    subprocess.run([*build, tmp_path / "dist", ROOT], check=True, capture_output=True, timeout=120)
    (tmp_path / "Dockerfile").write_text(dockerfile())
    (tmp_path / "proj.py").write_text(PROJECT)
    return tmp_path


@pytest.fixture
def own(project: Path) -> Iterator[str]:
    docker("build", "--quiet", "-t", IMAGE, str(project), timeout=BUILD_S)
    yield IMAGE
    tried("image", "rm", IMAGE)


@pytest.mark.docker
@pytest.mark.slow
def test_it_has_worker_beat_and_api_of_the_reader_s_project(own: str) -> None:
    code = (
        "import json, os, proj, progress_backend as p; "
        "print(json.dumps([os.getuid(), p.settings_of(proj.app).redis_url, p.__file__]))"
    )
    broker = ("--env", "CELERY_BROKER_URL=redis://redis:6379/0")
    uid, url, file = json.loads(docker("run", "--rm", *broker, own, "python", "-c", code))
    assert (uid, url) == (10001, "redis://redis:6379/0")
    assert "/site-packages/" in file
    for command in (
        ("celery", "-A", "proj", "worker", "--help"),
        ("celery", "-A", "proj", "beat", "--help"),
        ("celery", "-A", "proj", "progress", "--help"),
        ("progress-backend", "serve", "--help"),
    ):
        assert "Usage" in docker("run", "--rm", own, *command), command
    config = json.loads(docker("image", "inspect", "--format", "{{json .Config}}", own))
    assert config["Cmd"] == ["celery", "-A", "proj", "worker"]
    # What the page's second table names is in this image.
    assert "import_rows" in docker(
        "run", "--rm", own, "python", "-c", "import proj; print(*proj.app.tasks)"
    )


@pytest.mark.docker
@pytest.mark.slow
def test_the_compose_file_runs_a_job_and_restarts_a_killed_worker(project: Path) -> None:
    (block,) = blocks("docs/production.md", "Compose for your own app", "yaml")
    port = free_port()
    # The image of a machine without a registry may have Redis's protected mode.
    served = "redis-server --protected-mode no "
    text = block.text.replace("redis-server ", served).replace(":8004:8004", f":{port}:8004")
    (project / "compose.yaml").write_text(text)
    name = f"progress-own-{uuid.uuid4().hex[:8]}"
    compose = ("compose", "--project-name", name, "--project-directory", str(project))
    api = f"http://127.0.0.1:{port}/internal"
    try:
        docker(*compose, "up", "--build", "--detach", "--wait", timeout=BUILD_S)
        eventually(lambda: healthy(api))
        call = ("exec", "-T", "worker", "celery", "-A", "proj", "call", "proj.import_rows")
        task_id = docker(*compose, *call)
        eventually(lambda: completed(api, task_id))
        worker = docker(*compose, "ps", "--quiet", "worker")
        docker("exec", "--detach", worker, "python", "-c", KILL)
        eventually(lambda: docker("inspect", "--format", "{{.RestartCount}}", worker) == "1")
        eventually(lambda: not tried(*compose, *call[:3], "true").returncode)
        task_id = docker(*compose, *call)
        eventually(lambda: completed(api, task_id))
    finally:
        tried(*compose, "down", "--volumes", "--rmi", "local")
