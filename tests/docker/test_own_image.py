"""The Dockerfile that the page for containers gives to a project of the reader's own."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docker.engine import BUILD_S, docker, name_stand_ins, tried
from tests.docker.test_dockerfile import hadolint
from tests.docs.reading import blocks
from tests.servers import ROOT

IMAGE = "progress-backend-own:test"
PROJECT = """
from celery import Celery
from progress_backend import install, progress_task

app = install(Celery("proj", broker="redis://redis:6379/0"))


@app.task(bind=True)
@progress_task(task_type="import_rows")
def import_rows(self): ...
"""


def dockerfile() -> str:
    (block,) = blocks("docs/docker.md", "Your own image", "dockerfile")
    return block.text


def test_hadolint_finds_nothing_in_it(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(dockerfile())
    done = hadolint(tmp_path / "Dockerfile")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def own(tmp_path: Path) -> Iterator[str]:
    """The image that it makes of the wheel and a project."""
    name_stand_ins()
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir"]
    subprocess.run([*build, tmp_path / "dist", ROOT], check=True, capture_output=True, timeout=120)
    (tmp_path / "Dockerfile").write_text(dockerfile())
    (tmp_path / "proj.py").write_text(PROJECT)
    docker("build", "--quiet", "-t", IMAGE, str(tmp_path), timeout=BUILD_S)
    yield IMAGE
    tried("image", "rm", IMAGE)


@pytest.mark.docker
@pytest.mark.slow
def test_it_has_worker_beat_and_api_of_the_reader_s_project(own: str) -> None:
    code = (
        "import json, os, proj, progress_backend as p; "
        "print(json.dumps([os.getuid(), p.settings_of(proj.app).redis_url, p.__file__]))"
    )
    uid, url, file = json.loads(docker("run", "--rm", own, "python", "-c", code))
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
