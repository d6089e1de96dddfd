"""The service's health check, the same in memory and on Redis."""

from progress_backend.service.progress_service import ProgressService


async def test_health(service: ProgressService) -> None:
    first = await service.create_task("x", 1)
    await service.create_task("x", 1)
    await service.update_progress(first, status="running")
    health = await service.health_check()
    assert (health["status"], health["version"]) == ("healthy", "1.0.0")
    assert (health["active_tasks"], health["total_tasks_today"]) == (1, 2)
    assert health["memory_usage"]["tasks_in_memory"] == 2
    assert health["memory_usage"]["memory_usage_mb"] >= 0
    assert list(health["dependencies"]["redis"])[:2] == ["status", "response_time_ms"]
