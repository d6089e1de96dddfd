"""The image: what is in it, who runs it, what it says to what it cannot run."""

import json

import pytest

from tests.docker.engine import BASE, docker, tried
from tests.ports import free_port

pytestmark = [pytest.mark.docker, pytest.mark.slow]
MOST_BYTES = 250_000_000
COMPILERS = ("cc", "gcc", "g++", "c++", "clang", "make", "rustc", "cargo")


def test_it_is_not_much_larger_than_its_base(image: str) -> None:
    own, base = (
        int(docker("image", "inspect", "--format", "{{.Size}}", name)) for name in (image, BASE)
    )
    assert 0 < own - base <= MOST_BYTES, f"{(own - base) / 1e6:.0f} MB over {BASE}"


def test_it_runs_as_a_user_who_may_write_to_the_data_alone(image: str) -> None:
    code = (
        "import os, json; print(json.dumps([os.getuid(), os.getgid(), "
        "[p for p in ('/app', '/opt/venv', '/usr/local/lib/progress', '/data') "
        "if os.access(p, os.W_OK)]]))"
    )
    printed = docker("run", "--rm", image, "python3", "-c", code)
    assert json.loads(printed) == [10001, 10001, ["/data"]]


def test_it_holds_no_compiler_and_no_installer(image: str) -> None:
    code = f"import shutil; print([n for n in {COMPILERS} if shutil.which(n)])"
    assert docker("run", "--rm", image, "python3", "-c", code) == "[]"
    done = tried("run", "--rm", image, "python3", "-m", "pip", "--version")
    assert done.returncode == 1
    assert "No module named pip" in done.stderr


def test_it_holds_the_project_and_none_of_its_tests(image: str) -> None:
    code = (
        "import os, progress_backend; print(progress_backend.__file__, sorted(os.listdir('/app')))"
    )
    printed = docker("run", "--rm", image, "python3", "-c", code)
    assert printed.startswith("/opt/venv/lib/")
    assert printed.endswith("['api', 'workers']")


def test_its_commands_reach_the_process_without_a_shell(image: str) -> None:
    config = json.loads(docker("image", "inspect", "--format", "{{json .Config}}", image))
    assert config["Entrypoint"] == ["python3", "/usr/local/lib/progress/entrypoint.py"]
    assert config["Cmd"] == ["api"]
    assert config["StopSignal"] == "SIGTERM"
    assert config["Healthcheck"]["Test"][0] == "CMD"
    assert config["User"] == "10001:10001"


def test_what_it_cannot_run_gets_one_line(image: str) -> None:
    done = tried("run", "--rm", image, "no-such-command")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("no-such-command: No such file or directory; this image runs api")


def test_a_worker_without_its_broker_is_not_healthy(image: str) -> None:
    """A health check that always says yes would not be one; nor may it before the start."""
    port = free_port()
    unused = f"redis://127.0.0.1:{port}/0"
    urls = [f"{name}={unused}" for name in ("CELERY_BROKER_URL", "PROGRESS_REDIS_URL")]
    options = [word for url in urls for word in ("--env", url)]
    container = docker("run", "--detach", *options, image, "worker")
    try:
        done = tried(
            "exec", container, "python3", "/usr/local/lib/progress/entrypoint.py", "health"
        )
        assert done.returncode != 0
        assert docker("inspect", "--format", "{{.State.Running}}", container) == "true"
    finally:
        docker("rm", "--force", "--volumes", container)
