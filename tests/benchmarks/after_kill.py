"""What each peer reports for a running task two minutes after `kill -9` of its worker, and for an
id that never existed: `python -m tests.benchmarks.after_kill` prints the table of the README. It
needs Django 6, and so Python 3.12.

All run at once: a worker with results in Redis, one with results in Django's database, stock
Flower, and this project's record, which a third worker looks after.
"""

import os
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from importlib import import_module
from threading import Event
from uuid import uuid4

import httpx
from celery import Celery, Task
from celery.result import AsyncResult
from celery_progress.backend import Progress, ProgressRecorder

from progress_backend import ProgressNotifier, get_task, install, progress_task
from progress_backend.embedded import EmbeddedServer
from tests.ports import free_port
from tests.waiting import eventually

MODULE = "tests.benchmarks.after_kill"
DJANGO_JOBS = "tests.benchmarks.django_jobs"
SETTLED_S = 120.0
ANSWERS_S = 180.0
#: What all of them report meanwhile.
RUNNING = Counter(PROGRESS=3, RUNNING=2)

#: Waits for ever: a job that is in the middle of its work.
hang = Event().wait


def make_app(url: str, results: str) -> Celery:
    """Jobs that write 40 % and then hang; only `tracked` has a record of this project."""
    app = Celery(MODULE, broker=url, backend=results, set_as_current=True)
    app.conf.update(
        task_track_started=True,
        result_extended=True,  # django-tasks-celery asks for it
        worker_send_task_events=True,
        broker_connection_retry_on_startup=True,
        task_default_queue="django" if results == "django-db" else "redis",
    )
    install(app, redis_url=url)

    @app.task(bind=True, name="plain")
    def plain(self: Task) -> None:
        self.update_state(state="PROGRESS", meta={"current": 40, "total": 100})
        hang()

    @app.task(bind=True, name="celery_progress")
    def celery_progress(self: Task) -> None:
        ProgressRecorder(self).set_progress(40, 100)
        hang()

    @app.task(bind=True, name="tracked")
    @progress_task
    def tracked(self: Task) -> None:
        ProgressNotifier(self).update(40, 100)
        hang()

    import_module(DJANGO_JOBS)
    return app


def set_up_django(folder: str) -> None:
    """Django with one SQLite file, in which django-celery-results has its table."""
    import django
    from django.conf import settings

    database = {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{folder}/results.sqlite3"}
    settings.configure(
        DATABASES={"default": database}, INSTALLED_APPS=["django_celery_results"], USE_TZ=True,
        TASKS={
            "default": {"BACKEND": "progress_backend.django.CeleryBackend"},
            "peer": {"BACKEND": "django_tasks_celery.CeleryBackend"},
        },
    )  # fmt: skip
    django.setup()


def start(stack: ExitStack, results: str, *arguments: str) -> subprocess.Popen[bytes]:
    """A Celery program of this module, in a process group of its own, killed at the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", MODULE, *arguments],
        env={**os.environ, "AFTER_KILL_RESULTS": results},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    stack.callback(kill, process)
    return process


def kill(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def flower_state(flower: httpx.Client, task_id: str) -> str:
    """The state in Flower's answer, or the status of that answer."""
    answer = flower.get(task_id)
    return str(answer.json()["state"]) if answer.is_success else str(answer.status_code)


def progress_state(app: Celery, task_id: str) -> str:
    info = Progress(AsyncResult(task_id, app=app)).get_info()
    return f"{info['state']}, complete: {info['complete']}"


def django_state(task_id: str) -> str:
    from django_celery_results.models import TaskResult

    found = TaskResult.objects.filter(task_id=task_id).first()
    return found.status if found else "no row"


def result_state(backend: str, task_id: str) -> str:
    """The state of a result of Django's tasks, with its error's class."""
    from django.tasks import task_backends
    from django.tasks.exceptions import TaskResultDoesNotExist

    try:
        found = task_backends[backend].get_result(task_id)
    except TaskResultDoesNotExist as error:
        return type(error).__name__
    return " ".join((found.status, *(error.exception_class_path for error in found.errors)))


def record_state(app: Celery, task_id: str) -> str:
    record = get_task(app, task_id)
    return f"{record['status']}: {record['error_message']}" if record else "404"


def main() -> None:
    with ExitStack() as stack:
        url = stack.enter_context(EmbeddedServer()).url
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        os.environ |= {"AFTER_KILL_URL": url, "AFTER_KILL_FOLDER": folder}
        os.environ |= {"FLOWER_UNAUTHENTICATED_API": "true", "PROGRESS_LOCALE": "en"}
        set_up_django(folder)
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        app, port = make_app(url, url), free_port()
        workers = [
            start(stack, url, "worker", "-Q", "redis", "-c", "6", "-n", "redis@here"),
            start(stack, "django-db", "worker", "-Q", "django", "-c", "1", "-n", "django@here"),
        ]
        start(stack, url, "worker", "-Q", "other", "-c", "1", "-n", "other@here")
        start(stack, url, "flower", f"--port={port}", "--address=127.0.0.1")
        flower = httpx.Client(base_url=f"http://127.0.0.1:{port}/api/task/info/")
        peers: dict[str, tuple[str, Callable[[str], str]]] = {
            "`update_state`, `AsyncResult`": ("plain", lambda i: AsyncResult(i, app=app).state),
            "celery-progress": ("celery_progress", partial(progress_state, app)),
            "django-celery-results": ("plain", django_state),
            "Flower": ("tracked", partial(flower_state, flower)),
            "progress-backend": ("tracked", partial(record_state, app)),
        }
        ids = {
            peer: app.send_task(job, queue="django" if "results" in peer else "redis").id
            for peer, (job, _) in peers.items()
        }
        for backend, peer in {
            "peer": "django-tasks-celery",
            "default": "the same in TASKS",
        }.items():
            job = import_module(DJANGO_JOBS).hang.using(backend=backend)
            peers[peer], ids[peer] = ("", partial(result_state, backend)), job.enqueue().id

        def states() -> dict[str, str]:
            try:
                return {peer: look(ids[peer]) for peer, (_, look) in peers.items()}
            except httpx.TransportError as error:  # Flower has not started yet
                raise AssertionError from error

        def are(word: str) -> bool:
            return states()["progress-backend"].startswith(word)

        eventually(
            lambda: are("running") and Counter(" ".join(states().values()).split()) >= RUNNING,
            ANSWERS_S,
            what="all jobs run",
        )
        for worker in workers:
            kill(worker)
        eventually(lambda: are("error"), ANSWERS_S, what="the record has ended")
        Event().wait(SETTLED_S)  # what the others report then, they report for ever
        print("| | after `kill -9` of the worker | an id that never existed |\n| --- | --- | --- |")
        for peer, state in states().items():
            print(f"| {peer} | {state} | {peers[peer][1](str(uuid4()))} |")


if __name__ == "__main__":
    main()
elif "AFTER_KILL_RESULTS" in os.environ:
    set_up_django(os.environ["AFTER_KILL_FOLDER"])
    app = make_app(os.environ["AFTER_KILL_URL"], os.environ["AFTER_KILL_RESULTS"])
