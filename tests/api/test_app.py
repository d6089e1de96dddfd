"""The API as it is deployed."""

import signal
import subprocess
import sys

import httpx
import pytest
import websockets

from api.app import TIMEZONE, create_app, log_config, main
from progress_backend.errors import SettingsError
from tests.conftest import StartService
from tests.ports import free_port
from tests.waiting import eventually
from tests.web.test_serve import answers
from tests.web.test_websockets import closed


async def test_the_environment_says_everything(start_service: StartService, redis_url: str) -> None:
    """And the specification's address, ws://notification:8004, leads to it in a network of
    containers."""
    port = free_port()
    env = {
        "PROGRESS_REDIS_URL": redis_url,
        "CELERY_BROKER_URL": redis_url,
        "API_HOST": "0.0.0.0",
        "API_PORT": str(port),
    }
    service = start_service([sys.executable, "-m", "api.app", "--insecure"], env=env)
    service.wait_for_log(rf"progress-backend: http://0\.0\.0\.0:{port}")
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False) as http:
        eventually(lambda: answers(f"http://127.0.0.1:{port}/internal/health"))
        assert "Task progress" in http.get("/static/page.js").text
        assert http.get("/").headers["content-type"].startswith("text/html")
        assert http.get("/docs").status_code == 200
        created = http.post("/internal/create-task", json={"task_type": "t", "total_items": 1})
        assert created.json()["created_at"].endswith("+09:00"), "the workers' zone"
        task_id = created.json()["task_id"]
        # CELERY_BROKER_URL is what terminate needs.
        answer = http.post(f"/internal/task/{task_id}/cancel", json={"terminate": True})
        assert answer.status_code == 200, answer.text
        service.wait_for_log(rf"INFO progress_backend\.service\S+: Created task {task_id}: t")
        # A page under a name that now resolves to this server (DNS rebinding).
        refused = http.get("/internal/tasks", headers={"Host": f"evil.test:{port}"})
        assert (refused.status_code, "PROGRESS_ALLOWED_HOSTS" in refused.text) == (403, True)
    # Another service in the network, and a page of that very address, as a browser has it.
    url = "ws://notification:8004/internal/ws/task/f47ac10b-58cc-4372-a567-0e02b2c3d479"
    for origin in (None, "http://notification:8004"):
        to = {"host": "127.0.0.1", "port": port, "origin": origin}
        async with websockets.connect(url, proxy=None, **to) as one:
            assert await closed(one) == 4404
    service.signal(signal.SIGTERM)
    assert service.wait(60) in (0, -signal.SIGTERM)
    assert "Traceback" not in service.log


@pytest.mark.parametrize(
    ("env", "says"),
    [
        ({}, "no store: set PROGRESS_REDIS_URL"),
        ({"PROGRESS_REDIS_URL": "http://x"}, "PROGRESS_REDIS_URL is 'http://"),
        ({"API_PORT": "many"}, "API_PORT is 'many'; it must be 0 to 65535"),
        ({"LOG_LEVEL": "loud"}, "LOG_LEVEL is LOUD; it must be DEBUG"),
    ],
)
def test_what_cannot_be_used_gets_one_line(
    env: dict[str, str],
    says: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 1
    printed = capsys.readouterr().err
    assert printed.startswith(f"progress-backend: {says}")
    assert printed.count("\n") == 1


def test_the_factory_takes_its_store_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError):
        create_app()
    monkeypatch.setenv("PROGRESS_REDIS_URL", "redis://127.0.0.1:1")
    app = create_app()
    assert app.title == "progress-backend"
    # So "today" of the health check, and new records, are in the zone of the workers.
    code = "from workers.app import app; print(app.conf.timezone)"
    worker = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert worker.stdout.strip() == TIMEZONE == app.state.progress_settings.timezone
    monkeypatch.setenv("PROGRESS_TIMEZONE", "UTC")
    assert create_app().state.progress_settings.timezone == "UTC"


def test_each_log_level_is_taken() -> None:
    loggers = log_config("DEBUG")["loggers"]
    # To the checker its values are objects.
    assert loggers["progress_backend"] == {"level": "DEBUG"}  # type: ignore[index]
    # At DEBUG the server writes each request's head, with its token.
    assert loggers["uvicorn.error"] == {"level": "INFO"}  # type: ignore[index]
