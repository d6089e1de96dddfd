"""How a worker dies under its job; as provocations, each with a worker and a queue of its own."""

import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.integration.world import TIMEOUT_S, World
from tests.servers import Worker
from tests.waiting import eventually


@dataclass(frozen=True)
class Victim:
    """The only worker of a queue; `survivor` is the node name of one that can take it over."""

    world: World
    worker: Worker
    queue: str
    survivor: str

    def begins(self, job: str, outcome: str = "return") -> str:
        """A job at its gate in the worker."""
        task_id = self.world.send(outcome, job=job, queue=self.queue)
        self.world.begun(task_id)
        return task_id

    def taken_over(self, task_id: str) -> None:
        """The survivor takes the queue, and the job when the broker gives it again."""
        self.world.deliver_again(task_id)
        control = self.world.app.control
        control.add_consumer(self.queue, destination=[self.survivor])
        self.world.begun(task_id, runs=2)
        self.world.go(task_id)


Kill = Callable[[Victim], Iterator[str]]


def killed(job: str, *, again: bool = False) -> Kill:
    def provoke(victim: Victim) -> Iterator[str]:
        task_id = victim.begins(job)
        yield task_id
        victim.worker.kill()
        if again:
            victim.taken_over(task_id)

    return provoke


def killed_around(victim: Victim) -> Iterator[str]:
    """An eager run."""
    outer = victim.begins("job", "hosts")
    victim.world.go(outer)
    victim.world.begun(inner := f"{outer}-inside")
    yield inner
    victim.worker.kill()


def killed_under_its_replacement(victim: Victim) -> Iterator[str]:
    """The first job of the chain that replaced a step; the survivor runs the step until then."""
    job = victim.world.app.tasks["job"]
    step = job.si("replaced_by_job", victim.queue)
    task_id = str((step | job.si().set(queue="nobody's")).apply_async().parent.id)
    victim.world.go(task_id)
    victim.world.begun(victim.queue)
    yield task_id
    victim.worker.kill()


def cold(job: str, *, again: bool = False) -> Kill:
    def provoke(victim: Victim) -> Iterator[str]:
        task_id = victim.begins(job)
        yield task_id
        victim.worker.signal(signal.SIGQUIT)
        victim.worker.wait()
        if again:
            victim.taken_over(task_id)

    return provoke


def dies(outcome: str) -> Kill:
    """The job takes its worker along."""

    def provoke(victim: Victim) -> Iterator[str]:
        task_id = victim.begins("job", outcome)
        yield task_id
        victim.world.go(task_id)
        victim.worker.wait()

    return provoke


def warm(victim: Victim) -> Iterator[str]:
    task_id = victim.begins("job")
    yield task_id
    victim.worker.signal(signal.SIGTERM)
    victim.worker.wait_for_log("Warm shutdown")
    victim.world.go(task_id)
    victim.worker.wait()


def twice(victim: Victim) -> Iterator[str]:
    world = victim.world
    task_id = victim.begins("job_late", "says_its_run")
    yield task_id
    world.deliver_again(task_id)
    world.begun(task_id, runs=2)
    world.until(task_id, attempt=2)
    world.go(task_id)
    # Celery looks at a result before it writes one: what the newer run says of itself is awaited,
    # or it could take the place of the older one's return.
    eventually(
        lambda: (world.result(task_id)["result"] or {}).get("description") == "run 2", TIMEOUT_S
    )
    world.gate.mark(task_id, "enough1")
    # The older run has returned and is not recorded; the newer one goes on.
    eventually(
        lambda: world.result(task_id) == {"status": "SUCCESS", "result": {"run": 1}}, TIMEOUT_S
    )
    record = world.record(task_id)
    assert (record["status"], record["results"]) == ("running", {}), record
    world.gate.mark(task_id, "enough2")
