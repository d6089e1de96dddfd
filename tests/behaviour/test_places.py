"""How many tasks wait before a task."""

from datetime import timedelta

from progress_backend.flows import shown_record
from progress_backend.record import events as ev
from progress_backend.record.model import Member, Task
from tests.behaviour.driving import Driver, identity_of
from tests.waiting import eventually


def ahead_of(driver: Driver, task_id: str) -> int | None:
    placed = driver.run(shown_record.current(driver.flows, task_id, driver.now())).ahead
    assert placed is None or type(placed) is int
    return placed


def create(driver: Driver, task_id: str, apart_ms: int = 20, **identity: str) -> Task:
    """A task that was created some milliseconds after the last one: partitions compare times by the
    clock of the creating process."""
    until = driver.now() + timedelta(milliseconds=apart_ms)
    eventually(lambda: driver.now() >= until)
    return driver.create(task_id, root_id="r", **identity).task


def test_those_count_that_were_created_before_and_wait(driver: Driver) -> None:
    for number in range(20):
        create(driver, f"t{number}")
        create(driver, f"other{number}", task_type="bulk_import")
    assert [ahead_of(driver, f"t{number}") for number in range(20)] == list(range(20))
    driver.start("t3")
    driver.apply("t5", ev.Cancelled())
    assert ahead_of(driver, "t2") == 2
    assert ahead_of(driver, "t4") == 3
    assert ahead_of(driver, "t19") == 17
    assert ahead_of(driver, "other19") == 19
    assert ahead_of(driver, "t3") is ahead_of(driver, "t5") is None


def test_those_have_no_place_that_do_not_wait_in_the_queue(driver: Driver) -> None:
    driver.create("unpublished")
    sent = identity_of(root_id="r")
    driver.apply("later", ev.Created(identity=sent, eta=driver.now() + timedelta(hours=1)))
    driver.apply("planned", ev.Planned(identity=identity_of(member=Member(("w",)))))
    assert {ahead_of(driver, name) for name in ("unpublished", "later", "planned")} == {None}
    driver.apply("unpublished", ev.Created(identity=sent))  # its message leaves
    assert ahead_of(driver, "unpublished") == 0
    driver.apply("planned", ev.Created(identity=identity_of(member=Member(("w",)))))
    assert ahead_of(driver, "planned") is not None


def test_those_are_not_counted_that_are_not_to_begin_yet(driver: Driver) -> None:
    later = ev.Created(identity=identity_of(), eta=driver.now() + timedelta(hours=1))
    planned = identity_of(member=Member(("w",)))
    driver.apply("later", later)
    driver.apply("planned", ev.Planned(identity=planned))
    eta = driver.now() + timedelta(hours=1)
    driver.apply("member later", ev.Created(identity=planned, eta=eta))
    # The clock of a cluster's client is some 30 ms wrong: its first calls open connections.
    create(driver, "first", 200)
    create(driver, "last", 200)
    assert [ahead_of(driver, task_id) for task_id in ("first", "last")] == [0, 1]
    driver.apply("planned", ev.Created(identity=planned))  # its message leaves
    assert ahead_of(driver, "last") == 2
    driver.apply("planned", ev.Cancelled())
    driver.start("later")
    driver.apply("member later", ev.Paused(by="ops"))
    assert ahead_of(driver, "last") == 1
    driver.start("first")
    assert ahead_of(driver, "last") == 0
    assert not [name for name in driver.left_over() if "|later|" in name]
