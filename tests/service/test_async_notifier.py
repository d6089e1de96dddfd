"""The specification's notifier; its usage example (3.2) is run word for word."""

import asyncio
import inspect
from typing import Any

import pytest

from progress_backend import AsyncProgressNotifier, ProgressNotifier, ProgressService, Settings
from progress_backend.errors import TransitionRefused
from progress_backend.service.interface import NotificationServiceInterface
from tests.clocks import set_monotonic
from tests.specification import EXAMPLE, NOTIFIER, SERVICE


class Hurried:
    """asyncio, where a tenth of a second is a thousandth."""

    @staticmethod
    async def sleep(seconds: float) -> None:
        await asyncio.sleep(seconds / 100)


async def test_the_specifications_example(service: ProgressService) -> None:
    names: dict[str, Any] = {}
    exec("from progress_backend import *", names)
    made: list[str] = []

    class Service(type(service)):  # type: ignore[misc]  # the fixture's, with the record to read
        """The one that the example makes."""

        def __new__(cls) -> Any:
            return service

    create_task = service.create_task

    async def create(*args: Any, **kwargs: Any) -> str:
        made.append(await create_task(*args, **kwargs))
        return made[-1]

    service.create_task = create  # type: ignore[method-assign]
    names |= {"asyncio": Hurried, "ProgressService": Service}
    exec(EXAMPLE, names)
    await names["example_data_fetch_with_progress"]()
    body = await service.get_task_status(made[0])
    assert (body["task_type"], body["symbol"], body["status"]) == (
        "fetch_data",
        "7203.T",
        "completed",
    )
    assert body["progress"] == {"current": 100, "total": 100, "percentage": 100}
    assert body["current_status"] == "すべてのデータ処理が完了しました"
    assert body["results"] == {"processed": 100, "success": 100}
    assert body["processing_details"]["processing_rate"] == "10 items/sec"
    assert body["error_message"] is None


class Recorder(NotificationServiceInterface):
    """Another service, as the interface allows."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []

    async def create_task(self, task_type: str, total_items: int | None, **_: Any) -> str:
        return "t"

    async def update_progress(self, task_id: str, **values: Any) -> dict[str, Any]:
        self.calls.append(values)
        return {}

    async def get_task_status(self, task_id: str) -> None:
        return None

    async def health_check(self) -> dict[str, Any]:
        return {}

    @property
    def seen(self) -> list[int]:
        return [call["current_items"] for call in self.calls if "current_items" in call]


async def test_the_first_value_the_last_and_a_new_total_pass_at_once() -> None:
    recorder = Recorder()
    notifier = AsyncProgressNotifier("t", recorder, update_interval=3_600)
    for n in range(1, 51):
        await notifier.update(n, 100)
    for n in range(51, 101):
        await notifier.update(n, 200)
    await notifier.update(200, 200)
    assert recorder.seen == [1, 51, 200]


async def test_a_value_passes_once_an_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    set_monotonic(monkeypatch, lambda: now[0])
    recorder = Recorder()
    notifier = ProgressNotifier("t", recorder)
    for n in range(12):
        await notifier.update(n)
        now[0] += 0.25
    assert recorder.seen == [0, 4, 8]


async def test_no_interval_lets_every_value_pass() -> None:
    recorder = Recorder()
    notifier = AsyncProgressNotifier("t", recorder, update_interval=0)
    for n in range(10):
        await notifier.update(n, 100)
    assert recorder.seen == list(range(10))


async def test_held_back_is_held_until_the_end() -> None:
    for end in ("complete", "error"):
        recorder = Recorder()
        notifier = AsyncProgressNotifier("t", recorder, update_interval=3_600)
        await notifier.update(1, 100)
        await notifier.update(2, 100)
        await notifier.update(3, 100, details={"a": 1})
        await getattr(notifier, end)(*(["why"] if end == "error" else []))
        assert recorder.seen == [1, 3]
        assert recorder.calls[1]["processing_details"] == {"a": 1}
        assert recorder.calls[2]["status"] == {"complete": "completed", "error": "error"}[end]


async def test_the_text_of_a_value_without_one() -> None:
    recorder = Recorder()
    await ProgressNotifier("t", recorder).update(150, 252)
    await AsyncProgressNotifier("t", recorder, locale="en").update(150)
    assert [call["message"] for call in recorder.calls] == [
        "処理中... (150/252)",
        "Processing... (150)",
    ]


async def test_the_texts_are_in_the_services_language() -> None:
    service = ProgressService(Settings(locale="en"))
    done, failed = [await service.create_task("x", 10) for _ in range(2)]
    notifier = ProgressNotifier(done, service)
    await notifier.update(1, 10)
    assert (await service.get_task_status(done) or {})["current_status"] == "Processing... (1/10)"
    await notifier.complete()
    assert (await service.get_task_status(done) or {})["current_status"] == "Completed"
    await ProgressNotifier(failed, service).error("why")
    assert (await service.get_task_status(failed) or {})["current_status"] == "An error occurred"


async def test_an_unknown_total_is_the_notifiers_to_say(service: ProgressService) -> None:
    task_id = await service.create_task("x", None)
    notifier = AsyncProgressNotifier(task_id, service, update_interval=3_600)
    for current, total, progress in (
        (5, 0, (5, None, 0)),
        (5, 100, (5, 100, 5)),
        (6, 200, (6, 200, 3)),
    ):
        await notifier.update(current, total)
        body = await service.get_task_status(task_id)
        assert tuple((body or {})["progress"].values()) == progress
    await notifier.update(7, 200)
    await notifier.complete()
    body = await service.get_task_status(task_id)
    assert (body or {})["progress"] == {"current": 7, "total": 200, "percentage": 100}


async def test_a_known_total_stays(service: ProgressService) -> None:
    task_id = await service.create_task("x", 252)
    await ProgressNotifier(task_id, service).update(150, 300)
    body = await service.get_task_status(task_id)
    assert (body or {})["progress"] == {"current": 150, "total": 252, "percentage": 59.5}


def test_the_two_notifiers_have_one_name() -> None:
    recorder = Recorder()
    for made in (
        ProgressNotifier("t", recorder),
        ProgressNotifier("t", progress_service=recorder),
        ProgressNotifier(task_id="t", progress_service=recorder),
    ):
        assert type(made) is AsyncProgressNotifier
        assert (made.task_id, made.progress_service) == ("t", recorder)
    for alone in ({"celery_task": "t"}, {"task_id": "t"}):
        with pytest.raises(TypeError, match=r"ProgressNotifier\(task_id, progress_service\)"):
            ProgressNotifier(**alone)
    assert list(inspect.signature(ProgressNotifier).parameters) == [
        "celery_task",
        "progress_service",
        "task_id",
    ]


def specification() -> dict[str, Any]:
    """The classes of the specification's two listings, as it has them."""
    names: dict[str, Any] = {}
    exec(SERVICE + NOTIFIER, names)
    return names


async def completed(service: Any, done: str, failed: str) -> dict[str, Any]:
    """The body of the first task; the other one has failed."""
    ended = [await service.get_task_status(task_id) for task_id in (done, failed)]
    assert [(body["status"], body["current_status"], body["error_message"]) for body in ended] == [
        ("completed", "完了しました", None),
        ("error", "エラーが発生しました", "why"),
    ]
    return dict(ended[0])


async def test_the_specifications_service_gets_its_texts_from_this_notifier() -> None:
    service = specification()["ProgressService"]()
    done, failed = [await service.create_task("x", 3) for _ in range(2)]
    for task_id in (done, failed):
        await ProgressNotifier(task_id, service).update(1, 3)
        assert (await service.get_task_status(task_id))["current_status"] == "処理中... (1/3)"
    await ProgressNotifier(done, service).complete({"saved": 3})
    await ProgressNotifier(failed, service).error("why")
    body = await completed(service, done, failed)
    assert body["results"] == {"saved": 3}


async def test_the_specifications_notifier_writes_to_this_service(service: ProgressService) -> None:
    made = specification()["ProgressNotifier"]
    done, failed = [await service.create_task("x", 3) for _ in range(2)]
    for task_id in (done, failed):
        notifier = made(task_id, service)
        notifier.update_interval = 0
        await notifier.update(1, 3, details={"rate": 1})
        body = await service.get_task_status(task_id)
        assert (body["status"], body["current_status"]) == ("running", "処理中... (1/3)")
    await made(done, service).complete({"saved": 3})
    await made(failed, service).error("why")
    body = await completed(service, done, failed)
    assert (body["results"], body["processing_details"]) == ({"saved": 3}, {"rate": 1})


async def test_the_ends_have_the_notifiers_language(service: ProgressService) -> None:
    done, failed = [await service.create_task("x", 3) for _ in range(2)]
    await AsyncProgressNotifier(done, service, locale="en").complete()
    await AsyncProgressNotifier(failed, service, locale="en").error("why")
    ended = [await service.get_task_status(task_id) for task_id in (done, failed)]
    assert [body["current_status"] for body in ended] == ["Completed", "An error occurred"]
    assert [body["message_code"]["code"] for body in ended] == ["completed", "failed"]


async def test_a_link_is_in_the_body_and_a_bad_one_logged(
    service: ProgressService, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    task_id = await service.create_task("export", None)
    notifier = AsyncProgressNotifier(task_id, service)
    await notifier.link("/files/7", "Export")
    await notifier.link("https://user@a.example/")
    body = await service.get_task_status(task_id)
    assert body["links"] == [{"url": "/files/7", "title": "Export"}]
    await AsyncProgressNotifier("t", Recorder()).link("/f")
    for number in range(8):
        await notifier.link(f"/files/{number}")
    await notifier.link("/files/8")
    logged = [r.args and r.args[0] for r in caplog.records if r.name.endswith("async_notifier")]
    assert logged == [task_id, "t", task_id]
    monkeypatch.setattr("progress_backend.service.async_notifier.in_tests", [Settings()])
    for bad in ("https://user@a.example/", "/files/8"):
        with pytest.raises(ValueError, match=r"url is|8 links"):
            await notifier.link(bad)
    await notifier.complete()
    with pytest.raises(TransitionRefused):
        await notifier.link("/files/7")
