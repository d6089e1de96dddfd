"""Health of a store that is read, but takes no writes."""

import re

import pytest
import redis

from progress_backend.errors import StoreUnavailable
from progress_backend.operations.values import MORE_ROOM
from progress_backend.record import events as ev
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from tests.waiting import eventually
from tests.web.conftest import Apart
from tests.web.serving import RunningApi


def reason(api: RunningApi) -> str:
    answer = api.http.get("/internal/health")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    return str(answer.json()["reason"])


def test_a_store_that_takes_no_writes(apart: Apart) -> None:
    server, api = apart
    eventually(lambda: api.http.get("/internal/health").json()["status"] == "healthy")
    task_id = api.create()
    with redis.Redis.from_url(server.url) as raw:
        raw.config_set("maxmemory", 1)
        assert reason(api) == f"its memory is full: {MORE_ROOM}"
        assert api.status(task_id).status_code == 200
        with Store(Settings(redis_url=server.url)) as store:
            created = ev.Created(identity=ev.Identity("t"))
            with pytest.raises(StoreUnavailable, match=f"OOM .*; {re.escape(MORE_ROOM)}"):
                store.run(store.flows.apply("t", (created,), store.now()))
        raw.config_set("maxmemory", 0)
        raw.config_set("maxmemory-policy", "allkeys-lru")
        assert "maxmemory-policy is allkeys-lru; set it to noeviction" in reason(api)
        assert "progress_store_evicts 1.0" in api.http.get("/metrics").text
        raw.config_set("maxmemory-policy", "noeviction")
        assert "progress_store_evicts 0.0" in api.http.get("/metrics").text
        assert api.http.get("/internal/health").json()["status"] == "healthy"
        raw.replicaof("127.0.0.1", "1")
        assert reason(api) == "it is a read-only replica"
        raw.replicaof("NO", "ONE")
        raw.execute_command("ACL SETUSER default -publish")
        assert api.update(task_id).status_code == 503
        assert "may not publish" in reason(api)
        raw.execute_command("ACL SETUSER default +publish")
        assert api.http.get("/internal/health").json()["status"] == "healthy"
        assert api.http.get("/internal/health").json()["dependencies"]["redis"]["key_prefix"] == ""
