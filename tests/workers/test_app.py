"""The Celery application, configured from the environment, in processes of its own."""

import json
import sys
from typing import Any

import pytest

from tests.servers import ran

#: Forks for each environment, once all that is slow to import is there.
SHOW = """
import json, os, sys
import celery, httpx, sqlalchemy, progress_backend.tracking.install
for env in json.loads(sys.argv[1]):
    if os.fork():
        assert os.wait()[1] == 0
        continue
    os.environ.update(env)
    from workers.app import app
    names = ("broker_url", "result_backend")
    print(json.dumps({name: app.conf[name] for name in names}), flush=True)
    os._exit(0)
"""
Configured = list[dict[str, Any]]
A, B, C = (f"redis://127.0.0.1:1/{n}" for n in range(3))
#: Environment, broker and results.
URLS: list[tuple[dict[str, str], str, str | None]] = [
    ({}, "redis://127.0.0.1:6379/0", "redis://127.0.0.1:6379/0"),
    ({"PROGRESS_REDIS_URL": A}, A, A),
    ({"PROGRESS_REDIS_URL": A, "CELERY_BROKER_URL": B}, B, A),
    ({"CELERY_BROKER_URL": B, "CELERY_RESULT_BACKEND": C}, B, C),
    ({"PROGRESS_REDIS_URL": "redis+cluster://h", "CELERY_BROKER_URL": B}, B, B),
    ({"PROGRESS_REDIS_URL": "", "CELERY_BROKER_URL": ""}, "redis://127.0.0.1:6379/0", None),
]


@pytest.fixture(scope="module")
def configured() -> Configured:
    """The configuration in each environment."""
    done = ran([sys.executable, "-W", "error", "-c", SHOW, json.dumps([env for env, _, _ in URLS])])
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_urls_come_from_the_environment(configured: Configured) -> None:
    for shown, (env, broker, results) in zip(configured, URLS, strict=True):
        assert shown["broker_url"] == broker, env
        assert shown["result_backend"] == (results or broker), env
