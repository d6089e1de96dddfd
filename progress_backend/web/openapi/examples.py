"""The specification's requests (section 2.1) and others as examples for the API's description."""

from __future__ import annotations

from typing import Any, Final

Json = dict[str, Any]

TASK_ID: Final = "f47ac10b-58cc-4372-a567-0e02b2c3d479"
WORKFLOW_ID: Final = "0f8c8a4e-5f0b-4c0e-9a53-2b1f0f6f7a10"

NEW_TASK: Final[Json] = {
    "task_type": "fetch_data",
    "symbol": "7203.T",
    "total_items": 252,
    "metadata": {"period": "1y", "requester": "api_gateway"},
}
UPDATE: Final[Json] = {
    "status": "running",
    "current_items": 150,
    "message": "データを処理しています... (150/252)",
    "details": {"processing_rate": "10 items/sec", "estimated_remaining": "10 seconds"},
}
COMPLETION: Final[Json] = {
    "status": "completed",
    "message": "データ取得が完了しました",
    "results": {"records_saved": 252, "records_skipped": 0, "success_rate": 100},
}
FAILURE: Final[Json] = {"status": "error", "error_message": "接続がタイムアウトしました"}
PAUSE: Final[Json] = {"status": "paused", "reason": "取引時間外のため"}
CANCEL: Final[Json] = {"terminate": False, "reason": "不要になりました"}
WORKFLOW_PAUSE: Final[Json] = {"status": "paused", "reason": "夜間に続けます", "by": "alice"}
WORKFLOW_CANCEL: Final[Json] = {"reason": "条件を間違えました", "by": "alice"}
ACT_ON_IDS: Final[Json] = {"action": "cancel", "ids": [TASK_ID], "reason": "条件を間違えました"}
