"""Each of examples/, started by its command and looked at as its reader does."""

import importlib
import json
import os
import re
import socket
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urljoin

import pytest
from itsdangerous import TimestampSigner, URLSafeTimedSerializer
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage
from tests.docs.walking import StartService
from tests.ports import free_port
from tests.servers import ROOT, ran
from tests.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("redis_url")]
EXAMPLES = ROOT / "examples"
#: A task of two seconds, on a machine that has other things to do.
WAIT_MS = 60_000
StartExample = Callable[[str], re.Match[str]]


@pytest.fixture
def start_example(redis_url: str, start_service: StartService) -> StartExample:
    """Starts an example; the last line that it prints."""

    def start(name: str) -> re.Match[str]:
        ports = ["--port", str(free_port()), "--api-port", str(free_port())]
        command = [sys.executable, EXAMPLES / "start.py", name, *ports]
        service = start_service(command, env={"REDIS_URL": redis_url, "PROGRESS_LOCALE": "en"})
        return service.wait_for_log(r"(?m)^(http|REDIS_URL=)\S+", 120)

    return start


@pytest.mark.parametrize("name", ["fastapi", "flask", "django", "page", "react"])
def test_a_page_shows_the_job_until_its_end(
    name: str, start_example: StartExample, open_page: OpenPage
) -> None:
    page = open_page(start_example(name)[0], "")
    if name != "page":
        page.get_by_role("button", name="Export").click()
    expect(page.locator("output")).to_have_text("completed", timeout=WAIT_MS)


def test_htmx_shows_the_job_until_its_end(start_example: StartExample, open_page: OpenPage) -> None:
    page = open_page(start_example("htmx")[0], "")
    page.get_by_role("button", name="Export").click()
    expect(page.locator(".task-progress .status")).to_have_text("Completed", timeout=WAIT_MS)


def test_an_export_is_taken_away_after_the_page_was_left(
    start_example: StartExample, open_page: OpenPage
) -> None:
    address = start_example("download")[0]
    page = open_page(address, "")
    page.get_by_role("button", name="Export").click()
    expect(page.locator("body > task-progress")).to_have_attribute("data-status", "running")
    page.goto("about:blank")
    page.goto(address)
    link = page.locator("task-list").get_by_role("link", name="Clinic bot.csv")
    expect(link).to_be_visible(timeout=WAIT_MS)
    with page.expect_download() as download:
        link.click()
    assert len(download.value.path().read_text("utf-8").splitlines()) == 41
    signed = str(link.get_attribute("href"))
    assert page.request.get(f"{signed}x").status == 404

    class Old(TimestampSigner):
        def get_timestamp(self) -> int:
            return int(time.time()) - 90_000

    of = URLSafeTimedSerializer("only for this example", salt="exports", signer=Old)
    assert page.request.get(urljoin(address, f"/files/{of.dumps('x.csv')}")).status == 410


@pytest.fixture
def kernel(tmp_path: Any, redis_url: str) -> Iterator[Any]:
    """A notebook's kernel, in the example's folder."""
    manager = importlib.import_module("jupyter_client.manager")
    env = {**os.environ, "REDIS_URL": redis_url, "IPYTHONDIR": str(tmp_path)}
    started, client = manager.start_new_kernel(env=env, cwd=str(EXAMPLES / "notebook"))
    yield client
    client.stop_channels()
    started.shutdown_kernel(now=True)


def test_the_cells_of_the_notebook_run(start_example: StartExample, kernel: Any) -> None:
    start_example("notebook")
    notebook = json.loads((EXAMPLES / "notebook" / "watch.ipynb").read_text("utf-8"))
    texts: list[str] = []
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            done = kernel.execute("".join(cell["source"]), reply=True, timeout=WAIT_MS / 1000)
            assert done["content"]["status"] == "ok", done["content"]

    def printed() -> bool:
        got = kernel.get_iopub_msg(timeout=60)
        if got["msg_type"] == "stream":
            texts.append(got["content"]["text"])
        return "completed {'rows': 40}" in "".join(texts)

    eventually(printed, 60, what="the record's end")


def test_a_port_in_use_is_refused_with_its_option() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        command = [sys.executable, EXAMPLES / "start.py", "page", "--port", str(free_port())]
        done = ran([*command, "--api-port", str(port)])
    assert done.returncode == 1
    assert done.stderr == f"port {port} is in use: give another one with --api-port\n"


def test_each_example_has_its_command_in_the_readme() -> None:
    named = re.findall(
        r"`\.venv/bin/python examples/start\.py (\w+)`", (EXAMPLES / "README.md").read_text()
    )
    folders = sorted(path.name for path in EXAMPLES.iterdir() if path.is_dir())
    assert sorted(named) == [name for name in folders if name != "__pycache__"]
