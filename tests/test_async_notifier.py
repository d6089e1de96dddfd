"""The specification's notifier; its usage example (3.2) is run as it is written there."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from progress_backend import AsyncProgressNotifier as ProgressNotifier
from progress_backend.errors import TaskAlreadyFinished
from progress_backend.interface import FlowService, NotificationServiceInterface


# 使用例
async def example_data_fetch_with_progress(progress_service):
    """進捗通知付きのデータ取得例"""

    # タスク作成
    task_id = await progress_service.create_task(
        "fetch_data",
        total_items=100,
        symbol="7203.T"
    )  # fmt: skip

    notifier = ProgressNotifier(task_id, progress_service)

    try:
        # 処理実行
        for i in range(100):
            # 何らかの処理
            await asyncio.sleep(0.001)

            # 進捗通知
            await notifier.update(
                current=i+1,
                total=100,
                message=f"データ処理中... ({i+1}/100)",
                details={"processing_rate": "10 items/sec"}
            )  # fmt: skip

        # 完了通知
        await notifier.complete(
            results={"processed": 100, "success": 100},
            message="すべてのデータ処理が完了しました"
        )  # fmt: skip

    except Exception as e:  # as the specification has it
        # エラー通知
        # As the specification has it.
        await notifier.error(f"処理中にエラーが発生しました: {str(e)}")  # noqa: RUF010

    return task_id


async def test_the_specifications_example(service: FlowService) -> None:
    task_id = await example_data_fetch_with_progress(service)
    body = await service.get_task_status(task_id)
    assert body["status"] == "completed"
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
    notifier = ProgressNotifier("t", recorder, update_interval=3_600)
    for n in range(1, 51):
        await notifier.update(n, 100)
    for n in range(51, 101):
        await notifier.update(n, 200)
    await notifier.update(200, 200)
    assert recorder.seen == [1, 51, 200]


async def test_a_value_passes_once_an_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("progress_backend.async_notifier.time.monotonic", lambda: now[0])
    recorder = Recorder()
    notifier = ProgressNotifier("t", recorder)
    for n in range(12):
        await notifier.update(n)
        now[0] += 0.25
    assert recorder.seen == [0, 4, 8]


async def test_no_interval_lets_every_value_pass() -> None:
    recorder = Recorder()
    notifier = ProgressNotifier("t", recorder, update_interval=0)
    for n in range(10):
        await notifier.update(n, 100)
    assert recorder.seen == list(range(10))


async def test_held_back_is_held_until_the_end() -> None:
    for end in ("complete", "error"):
        recorder = Recorder()
        notifier = ProgressNotifier("t", recorder, update_interval=3_600)
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
    await ProgressNotifier("t", recorder, locale="en").update(150)
    assert [call["message"] for call in recorder.calls] == [
        "処理中... (150/252)",
        "Processing... (150)",
    ]


async def test_texts_of_the_ends(service: FlowService) -> None:
    done, failed = [await service.create_task("x", 10) for _ in range(2)]
    await ProgressNotifier(done, service).complete()
    assert (await service.get_task_status(done))["current_status"] == "完了しました"
    notifier = ProgressNotifier(failed, service)
    await notifier.update(4, 10)
    await notifier.error("why")
    body = await service.get_task_status(failed)
    assert (body["current_status"], body["error_message"]) == ("エラーが発生しました", "why")
    assert body["progress"]["current"] == 4


async def test_a_cancelled_task_tells_its_notifier(service: FlowService) -> None:
    task_id = await service.create_task("x", 10)
    notifier = ProgressNotifier(task_id, service)
    await notifier.update(1, 10)
    await service.cancel_task(task_id)
    with pytest.raises(TaskAlreadyFinished):
        await notifier.complete()


async def test_a_value_that_is_held_back_costs_no_time() -> None:
    notifier = ProgressNotifier("t", Recorder(), update_interval=3_600)
    began = time.perf_counter()
    for n in range(10_000):
        await notifier.update(n, 10**6)
    assert time.perf_counter() - began < 1
