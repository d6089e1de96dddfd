"""The page for operators lets a site's own session decide: its three examples, tried."""

import os
import re
import sys
from pathlib import Path

import httpx
import pytest

from tests.conftest import StartService
from tests.docs.reading import blocks
from tests.docs.test_nginx import AROUND, nginx
from tests.ports import free_port
from tests.records import Records
from tests.servers import ROOT, ran
from tests.waiting import eventually
from tests.web.conftest import StartApi, start_api
from tests.web.test_serve import answers

__all__ = ["start_api"]

pytestmark = pytest.mark.integration
ACCESS = "docs/access.md"
SECTION = "Your own sessions"

#: A site that writes the session which the example reads.
LOGIN = """
from site_api import app

@app.get("/login/{user}")
def login(request: Request, user: str):
    request.session["user"], request.session["staff"] = user, user == "operator"
"""
#: Django's database of users and sessions, and the example's answers with and without a session.
DJANGO = """
import asyncio, sys
import httpx
from django.conf import settings

settings.configure(
    SECRET_KEY="x" * 50, USE_TZ=True, DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=[f"django.contrib.{name}" for name in ("auth", "contenttypes", "sessions")],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": sys.argv[1]}},
)
import django_api
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command
from progress_backend.web import lifespan

call_command("migrate", verbosity=0)

def session(name, **how):
    user = User.objects.create_user(name, password="p", **how)
    made = SessionStore()
    made[SESSION_KEY] = str(user.pk)
    made[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    made[HASH_SESSION_KEY] = user.get_session_auth_hash()
    made.save()
    return made.session_key

keys = [session("staff", is_staff=True), session("guest"), "nonsense", None]

async def ask():
    transport = httpx.ASGITransport(django_api.app)
    async with lifespan(django_api.app):
        async with httpx.AsyncClient(transport=transport, base_url="http://10.0.0.5:80") as http:
            for key in keys:
                headers = {} if key is None else {"Cookie": f"sessionid={key}"}
                answer = await http.get("/internal/task/job/status", headers=headers)
                print(answer.status_code)

asyncio.run(ask())
"""


def example(folder: Path, name: str) -> None:
    (block,) = [each for each in blocks(ACCESS, SECTION, "python") if each.file == name]
    (folder / name).write_text(block.text)


def test_a_session_of_fastapi(redis_url: str, tmp_path: Path, start_service: StartService) -> None:
    Records(redis_url).start("job", owner="alice")
    example(tmp_path, "site_api.py")
    (tmp_path / "logged_in.py").write_text(f"from fastapi import Request\n{LOGIN}")
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "logged_in:app", "--port", str(port)]
    env = {"PROGRESS_REDIS_URL": redis_url, "SESSION_KEY": "s" * 32}
    start_service(command, cwd=tmp_path, env=env)
    eventually(lambda: answers(f"http://127.0.0.1:{port}/internal/health/live"))
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False) as http:

        def codes() -> tuple[int, int, int]:
            """Of the task, of all workflows, and of a record of the user's own making."""
            new = http.post("/internal/create-task", json={"task_type": "t", "total_items": 1})
            paths = ("/internal/task/job/status", "/internal/workflows")
            return (*(http.get(path).status_code for path in paths), new.status_code)

        assert codes() == (403, 403, 403)
        for user, expected in (
            ("alice", (200, 403, 403)),
            ("bob", (403, 403, 403)),
            ("operator", (200, 200, 201)),
        ):
            assert http.get(f"/login/{user}").status_code == 200
            assert codes() == expected, user
        http.get("/login/alice")
        assert http.post("/internal/task/job/cancel", json={}).status_code == 200


def test_a_session_of_django(redis_url: str, tmp_path: Path) -> None:
    Records(redis_url).start("job")
    example(tmp_path, "django_api.py")
    env = {**os.environ, "PROGRESS_REDIS_URL": redis_url, "PYTHONPATH": f"{tmp_path}:{ROOT}"}
    done = ran([sys.executable, "-c", DJANGO, str(tmp_path / "db")], cwd=tmp_path, env=env)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["200", "403", "403", "403"]


def test_a_session_of_flask_that_nginx_asks(
    redis_url: str, tmp_path: Path, start_service: StartService, start_api: StartApi
) -> None:
    Records(redis_url).start("job")
    api = start_api(redis_url=redis_url, trusted=True)  # as --insecure
    example(tmp_path, "flask_site.py")
    login = "\n\n@app.get('/login')\ndef login():\n    session['staff'] = True\n    return ''\n"
    file = tmp_path / "flask_site.py"
    file.write_text(file.read_text() + login)
    site, port = free_port(), free_port()
    command = [sys.executable, "-m", "flask", "--app", "flask_site", "run", "--port", str(site)]
    start_service(command, cwd=tmp_path, env={"SESSION_KEY": "s" * 32})
    eventually(lambda: answers(f"http://127.0.0.1:{site}/login"))
    (lines,) = blocks(ACCESS, SECTION, "nginx")
    asking, count = re.subn(r"127\.0\.0\.1:5000", f"127.0.0.1:{site}", lines.text)
    assert count == 1
    server = f"""
    server {{
        listen 127.0.0.1:{port};
        {asking}
        location /login {{ auth_request off; proxy_pass http://127.0.0.1:{site}; }}
        location /internal/ {{
            proxy_pass http://127.0.0.1:{api.port};
            proxy_set_header X-Forwarded-For 192.0.2.2;
        }}
    }}"""
    conf = tmp_path / "nginx.conf"
    conf.write_text(AROUND.format(folder=tmp_path, block=server))
    start_service([nginx(), "-c", conf])
    eventually(lambda: answers(f"http://127.0.0.1:{port}/login"))
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False) as http:
        assert http.get("/internal/task/job/status").status_code == 401
        assert http.get("/login").status_code == 200
        assert http.get("/internal/task/job/status").json()["status"] == "running"
