"""The specification's examples (sections 2.1 to 2.4), shown in the API's description."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any, Final

from ...record.fields import TASK
from ...record.workflow import NOT_IN_ROWS

Json = dict[str, Any]

TASK_ID: Final = "f47ac10b-58cc-4372-a567-0e02b2c3d479"

NEW_TASK: Final[Json] = {
    "task_type": "fetch_data",
    "symbol": "7203.T",
    "total_items": 252,
    "metadata": {"period": "1y", "requester": "api_gateway"},
}
CREATED: Final[Json] = {
    "task_id": TASK_ID,
    "status": "created",
    "task_type": "fetch_data",
    "symbol": "7203.T",
    "total_items": 252,
    "created_at": "2024-01-15T10:30:00.000+09:00",
    "estimated_completion": "2024-01-15T10:30:45.000+09:00",
    "estimate": None,
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

RUNNING: Final[Json] = {
    **{f.name: f.default for f in TASK.fields if not f.sparse or f.name == "work"},
    "task_id": TASK_ID,
    "task_type": "fetch_data",
    "symbol": "7203.T",
    "status": "running",
    "progress": {"current": 150, "total": 252, "percentage": 59.5},
    "current_status": "データを処理しています... (150/252)",
    "start_time": "2024-01-15T10:30:00.000+09:00",
    "updated_at": "2024-01-15T10:30:30.000+09:00",
    "end_time": None,
    "processing_time_ms": 30000,
    "error_message": None,
    "results": {},
    "processing_details": UPDATE["details"],
    "metadata": NEW_TASK["metadata"],
    "created_at": "2024-01-15T10:30:00.000+09:00",
    "estimated_completion": "2024-01-15T10:30:45.000+09:00",
    "attempt": 1,
    "attempt_started_at": "2024-01-15T10:30:00.000+09:00",
    "worker": {"lease": "celery@host/8b1f", "name": "celery@host", "run": 7},
    "root_id": TASK_ID,
    "rate": 10.0,
    "work": [3, 150, 15.0, 30.0, 0],
    "final": False,
    "revision": 17,
}
COMPLETED: Final[Json] = {
    **RUNNING,
    "status": "completed",
    "progress": {"current": 252, "total": 252, "percentage": 100},
    "current_status": "データ取得が完了しました",
    "updated_at": "2024-01-15T10:30:45.000+09:00",
    "end_time": "2024-01-15T10:30:45.000+09:00",
    "processing_time_ms": 45000,
    "results": COMPLETION["results"],
    "estimated_completion": None,
    "rate": 8.4,
    "work": [3, 252, 30.0, 45.0, 0],
    "final": True,
    "revision": 23,
}
CANCELLED: Final[Json] = {
    **RUNNING,
    "status": "cancelled",
    "current_status": "タスクがキャンセルされました",
    "end_time": "2024-01-15T10:30:31.000+09:00",
    "estimated_completion": None,
    "control": {
        "action": "cancel",
        "by": "api",
        "reason": "不要になりました",
        "at": "2024-01-15T10:30:31.000+09:00",
        "heeded_at": None,
    },
    "final": True,
    "revision": 18,
}
TIMELINE: Final[Json] = {
    "task_id": TASK_ID,
    "gone": 0,
    "entries": [
        {"time": "2024-01-15T10:30:00.000+09:00", "event": "created"},
        {
            "time": "2024-01-15T10:30:02.000+09:00",
            "event": "started",
            "attempt": 1,
            "worker": "celery@a1",
        },
        {
            "time": "2024-01-15T10:31:02.500+09:00",
            "event": "pause",
            "by": "alice",
            "text": "the market is closed",
        },
        {"time": "2024-01-15T10:31:03.250+09:00", "event": "heeded"},
    ],
    "samples": [{"attempt": 1, "points": [[1000, 4], [30000, 31], [60000, 63]]}],
}
LOG: Final[Json] = {
    "task_id": TASK_ID,
    "first": 1,
    "last": 2,
    "lines": [
        {
            "id": 1,
            "time": "2024-01-15T01:30:02.000+00:00",
            "level": "info",
            "attempt": 1,
            "text": "252 days to fetch",
        },
        {
            "id": 2,
            "time": "2024-01-15T01:30:09.250+00:00",
            "level": "warning",
            "attempt": 1,
            "text": "2023-08-11 has no prices: a holiday",
        },
    ],
}
LIST: Final[Json] = {
    "tasks": [RUNNING],
    "pagination": {"page": 1, "limit": 20, "total": 1, "pages": 1},
    "summary": {
        "created": 0,
        "running": 1,
        "paused": 0,
        "completed": 15,
        "error": 0,
        "cancelled": 0,
    },
}
WORKFLOW_ID: Final = "0f8c8a4e-5f0b-4c0e-9a53-2b1f0f6f7a10"
WORKFLOW: Final[Json] = {
    "task_id": WORKFLOW_ID,
    "workflow_id": WORKFLOW_ID,
    "task_type": "workflow",
    "name": "fetch ×8",
    "symbol": None,
    "status": "running",
    "progress": {"current": 5, "total": 9, "percentage": 61.1},
    "current_status": "9 件中 5 件が終了",
    "start_time": "2024-01-15T10:30:00.000+09:00",
    "updated_at": "2024-01-15T10:30:30.000+09:00",
    "end_time": None,
    "processing_time_ms": 30000,
    "error_message": "接続がタイムアウトしました",
    "counts": {
        "created": 1,
        "running": 3,
        "paused": 0,
        "completed": 4,
        "error": 1,
        "cancelled": 0,
        "planned": 1,
    },
    "failures": [
        {
            "task_id": TASK_ID,
            "task_type": "fetch_data",
            "error_message": "接続がタイムアウトしました",
            "error_cause": "exception",
            "end_time": "2024-01-15T10:30:21.000+09:00",
        }
    ],
    "results": {},
    "processing_details": {},
    "metadata": {},
    "created_at": "2024-01-15T10:30:00.000+09:00",
    "estimated_completion": None,
    "estimate": None,
    "control": None,
    "may_come_again_until": None,
    "final": False,
    "revision": 31,
}
WORKFLOWS: Final[Json] = {
    "workflows": [{name: said for name, said in WORKFLOW.items() if name not in NOT_IN_ROWS}],
    "pagination": {"page": 1, "limit": 20, "total": 1, "pages": 1},
}
TOP: Final[Json] = {
    "tasks": [RUNNING, *WORKFLOWS["workflows"]],
    "pagination": {"page": 1, "limit": 20, "total": 2, "pages": 1},
    "summary": {**LIST["summary"], "created": 1, "running": 4, "error": 1},
}
WORKFLOW_PAUSE: Final[Json] = {"status": "paused", "reason": "夜間に続けます", "by": "somebody"}
WORKFLOW_CANCEL: Final[Json] = {"reason": "条件を間違えました", "by": "somebody"}
WORKFLOW_CANCELLED: Final[Json] = {
    **WORKFLOW,
    "status": "cancelled",
    "control": {
        "action": "cancel",
        "by": "somebody",
        "reason": None,
        "at": "2024-01-15T10:30:31.000+09:00",
    },
}
ACT_ON_IDS: Final[Json] = {"action": "cancel", "ids": [TASK_ID], "reason": "条件を間違えました"}
ACTED_ON: Final[Json] = {
    "asked": 41,
    "refused": [
        {
            "task_id": TASK_ID,
            "code": "completed",
            "why": f"task {TASK_ID} has already ended: it is completed",
        }
    ],
    "refused_counts": {"completed": 1},
}
WORKERS: Final[Json] = {
    "workers": [
        {
            "name": "celery@worker-1",
            "last_sign_at": "2024-01-15T10:30:25.000+09:00",
            "live": True,
            "holds": {
                "total": 1,
                "tasks": [
                    {
                        "task_id": TASK_ID,
                        "task_type": "fetch_data",
                        "status": "running",
                        "percentage": 50.0,
                    }
                ],
            },
        }
    ],
    "total": 1,
    "at": "2024-01-15T10:30:30.000+09:00",
}
HEALTHY: Final[Json] = {
    "status": "healthy",
    "version": version("progress-backend"),
    "active_tasks": 3,
    "total_tasks_today": 25,
    "memory_usage": {"tasks_in_memory": 100, "memory_usage_mb": 32},
    "dependencies": {
        "redis": {"status": "connected", "response_time_ms": 5},
        "listener": {"status": "connected", "watched_tasks": 2, "watchers": 3},
    },
}
UNHEALTHY: Final[Json] = {
    **HEALTHY,
    "status": "unhealthy",
    "active_tasks": 0,
    "total_tasks_today": 0,
    "memory_usage": {"tasks_in_memory": 0, "memory_usage_mb": 0},
    "dependencies": {
        "redis": {"status": "disconnected", "response_time_ms": None},
        "listener": {"status": "disconnected", "watched_tasks": 2, "watchers": 3},
    },
}
