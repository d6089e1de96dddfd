"""A task's log over HTTP."""

from progress_backend.service.redis_progress_service import RedisProgressService
from tests.records import Records
from tests.web.serving import RunningApi


async def test_the_lines_as_json(api: RunningApi, redis_url: str) -> None:
    task_id = api.create()
    empty = api.http.get(f"/internal/task/{task_id}/log")
    assert empty.json() == {"task_id": task_id, "first": None, "last": None, "lines": []}
    Records(redis_url).log(task_id, "a", "二行\n目")
    body = api.http.get(f"/internal/task/{task_id}/log").json()
    assert (body["first"], body["last"]) == (1, 2)
    async with RedisProgressService(redis_url) as service:
        assert await service.get_task_log(task_id) == body
    assert body["lines"][1] == {
        "id": 2,
        "time": "2024-01-15T01:30:00.250+00:00",
        "level": "info",
        "attempt": 1,
        "text": "二行\n目",
    }
    after = api.http.get(f"/internal/task/{task_id}/log", params={"after": 1, "limit": 5})
    assert [line["id"] for line in after.json()["lines"]] == [2]
    newest = api.http.get(f"/internal/task/{task_id}/log", params={"limit": 1})
    assert [line["id"] for line in newest.json()["lines"]] == [2]
    # As of a record that was created again under the same id.
    other = api.http.get(f"/internal/task/{task_id}/log", params={"after": 17})
    assert [line["id"] for line in other.json()["lines"]] == [1, 2]


def test_the_log_of_an_unknown_task(api: RunningApi) -> None:
    for path, status in (
        ("nope/log", 404),
        (f"{'x' * 4_097}/log", 422),
        ("nope/log?after=-1", 422),
        ("nope/log?limit=1001", 422),
    ):
        assert api.http.get(f"/internal/task/{path}").status_code == status, path
