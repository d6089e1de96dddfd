"""Jobs that are started over HTTP and by the command, in processes that are interrupted, killed and
restarted."""

import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis

from tests.conftest import StartService
from tests.docs.test_nginx import AROUND, nginx
from tests.ports import free_port
from tests.servers import Service
from tests.terminals import Terminal
from tests.waiting import eventually

SHOP = """
import os, signal, time
from celery import Celery, Task
from progress_backend import install, progress_task
from progress_backend.operations import starts

app = install(Celery("shop", broker=os.environ["PROGRESS_REDIS_URL"]))
app.conf.task_default_queue = "shop"
starts._STALE_MS = 1_500

class Dying(Task):
    def apply_async(self, *args, **options):
        dies = os.environ.get("DIES")
        if dies == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        sent = super().apply_async(*args, **options)
        if dies == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return sent

@app.task(bind=True, name="fetch", base=Dying)
@progress_task(start=True)
def fetch(self, rows: int = 1):
    return {"rows": rows}
"""
PROGRAM = str(Path(sys.executable).parent / "progress-backend")
Serve = Callable[..., tuple[Service, httpx.Client]]


@pytest.fixture
def env(tmp_path: Path, redis_url: str) -> dict[str, str]:
    (tmp_path / "shop.py").write_text(SHOP)
    return {"PROGRESS_REDIS_URL": redis_url, "PYTHONPATH": str(tmp_path), "PROGRESS_LOCALE": "en"}


@pytest.fixture
def client_of() -> Iterator[Callable[[int], httpx.Client]]:
    with ExitStack() as stack:

        def of(port: int) -> httpx.Client:
            url = f"http://127.0.0.1:{port}"
            client = httpx.Client(base_url=url, trust_env=False, timeout=90)
            stack.callback(client.close)
            eventually(lambda: _answers(client), what="the API answers")
            return client

        yield of


@pytest.fixture
def serve(
    env: dict[str, str],
    tmp_path: Path,
    start_service: StartService,
    client_of: Callable[[int], httpx.Client],
) -> Serve:
    def start(port: int = 0, **more: str) -> tuple[Service, httpx.Client]:
        command = [PROGRAM, "serve", "-A", "shop", "--start", "--port", str(port)]
        service = start_service(command, env={**env, **more}, cwd=tmp_path)
        bound = service.wait_for_log(r"http://127\.0\.0\.1:(\d+)").group(1)
        return service, client_of(int(bound))

    return start


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/internal/jobs").status_code == 200
    except httpx.HTTPError:
        return False


def messages(url: str) -> int:
    with redis.Redis.from_url(url) as client:
        return int(client.llen("shop"))


def only(url: str) -> tuple[str, str]:
    """The id and the status of the only record."""
    with redis.Redis.from_url(url) as client:
        (key,) = client.keys("task:*")
        record = json.loads(client.get(key))
    return record["task_id"], record["status"]


def start(client: httpx.Client, **headers: str) -> httpx.Response:
    return client.post("/internal/jobs/fetch", json={}, headers=headers)


def test_ctrl_c_in_a_terminal_leaves_the_job_alone(
    env: dict[str, str], tmp_path: Path, redis_url: str
) -> None:
    command = [PROGRAM, "start", "-A", "shop", "fetch", "rows=3", "--wait"]
    with Terminal(command, env=env, columns=80, lines=24, cwd=tmp_path) as terminal:
        terminal.wait_for(r"\d+ %|no worker|waiting|created")
        task_id, _ = only(redis_url)
        terminal.write(b"\x03")
        assert terminal.wait() == 130
        assert terminal.written.rstrip().endswith(f"watch {task_id}")
    assert (only(redis_url), messages(redis_url)) == ((task_id, "created"), 1)


@pytest.mark.parametrize(("dies", "published"), [("before", 1), ("after", 2)])
def test_a_creator_that_is_killed_holds_its_key_for_a_while(
    serve: Serve, redis_url: str, dies: str, published: int
) -> None:
    """It runs twice only if the broker had taken the message, and its run has not started."""
    (_, dying), (_, api) = serve(DIES=dies), serve()
    key = {"Idempotency-Key": "k"}
    with pytest.raises(httpx.HTTPError):
        start(dying, **key)
    task_id, status = only(redis_url)
    assert (status, messages(redis_url)) == ("created", published - 1)
    answer = start(api, **key)
    assert (answer.status_code, answer.json()["task_id"]) == (202, task_id)
    assert (start(api, **key).json()["task_id"], messages(redis_url)) == (task_id, published)


def test_a_thousand_requests_with_one_key_publish_once(serve: Serve, redis_url: str) -> None:
    apis, ids, key = [serve()[1] for _ in range(2)], list[str](), {"Idempotency-Key": "k"}

    def send(number: int) -> None:
        with httpx.Client(base_url=apis[number % 2].base_url, trust_env=False, timeout=90) as own:
            ids.extend(start(own, **key).json()["task_id"] for _ in range(100))

    threads = [threading.Thread(target=send, args=(n,)) for n in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert (len(ids), len({*ids}), messages(redis_url)) == (1_000, 1, 1)


def test_a_wait_ends_with_its_proxys_patience_and_with_the_api(
    serve: Serve,
    tmp_path: Path,
    start_service: StartService,
    client_of: Callable[[int], httpx.Client],
) -> None:
    """nginx gives up before the job ends, then the API is restarted under a wait."""
    service, api = serve()
    port = free_port()
    server = f"server {{ listen 127.0.0.1:{port}; location / {{ proxy_read_timeout 1s; "
    server += f"proxy_pass {api.base_url}; }} }}"
    file = tmp_path / "nginx.conf"
    file.write_text(AROUND.format(folder=tmp_path, block=server))
    start_service([nginx(), "-c", file, "-e", "stderr"])
    proxied = client_of(port)
    assert start(proxied, Prefer="wait=60").status_code == 504
    path = start(proxied).headers["location"]
    answers = list[Any]()

    def wait() -> None:
        answers.append(api.get(path, headers={"Prefer": "wait=60"}))

    waiter = threading.Thread(target=wait)
    waiter.start()
    assert api.get(path, headers={"Prefer": "wait=1"}).status_code == 200
    service.stop()
    waiter.join(30)
    (answer,) = answers
    assert (answer.status_code, answer.json()["status"]) == (200, "created")
    _, again = serve()
    assert again.get(path).json()["status"] == "created"
