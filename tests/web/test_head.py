"""HEAD works where GET does."""

from tests.web.serving import RunningApi
from tests.web.test_guard import FOE, READS, WRITES, guarded, served

__all__ = ["guarded", "served"]

#: Their bodies have times and figures that go on.
MOVING = ["/metrics", "/internal/health"]


def test_head_is_get_without_its_body(guarded: RunningApi) -> None:
    for path in [*READS, "/internal/task/nope/events"]:
        get, head = guarded.http.get(path), guarded.http.head(path)
        assert (head.status_code, head.content) == (get.status_code, b""), path
        if path not in MOVING:
            given = [{k: v for k, v in a.headers.items() if k != "date"} for a in (get, head)]
            assert given[0] == given[1], path


def test_head_of_a_stream_ends(guarded: RunningApi) -> None:
    for path in ("task/job/events", "workflow/group/events"):
        head = guarded.http.head(f"/internal/{path}", timeout=60)
        assert (head.status_code, head.content) == (200, b""), path
        assert head.headers["content-type"].startswith("text/event-stream")
    refused = guarded.http.head("/internal/task/job/events", headers={"Origin": FOE})
    assert refused.status_code == 403


def test_head_is_no_way_to_write(guarded: RunningApi) -> None:
    for _, path, _ in WRITES:
        answer = guarded.http.head(path)
        assert answer.status_code == 405
        assert answer.headers["x-content-type-options"] == "nosniff"
