"""The compose file: it comes up in order, does its jobs, is replaced under them, leaves nothing."""

import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest

from tests.docker.engine import docker
from tests.docker.stack import LINES, SERVICES, Stack
from tests.waiting import eventually

pytestmark = [pytest.mark.docker, pytest.mark.slow]
#: A job that outlasts a deployment's first steps: 51 pages at 0.3 s each.
LONG = ("fetch_data", "--args", '["AAPL", "5y"]')


@pytest.fixture(scope="module")
def stack(image: str) -> Iterator[Stack]:
    stack = Stack()
    try:
        stack.up()
        yield stack
    finally:
        stack.down()


def ended(stack: Stack, task_id: str, timeout: float = 60) -> dict[str, object]:
    def body() -> dict[str, object] | None:
        found = stack.task(task_id)
        return found if found.get("status") in ("completed", "error", "cancelled") else None

    found = eventually(body, timeout, what=f"the end of {task_id}")
    assert found is not None
    return found


def running(stack: Stack, task_id: str) -> dict[str, object]:
    def body() -> dict[str, object] | None:
        found = stack.task(task_id)
        return found if found.get("status") not in (None, "created") else None

    found = eventually(body, what=f"{task_id} begun")
    assert found["status"] == "running", found
    return found


@pytest.mark.parametrize("profile", [(), ("rabbitmq",)])
def test_the_file_is_valid(profile: tuple[str, ...]) -> None:
    Stack(*profile).compose("config", "--quiet")


def test_all_services_are_healthy(stack: Stack) -> None:
    assert stack.healthy() == set(SERVICES)
    for url in (f"{stack.api}/internal/health", f"{stack.flower}/healthcheck"):
        assert httpx.get(url, trust_env=False).status_code == 200, url


def test_a_job_can_be_followed_over_http_until_its_end(stack: Stack) -> None:
    task_id = stack.call("fetch_data", "--args", '["AAPL", "1mo"]')
    body = ended(stack, task_id)
    assert body["status"] == "completed", body
    assert body["progress"]["percentage"] == 100
    assert body["results"]["records_saved"] > 0
    assert body["worker"].startswith("prices@")


@pytest.mark.parametrize("service", ["api", "worker", "beat", "flower", "prices"])
def test_it_can_do_no_more_than_its_work(stack: Stack, service: str) -> None:
    read = (
        "import os; print([p for p in ('/app', '/opt/venv', '/usr', '/etc', '/home') "
        "if os.access(p, os.W_OK)]); "
        "said = dict(l.split(':\t') for l in open('/proc/self/status').read().splitlines()); "
        "print(int(said['CapBnd'], 16), said['NoNewPrivs'])"
    )
    assert stack.exec(service, "python3", "-c", read).stdout.split("\n")[:2] == ["[]", "0 1"]
    assert stack.exec(service, "sh", "-c", "echo x > /home/x").returncode != 0
    container = stack.container(service)
    read_only, memory, pids = json.loads(
        docker(
            "inspect",
            "--format",
            "[{{.HostConfig.ReadonlyRootfs}}, {{.HostConfig.Memory}}, {{.HostConfig.PidsLimit}}]",
            container,
        )
    )
    assert read_only
    assert memory >= 2**29
    assert pids == 256


def test_redis_asks_for_the_password(stack: Stack) -> None:
    printed = stack.exec("redis", "redis-cli", "get", "x").stdout
    assert "NOAUTH" in printed
    # It is not in what the engine shows of the containers.
    for service in SERVICES:
        shown = docker("inspect", stack.container(service))
        for name in LINES:
            assert stack.secret(name) not in shown, service


def test_flower_asks_for_its_password(stack: Stack) -> None:
    assert httpx.get(f"{stack.flower}/workers", trust_env=False).status_code == 401
    user, _, password = stack.secret("flower").partition(":")
    known = httpx.get(f"{stack.flower}/workers", auth=(user, password), trust_env=False)
    assert known.status_code == 200


def test_worker_and_beat_are_unhealthy_when_they_have_no_turn(stack: Stack) -> None:
    check = ("python3", "/usr/local/lib/progress/entrypoint.py", "health")
    # Its file grows old meanwhile, which would take a minute.
    own = "$(cat /proc/1/task/1/children)"
    stop = f"kill -STOP {own} && touch -d '2 minutes ago' /tmp/progress-alive"
    for service in ("worker", "beat"):
        assert stack.exec(service, *check).returncode == 0, service
        stopped = stack.exec(service, "sh", "-c", stop)
        assert stopped.returncode == 0, stopped.stderr
        asked = stack.exec(service, *check)
        stack.exec(service, "sh", "-c", f"kill -CONT {own}")
        assert asked.returncode == 1
        assert re.search(r"its last turn was 1\d\d s ago", asked.stderr), asked.stderr
        eventually(lambda name=service: stack.exec(name, *check).returncode == 0)


def test_the_api_is_unhealthy_while_its_store_is_away(stack: Stack) -> None:
    check = ("python3", "/usr/local/lib/progress/entrypoint.py", "health")
    assert stack.exec("api", *check).returncode == 0
    stack.compose("pause", "redis")
    try:
        assert stack.exec("api", *check).returncode == 1
    finally:
        stack.compose("unpause", "redis")
    eventually(lambda: stack.exec("api", *check).returncode == 0, what="healthy again")


def test_worker_and_api_are_replaced_while_a_job_runs(stack: Stack) -> None:
    old = {service: stack.container(service) for service in ("api", "worker")}
    task_id = stack.call(*LONG)
    began = running(stack, task_id)
    asked = datetime.now(UTC)
    # As a deployment of a new image does: each gets SIGTERM, is waited for and replaced.
    stack.up("--no-deps", "--force-recreate", "api", "worker")
    for service, container in old.items():
        assert stack.container(service) != container
    body = ended(stack, task_id)
    assert body["status"] == "completed", body
    assert (body["attempt"], body["worker"]) == (1, began["worker"]), "another worker ran it again"
    assert datetime.fromisoformat(str(body["end_time"])) > asked, "it was over before"
    new = stack.call("fetch_data", "--args", '["IBM", "1mo"]')
    assert ended(stack, new)["worker"] != began["worker"]


@pytest.mark.parametrize("service", ["api", "worker", "beat", "flower", "prices"])
def test_sigterm_ends_each_command_in_time(stack: Stack, service: str) -> None:
    container = stack.container(service)
    began = time.monotonic()
    stack.compose("stop", "--timeout", "30", service)
    took = time.monotonic() - began
    code = stack.exit_code(container)
    # Not 137: that one was killed, after it had been asked in vain.
    assert code in (0, 143), f"{service} ended with {code} after {took:.1f} s"
    assert took < 20, f"{service} took {took:.1f} s to end"
