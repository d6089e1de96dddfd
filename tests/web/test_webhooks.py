"""The API sends the events of webhooks: no beat and no worker runs here."""

from progress_backend.record import events as ev
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from tests.waiting import eventually
from tests.web.conftest import StartApi
from tests.webhooks.targets import receiving, spec


def test_an_end_reaches_the_receiver_by_the_api_alone(redis_url: str, start_api: StartApi) -> None:
    with receiving() as receiver:
        webhooks = spec(url=receiver.url, allow_private=True)
        start_api(redis_url=redis_url, webhooks=webhooks)
        with Store(Settings(redis_url=redis_url, webhooks=webhooks)) as store:
            for event in (ev.Created(identity=ev.Identity("t")), ev.Cancelled(by="api")):
                store.run(store.flows.apply("a", (event,), store.now()))
        eventually(lambda: receiver.types == ["progress.task.cancelled"])
