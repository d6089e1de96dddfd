"""Secrets never reach a store, whichever event brings them."""

from progress_backend.flows import new_workflow_act
from progress_backend.operations import records, workflows
from progress_backend.record import events as ev
from progress_backend.record.model import Member
from tests.behaviour.driving import Driver, identity_of

SECRET = "hunter2"
MESSAGE = f"no route to redis://:{SECRET}@cache:6379/0"


def stored(driver: Driver, task_id: str) -> str:
    (document,) = driver.execute(records.read((task_id,)))
    return document.decode()


def test_no_commit_of_a_task_writes_a_secret(driver: Driver) -> None:
    identity = identity_of(metadata={"password": SECRET})
    steps = (
        ev.Created(identity=identity),
        ev.Started(identity=identity),
        ev.Progressed(message=MESSAGE, details={"token": SECRET}, results={"api_key": SECRET}),
        ev.Paused(message=MESSAGE, reason=MESSAGE),
        ev.Resumed(),
        ev.Retried(message=MESSAGE),
        ev.Started(identity=identity, retries=1),
        ev.Failed(error_message=MESSAGE),
    )
    for event in steps:
        driver.apply("t", event)
        assert SECRET not in stored(driver, "t"), event
    assert (
        stored(driver, "t").count("***") == 2
    )  # the metadata, the error: a new run drops the rest


def test_a_request_about_a_workflow_keeps_no_secret(driver: Driver) -> None:
    driver.apply("a", ev.Created(identity=identity_of(member=Member(("w",)))))
    now = driver.now()
    ask = new_workflow_act.ask(driver.flows, "w", "pause", now, reason=MESSAGE)
    body, _ = driver.run(ask)
    figures = driver.execute(workflows.figures("w", int(now.timestamp() * 1000)))
    assert figures.act.reason == "no route to redis://:***@cache:6379/0"
    assert SECRET not in repr(body)
