"""TLS as the page for operators sets it up: its nginx, and its uvicorn, with a certificate."""

import re
import shlex
import ssl
import sys
from pathlib import Path
from socket import create_connection

import httpx
import pytest
import trustme
from websockets.sync.client import ClientConnection, connect

from progress_backend.credentials import tokens
from tests.conftest import StartService
from tests.docs.reading import blocks
from tests.docs.test_nginx import AROUND, NAME, apis, start_api, started
from tests.ports import free_port
from tests.records import Records
from tests.waiting import eventually
from tests.web.serving import RunningApi

__all__ = ["apis", "start_api"]
pytestmark = pytest.mark.integration


@pytest.fixture
def trusting(tmp_path: Path) -> ssl.SSLContext:
    """A client that knows the authority of `tasks.crt` in the folder."""
    authority = trustme.CA()
    certificate = authority.issue_cert(NAME, "127.0.0.1")
    for number, blob in enumerate(certificate.cert_chain_pems):
        blob.write_to_path(tmp_path / "tasks.crt", append=number > 0)
    certificate.private_key_pem.write_to_path(tmp_path / "tasks.key")
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def secured(port: int, context: ssl.SSLContext, path: str, **options: object) -> ClientConnection:
    """A socket to the name, which is found on the port."""
    sock = create_connection(("127.0.0.1", port))
    url = f"wss://{NAME}/internal/ws/{path}"
    return connect(url, sock=sock, ssl=context, server_hostname=NAME, proxy=None, **options)


def answered(client: httpx.Client, path: str) -> int:
    try:
        return client.get(path).status_code
    except httpx.TransportError:
        return 0


def test_nginx(
    apis: list[RunningApi], tmp_path: Path, start_service: StartService, trusting: ssl.SSLContext
) -> None:
    (first,) = blocks("docs/proxy.md", "The API behind a proxy", "nginx")
    (second,) = blocks("docs/proxy.md", "TLS", "nginx")
    plain, port = free_port(), free_port()
    text = first.text.partition("server {\n    listen")[0] + second.text
    for shown, used in (
        ("server 127.0.0.1:8004;", f"server 127.0.0.1:{apis[0].port};"),
        ("server 127.0.0.1:8005;", f"server 127.0.0.1:{apis[1].port};"),
        ("listen 80;", f"listen 127.0.0.1:{plain};"),
        ("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;"),
        ("/etc/nginx/tasks.crt", str(tmp_path / "tasks.crt")),
        ("/etc/nginx/tasks.key", str(tmp_path / "tasks.key")),
    ):
        assert text.count(shown) == 1, shown
        text = text.replace(shown, used)
    file = tmp_path / "nginx.conf"
    file.write_text(AROUND.format(folder=tmp_path, block=text))
    started(file, start_service)
    task_id = apis[0].create()
    own = {"Host": NAME, "Origin": f"https://{NAME}"}
    base = f"https://127.0.0.1:{port}"
    with httpx.Client(base_url=base, verify=trusting, timeout=60, trust_env=False) as client:
        eventually(lambda: answered(client, "/internal/health") == 200, what="nginx answers")
        answer = client.get(f"/internal/task/{task_id}/status")
        assert answer.json()["status"] == "created"
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
        path, body = f"/internal/task/{task_id}/update", {"status": "running"}
        assert client.put(path, json=body, headers=own).status_code == 200
        foreign = {**own, "Origin": f"http://{NAME}"}
        assert client.put(path, json=body, headers=foreign).status_code == 403
    with secured(port, trusting, f"task/{task_id}", origin=f"https://{NAME}") as watching:
        assert task_id in watching.recv(60)
        apis[1].update(task_id, "completed")
        assert '"completed"' in watching.recv(60)
    away = httpx.get(
        f"http://127.0.0.1:{plain}/internal/tasks?page=1",
        headers={"Host": NAME},
        timeout=60,
        trust_env=False,
    )
    assert (away.status_code, away.headers["location"]) == (
        301,
        f"https://{NAME}/internal/tasks?page=1",
    )


def test_uvicorn_by_itself(
    redis_url: str, tmp_path: Path, start_service: StartService, trusting: ssl.SSLContext
) -> None:
    (block,) = blocks("docs/proxy.md", "TLS", "text")
    port, (text, token) = free_port(), tokens.new("reader", "read")
    command = re.sub(r"--host \S+ --port \d+", f"--host 127.0.0.1 --port {port}", block.text)
    for name in ("tasks.crt", "tasks.key"):
        command = command.replace(name, str(tmp_path / name))
    program, *words = shlex.split(command)
    environ = {
        "PROGRESS_REDIS_URL": redis_url,
        "PROGRESS_TOKENS": token.line(),
        "PROGRESS_ALLOWED_HOSTS": NAME,
    }
    start_service([sys.executable, "-m", program, *words], env=environ)
    Records(redis_url).start("job")
    headers = {"Authorization": f"Bearer {text}"}
    with httpx.Client(
        base_url=f"https://127.0.0.1:{port}", verify=trusting, timeout=60, trust_env=False
    ) as client:
        eventually(lambda: answered(client, "/internal/health") == 200, what="it answers")
        assert answered(client, "/internal/task/job/status") == 401
        assert client.get("/internal/task/job/status", headers=headers).status_code == 200
    with secured(port, trusting, "task/job", additional_headers=headers) as watching:
        assert '"running"' in watching.recv(60)
        Records(redis_url).complete("job")
        assert '"completed"' in watching.recv(60)
