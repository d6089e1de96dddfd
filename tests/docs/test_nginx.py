"""The page for operators puts nginx before two APIs: that configuration, in a real nginx."""

import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.answering import answer, answering
from tests.conftest import StartService, missing
from tests.docs.reading import blocks, text_of
from tests.ports import free_port
from tests.records import Records
from tests.servers import ran
from tests.waiting import eventually
from tests.web.conftest import StartApi, start_api
from tests.web.serving import RunningApi
from tests.web.test_serve import answers

__all__ = ["start_api"]

pytestmark = pytest.mark.integration
NAME = "tasks.example.com"
#: What a distribution's nginx.conf says around the block, kept within one folder; a single process
#: stays the user that it is, and so may read that folder.
AROUND = """
master_process off;
daemon off;
pid {folder}/pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
{block}
}}
"""


def nginx() -> str:
    """nginx, which Debian keeps where only root looks."""
    found = shutil.which("nginx", path=os.pathsep.join((os.environ["PATH"], "/usr/sbin")))
    return found or missing("nginx (apt-get install nginx-light)")


def configuration(
    folder: Path, port: int, apis: list[int], more: str = "", of_page: str = ""
) -> Path:
    """The document's block on ports of the test, with the page's place that the text names;
    `more` stands in its server, `of_page` in the page's place."""
    (block,) = blocks("docs/proxy.md", "The API behind a proxy", "nginx")
    text = block.text
    for shown, api in zip(("8004", "8005"), apis, strict=True):
        text, count = re.subn(f"127.0.0.1:{shown}", f"127.0.0.1:{api}", text)
        assert count == 1
    text, count = re.subn("listen 80;", f"listen 127.0.0.1:{port};\n{more}", text)
    assert count == 1
    location = re.search(r"    location /internal/ \{.*?\n    \}\n", text, re.DOTALL)
    page = location[0].replace("/internal/", "/progress/")
    page = page.replace("proxy_pass http://progress;", f"proxy_pass http://progress/;\n{of_page}")
    file = folder / "nginx.conf"
    file.write_text(
        AROUND.format(folder=folder, block=text.replace(location[0], location[0] + page))
    )
    return file


@pytest.fixture
def apis(start_api: StartApi, redis_url: str) -> list[RunningApi]:
    """Two on loopback that know the name which the document gives them."""
    (block,) = blocks("docs/proxy.md", "The API behind a proxy", "sh")
    assert re.fullmatch(r"export PROGRESS_ALLOWED_HOSTS=(\S+)\n", block.text)[1] == NAME
    return [start_api(redis_url=redis_url, allowed_hosts=(NAME,)) for _ in range(2)]


@pytest.fixture
def proxied(apis: list[RunningApi], tmp_path: Path, start_service: StartService) -> int:
    """The port of an nginx before two APIs."""
    port = free_port()
    started(configuration(tmp_path, port, [api.port for api in apis]), start_service)
    eventually(lambda: answers(f"http://127.0.0.1:{port}/internal/health"), what="nginx answers")
    return port


@pytest.fixture
def insecure(redis_url: str, start_service: StartService) -> list[int]:
    """The ports of two that the document's command starts for a proxy with a password or login."""
    (block,) = blocks("docs/proxy.md", "A password in front", "sh")
    program, *options = shlex.split(block.text.replace(" -A tasks", ""))
    command = [str(Path(sys.executable).parent / program), *options, "--port", "0"]
    env = {"PROGRESS_REDIS_URL": redis_url, "PROGRESS_ALLOWED_HOSTS": NAME}
    services = [start_service(command, env=env) for _ in range(2)]
    ports = [int(one.wait_for_log(r"http://127\.0\.0\.1:(\d+)").group(1)) for one in services]
    urls = [f"http://127.0.0.1:{port}/internal/health" for port in ports]
    eventually(lambda: all(map(answers, urls)))
    return ports


def started(file: Path, start_service: StartService) -> None:
    """nginx with this configuration, which it has looked at."""
    program = nginx()
    checked = ran([program, "-t", "-c", file])
    assert checked.returncode == 0, checked.stderr
    start_service([program, "-c", file])


def socket(port: int, path: str, **headers: str) -> ClientConnection:
    return connect(f"ws://127.0.0.1:{port}{path}", proxy=None, additional_headers=headers)


def test_a_socket_goes_through_it_to_its_close(apis: list[RunningApi], proxied: int) -> None:
    task_id = apis[0].create()
    with socket(proxied, f"/internal/ws/task/{task_id}") as watching:
        assert '"task_created"' in watching.recv(60)
        apis[1].update(task_id, current_items=150)
        assert '"current":150' in watching.recv(60).replace(" ", "")
        apis[0].update(task_id, "completed")
        assert '"completed"' in watching.recv(60)
        with pytest.raises(Exception, match="1000"):
            watching.recv(60)


def test_an_event_stream_is_not_held_back(apis: list[RunningApi], proxied: int) -> None:
    task_id = apis[0].create()
    url = f"http://127.0.0.1:{proxied}/internal/task/{task_id}/events"
    with httpx.stream("GET", url, timeout=60, trust_env=False) as stream:
        lines = stream.iter_lines()
        assert any('"task_created"' in line for line in lines)
        apis[0].update(task_id, current_items=150)
        assert any("150" in line for line in lines)  # while the stream goes on


def asked(api: RunningApi) -> int:
    """How often it was asked for a task, by its own word."""
    series = r'^progress_http_requests_total\{.*route="/internal/task/\{task_id\}/status".*\} (\d+)'
    figures = re.findall(series, api.http.get("/metrics").text, re.MULTILINE)
    return sum(map(int, figures))


def test_requests_go_to_both_and_the_page_has_its_place(
    apis: list[RunningApi], proxied: int
) -> None:
    task_id = apis[0].create()
    with httpx.Client(
        base_url=f"http://127.0.0.1:{proxied}", timeout=60, trust_env=False
    ) as client:
        assert not any(asked(api) for api in apis)
        for _ in range(4):
            assert client.get(f"/internal/task/{task_id}/status").status_code == 200
        assert all(asked(api) for api in apis), "one of the two was never asked"
        page = client.get("/progress/")
        assert page.status_code == 200
        (script,) = re.findall(r'src="([^"]+\.js)"', page.text)
        assert client.get(f"/progress/{script}").status_code == 200
        assert client.get("/progress/openapi.json").status_code == 200
        assert client.get("/progress/internal/tasks").json()["pagination"]["total"] == 1
    with socket(proxied, "/progress/internal/ws/tasks") as watching:
        apis[1].update(task_id, current_items=1)
        assert task_id in watching.recv(60)


#: What nginx makes of a client on another machine: this one has a proxy before it, and its own
#: address is added.
OUTSIDE = {"X-Forwarded-For": "192.0.2.2"}


def test_without_tokens_a_client_on_another_machine_may_do_nothing(
    apis: list[RunningApi], proxied: int
) -> None:
    job = f"/internal/task/{apis[0].create()}"
    with httpx.Client(
        base_url=f"http://127.0.0.1:{proxied}", timeout=60, trust_env=False, headers=OUTSIDE
    ) as client:
        for method, path in (
            ("GET", "/internal/tasks"), ("GET", f"{job}/timeline"), ("GET", f"{job}/events"),
            ("POST", "/internal/create-task"), ("POST", f"{job}/cancel"),
            ("GET", "/progress/internal/tasks"),
        ):  # fmt: skip
            body = {"task_type": "t", "total_items": 1} if path.endswith("create-task") else None
            assert client.request(method, path, json=body).status_code == 403, path
        for path in ("/internal/health", "/internal/health/live", "/progress/"):
            assert client.get(path).status_code == 200, path
        here = {"X-Forwarded-For": "::1"}
        assert client.get("/internal/tasks", headers=here).status_code == 200
    with socket(proxied, job.replace("/internal/", "/internal/ws/"), **OUTSIDE) as watching:
        with pytest.raises(ConnectionClosed) as closed:
            watching.recv(60)
        assert closed.value.rcvd.code == 4403
    assert apis[0].status(job.rpartition("/")[2]).json()["status"] == "created"


#: As browsers send them of a page at the proxy, which they find on port 80.
OWN = {"Host": NAME, "Origin": f"http://{NAME}", "Sec-Fetch-Site": "same-origin"}


def test_a_password_in_front_is_required_of_each_client(
    insecure: list[int], redis_url: str, tmp_path: Path, start_service: StartService
) -> None:
    (lines,) = blocks("docs/proxy.md", "A password in front", "nginx")
    passwords = tmp_path / "htpasswd"
    passwords.write_text("desk:{PLAIN}nine\n")
    more, count = re.subn(r"/etc/nginx/\S+\.htpasswd", str(passwords), lines.text)
    assert count == 1
    port = free_port()
    started(configuration(tmp_path, port, insecure, more), start_service)
    Records(redis_url).create("job")
    job = "/internal/task/job"
    with httpx.Client(
        base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False, headers=OUTSIDE
    ) as client:
        eventually(lambda: status(client, "/internal/health") == 401, what="nginx answers")
        for path in ("/internal/tasks", f"{job}/events", "/progress/"):
            assert status(client, path) == 401, path
        assert status(client, "/internal/tasks", auth=("desk", "nine")) == 200
        page = client.post(f"{job}/cancel", auth=("desk", "nine"), headers=OWN)
        assert page.status_code == 200
    with pytest.raises(InvalidStatus):
        socket(port, job.replace("/internal/", "/internal/ws/"))


def status(client: httpx.Client, path: str, **options: Any) -> int:
    try:
        return client.get(path, **options).status_code
    except httpx.TransportError:
        return 0


@pytest.fixture
def login() -> Iterator[int]:
    """The port of a server in oauth2-proxy's place: answers as it does, to one cookie; it asks no
    provider."""

    def answered(request: BaseHTTPRequestHandler) -> None:
        inside = "_oauth2_proxy=in" in request.headers.get("Cookie", "")
        path = request.path.partition("?")[0]
        status = {"/oauth2/auth": 202 if inside else 401, "/oauth2/sign_in": 200}.get(path, 404)
        answer(request, status, b"" if status == 401 or path == "/oauth2/auth" else b"sign in")

    with answering("HTTP/1.1", GET=answered) as url:
        yield int(url.rpartition(":")[2])


def test_a_login_in_front_is_required_of_each_client(
    insecure: list[int], redis_url: str, login: int, tmp_path: Path, start_service: StartService
) -> None:
    (lines,) = blocks("docs/proxy.md", "A login in front", "nginx")
    more, count = re.subn(r"127\.0\.0\.1:4180", f"127.0.0.1:{login}", lines.text)
    assert count == 2
    (of_page,) = re.findall(r"`(error_page [^`]+)`", text_of("docs/proxy.md"))
    port = free_port()
    started(configuration(tmp_path, port, insecure, more, of_page), start_service)
    Records(redis_url).create("job")
    job, inside = "/internal/task/job", {"Cookie": "_oauth2_proxy=in"}
    with httpx.Client(
        base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False, headers=OUTSIDE
    ) as client:
        eventually(lambda: status(client, "/internal/health") == 401, what="nginx answers")
        for path in ("/internal/tasks", f"{job}/status", f"{job}/events"):
            assert status(client, path) == 401, path
        assert client.post(f"{job}/cancel").status_code == 401
        # A person is redirected to the login, which needs no cookie, and back to the page.
        page = client.get("/progress/?lang=ja")
        assert page.status_code == 302
        assert page.headers["Location"] == "/oauth2/sign_in?rd=/progress/?lang=ja"
        assert client.get(page.headers["Location"]).text == "sign in"

        assert status(client, "/progress/", headers=inside) == 200
        body = {"reason": "no longer needed"}
        foreign = {**OWN, **inside, "Origin": "http://evil.test", "Sec-Fetch-Site": "cross-site"}
        assert client.post(f"{job}/cancel", json=body, headers=foreign).status_code == 403
        done = client.post(f"{job}/cancel", json=body, headers={**OWN, **inside})
        assert done.status_code == 200
        assert done.json()["control"]["reason"] == "no longer needed"
    with pytest.raises(InvalidStatus, match="401"):
        socket(port, job.replace("/internal/", "/internal/ws/"))
