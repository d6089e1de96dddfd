"""The how-tos for a running production: their compose file's commands, and their code."""

import os
import re
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from starlette.requests import Request
from starlette.testclient import TestClient

from tests.conftest import StartService
from tests.docs.reading import blocks
from tests.docs.walking import PROGRAMS
from tests.ports import free_port
from tests.records import Records
from tests.servers import ROOT, ran
from tests.waiting import eventually
from tests.web.conftest import StartApi, start_api
from tests.web.test_serve import answers

__all__ = ["start_api"]

PAGE = "docs/production.md"
PROJ = """
from celery import Celery
from progress_backend import install
app = install(Celery("proj"), track="all")

@app.task
def import_row(row):
    return {"row": row}
"""
pytestmark = pytest.mark.integration


def test_the_compose_file_runs_an_app_and_its_import(
    redis_url: str, tmp_path: Path, start_service: StartService
) -> None:
    (shown,) = blocks(PAGE, "Compose for your own app", "yaml")
    text = re.sub(r"redis://redis:6379/\d", redis_url, shown.text)
    services = yaml.safe_load(text)["services"]
    assert services.keys() == {"redis", "worker", "beat", "api"}
    (code,) = blocks(PAGE, "An import of 10,000 subtasks", "python")
    (tmp_path / "proj.py").write_text(PROJ)
    (tmp_path / "import_rows.py").write_text(code.text)
    port = free_port()
    for name in ("worker", "beat", "api"):
        program, *args = services[name]["command"].replace("/data/", f"{tmp_path}/").split()
        if name == "api":
            args += ["--port", str(port)]
        start_service([PROGRAMS / program, *args], cwd=tmp_path, env=services[name]["environment"])
    env = {**os.environ, **services["api"]["environment"], "PYTHONPATH": f"{tmp_path}:{ROOT}"}
    script = "import import_rows; print(import_rows.publish([1, 2, 3]))"
    done = ran([sys.executable, "-c", script], cwd=tmp_path, env=env)
    assert done.returncode == 0, done.stderr
    api = f"http://127.0.0.1:{port}/internal"
    eventually(lambda: answers(f"{api}/health/live"))

    def completed() -> bool:
        body = httpx.get(f"{api}/workflow/{done.stdout.strip()}/status", timeout=60).json()
        return (body["status"], body["name"]) == ("completed", "import")

    eventually(completed, what="the import is completed")


def test_a_signed_in_user_gets_a_token_for_their_own_tasks(
    redis_url: str, start_api: StartApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    (code,) = blocks(PAGE, "A bar for a signed-in user in Next.js", "python")
    monkeypatch.setenv("SESSION_KEY", "s" * 32)
    monkeypatch.setenv("PROGRESS_SIGNING_KEYS", "k" * 32)
    site: dict[str, Any] = {}
    exec(code.text, site)

    def login(request: Request) -> None:
        request.session["user"] = "alice"

    site["app"].get("/login")(login)
    records = Records(redis_url)
    for user in ("alice", "bob"):
        records.start(f"of-{user}", owner=user)
    api = start_api(redis_url=redis_url, signing_keys=("k" * 32,))
    with TestClient(site["app"]) as browser:
        assert browser.get("/api/progress-token").status_code == 401
        browser.get("/login")
        token = browser.get("/api/progress-token").json()
    bearer = {"Authorization": f"Bearer {token}"}
    paths = [f"/internal/task/of-{user}/status" for user in ("alice", "bob")]
    assert [api.http.get(path, headers=bearer).status_code for path in paths] == [200, 403]
