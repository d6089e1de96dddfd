"""Several flows in one trip, over every store: each as it would be by itself."""

from progress_backend.errors import TaskNotFound
from progress_backend.flows.flow import together
from progress_backend.flows.stored_record import Applied
from progress_backend.record import events as ev
from tests.asked import names
from tests.behaviour.driving import Driver, check_agreement, identity_of


def begun(*task_ids: str, **identity: object) -> list[tuple[str, ev.Created]]:
    return [(task_id, ev.Created(identity=identity_of(**identity))) for task_id in task_ids]


def create(driver: Driver, begun: list[tuple[str, ev.Created]]) -> list[Applied]:
    now = driver.now()
    flows = [driver.flows.apply(task_id, (event,), now, clip=True) for task_id, event in begun]
    applied = driver.run(together(flows))
    assert all(isinstance(one, Applied) for one in applied)
    return applied


def test_what_is_too_large_is_clipped_and_hinders_no_other(driver: Driver) -> None:
    large = begun("large", metadata={"x": "あ" * 300_000})
    create(driver, [*large, *begun("small")])
    assert driver.task("large").metadata["truncated"] is True
    assert driver.task("small").status == "created"


def test_each_goes_its_own_way_and_commits_share_trips(driver: Driver) -> None:
    at_work, overtaken = driver.start("at work"), driver.start("overtaken")
    ended = driver.start("ended")
    driver.apply("overtaken", ev.Paused())  # by another caller, as the base does not know
    driver.apply("ended", ev.Cancelled())
    now, progress = driver.now(), ev.Progressed(current=3, attempt=1)
    flows = [
        driver.flows.apply("at work", (progress,), now, base=at_work),
        driver.flows.apply("overtaken", (progress,), now, base=overtaken),
        driver.flows.apply("ended", (progress,), now, base=ended),
        driver.flows.apply("nowhere", (progress,), now),
        driver.flows.apply("new", (ev.Created(identity=identity_of()),), now),
    ]
    trips: list[int] = []
    outcomes = driver.drive(together(flows), lambda call: trips.append(len(names(call))), "commit")
    # All but the one that is not there; then the one that was overtaken once more.
    assert trips == [4, 1]
    assert isinstance(outcomes[3], TaskNotFound)
    one, two, three, _, new = outcomes
    assert (one.task.status, one.task.current_items) == ("running", 3)
    assert (two.task.status, two.task.current_items) == ("paused", 3)
    assert (three.task.status, three.refused is None) == ("cancelled", False)
    assert new.task.revision == 1
    check_agreement(driver, ["at work", "overtaken", "ended", "new"])
