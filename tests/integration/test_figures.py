"""The slots of a real worker, and the figures of what beat and others published to it."""

from progress_backend.flows import outcome_figures
from progress_backend.operations import counts
from progress_backend.record.outcomes import by_type
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from tests.integration.test_records import ran
from tests.integration.world import World
from tests.waiting import eventually


def test_a_worker_says_its_slots_and_who_published_a_success(world: World, url: str) -> None:
    # As beat of Celery 5.7 publishes: with this header.
    record = ran(world, "job", headers={"celery_beat_task": True})
    ran(world, "job")
    with Store(Settings(redis_url=url)) as store:
        found = by_type(store.execute(counts.outcomes()))[record["task_type"]]
        assert found.ends["completed", ""] == 2
        assert found.successes.keys() == {True, False}
        idle = {"workers": 1, "busy": 0, "idle": 2}
        eventually(lambda: store.run(outcome_figures.slots(store.now())) == idle)
