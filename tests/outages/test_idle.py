"""Worker, beat and API while their store is away: they neither burn a core nor fill a log."""

import re
import sys

import psutil

from tests.conftest import StartServer, StartService, StartWorker
from tests.outages.fleet import pass_time
from tests.servers import Service
from tests.strangers import Way
from tests.waiting import eventually

APP = "tests.outages.app"
#: The design's bound is 2 % of a core; a busy machine takes several times that for the same work,
#: and a loop without a rest takes the whole core.
PART = 0.15
#: How long they are looked at. A minute after the first line the next one may come.
LOOK_S = 4.0
#: So that the time to renew and to look around comes, and goes, several times.
ENV = {"PROGRESS_LEASE_S": "3", "PROGRESS_REAP_INTERVAL_S": "0.5"}


def test_no_process_burns_a_core_or_fills_its_log(
    start_server: StartServer, start_worker: StartWorker, start_service: StartService
) -> None:
    """After all three have logged that their store is away."""
    with Way(start_server().url) as way:
        env = {**ENV, "PROGRESS_REDIS_URL": way.url, "JOBS_DIR": "."}
        worker = start_worker(APP, concurrency=1, env=env)
        env |= {"CELERY_BROKER_URL": start_server().url, "CELERY_RESULT_BACKEND": "disabled"}
        celery = [sys.executable, "-m", "celery", "-A", APP]
        schedule = ["--schedule", ":memory:", "--scheduler", "celery.beat.Scheduler"]
        beat = start_service(
            [*celery, "beat", "--loglevel", "INFO", *schedule], env=env, ready="beat: Starting"
        )
        serve = [sys.executable, "-c", "from progress_backend.cli import main; main()", "serve"]
        api = start_service([*serve, "--port", "0"], env=env, ready="http://")
        everyone = (worker, beat, api)
        eventually(lambda: way.accepted >= len(everyone), what="all of them connected")
        before = {each: len(each.log) for each in everyone}
        way.close()

        def logged(each: Service) -> list[str]:
            new = each.log[before[each] :]
            return re.findall(r"^.*(?:store|Redis|progress).*$", new, re.MULTILINE)

        for each in everyone:
            eventually(lambda each=each: logged(each), what=f"{each} has found out")
        used = {each: cpu_s(each) for each in everyone}
        pass_time(LOOK_S)
        for each in everyone:
            assert cpu_s(each) - used[each] < PART * LOOK_S, each
            assert len(logged(each)) == 1, logged(each)
            assert "Traceback" not in each.log[before[each] :]


def cpu_s(service: Service) -> float:
    """Processor time of a process and its children so far."""
    whole = [psutil.Process(service.pid), *service.children()]
    return sum(sum(process.cpu_times()[:2]) for process in whole)
