"""The container's health check."""

import sys

import pytest

from api import health
from api.health import check
from progress_backend.web.server import serve
from tests.conftest import StartServer, StartService
from tests.ports import free_port
from tests.waiting import PATIENCE_S, eventually
from tests.web.conftest import StartApi, start_api

__all__ = ["start_api"]


def test_a_healthy_service(
    start_api: StartApi, redis_url: str, start_service: StartService
) -> None:
    # Not the session's: its requests to Redis would count in tests that count what is sent.
    api = start_api(redis_url=redis_url)
    eventually(lambda: api.http.get("/internal/health").status_code == 200)
    env = {"API_PORT": str(api.port)}
    service = start_service([sys.executable, "-m", "api.health"], env=env)
    assert service.wait(60) == 0
    assert '"status":"healthy"' in service.log


def test_a_service_without_its_store(
    start_api: StartApi, start_server: StartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "TIMEOUT_S", PATIENCE_S)
    server = start_server()
    server.stop()
    api = start_api(redis_url=server.url)
    healthy, reply = check(f"http://127.0.0.1:{api.port}/internal/health")
    assert not healthy
    assert reply.startswith("503 ")
    assert '"unhealthy"' in reply
    assert check(f"http://127.0.0.1:{api.port}/internal/health/live")[0]


def test_an_unused_port_is_reported_unhealthy(start_service: StartService) -> None:
    url = f"http://127.0.0.1:{free_port()}/internal/health"
    service = start_service([sys.executable, "-m", "api.health", url])
    assert service.wait(60) == 1
    assert "does not answer" in service.log
    assert check("nonsense") == (False, "nonsense does not answer: unknown url type: 'nonsense'")


def test_it_asks_at_the_services_default_port() -> None:
    assert health.PORT == serve.PORT
