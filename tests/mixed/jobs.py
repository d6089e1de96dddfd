"""The app of two versions: `python -m tests.mixed.jobs COUNT NAME [ROWS]` publishes jobs."""

import sys

from celery import Celery, chord

from progress_backend import ProgressNotifier, install, progress_task

app = install(Celery("mixed"))


@app.task(bind=True, name="fetch", max_retries=1, shared=False)
@progress_task
def fetch(self, number: int, rows: int = 4) -> int:
    for _ in ProgressNotifier(self).track(range(rows)):
        sum(range(100_000))
    if number % 10 == 1 and not self.request.retries:
        raise self.retry(countdown=0.05)
    if number % 10 == 2:
        raise ValueError("no such symbol")
    return number


def expected(number: int) -> tuple[str, int]:
    """The status of a job's record after its end, and the number of its runs."""
    return ("error" if number % 10 == 2 else "completed"), (2 if number % 10 == 1 else 1)


def publish(count: int, name: str, rows: int) -> None:
    """That many jobs, and a workflow."""
    for number in range(count):
        fetch.apply_async((number, rows), task_id=f"{name}-{number}")
    members = [fetch.si(0).set(task_id=f"{name}-member-{n}") for n in range(3)]
    chord(members)(fetch.si(0).set(task_id=f"{name}-body"))


if __name__ == "__main__":
    publish(int(sys.argv[1]), sys.argv[2], int((*sys.argv[3:], 4)[0]))
