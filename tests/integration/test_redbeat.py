"""Cleanup is sent by another scheduler, too."""

import sys

from tests.conftest import StartService

APP = """
from celery import Celery
from progress_backend import install
app = Celery("shop", broker={url!r}, backend={url!r})
app.conf.redbeat_redis_url = {url!r}
install(app, cleanup_interval_s=1)
"""


def test_redbeat_sends_the_cleanup(redis_url: str, start_service: StartService, tmp_path) -> None:
    (tmp_path / "shop.py").write_text(APP.format(url=redis_url))
    beat = [sys.executable, "-m", "celery", "-A", "shop", "beat", "--loglevel", "INFO"]
    beat += ["-S", "redbeat.RedBeatScheduler", "--pidfile", ""]
    start_service(beat, cwd=tmp_path, ready="Sending due task progress.cleanup")
