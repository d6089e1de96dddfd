"""What is run as the specification has it."""

#: Section 3.1: its service, with its records in memory.
SERVICE = '''# services/progress.py - プログレス管理実装
import asyncio
import uuid
import json
from datetime import datetime, timedelta
from typing import Dict, List, Optional, Any
import logging

class TaskStatus:
    CREATED = "created"
    RUNNING = "running"
    COMPLETED = "completed"
    ERROR = "error"
    PAUSED = "paused"
    CANCELLED = "cancelled"

class Task:
    def __init__(
        self,
        task_id: str,
        task_type: str,
        total_items: int,
        symbol: Optional[str] = None,
        metadata: Optional[Dict] = None
    ):
        self.task_id = task_id
        self.task_type = task_type
        self.symbol = symbol
        self.total_items = total_items
        self.current_items = 0
        self.status = TaskStatus.CREATED
        self.message = ""
        self.error_message = None
        self.metadata = metadata or {}

        self.created_at = datetime.now()
        self.started_at = None
        self.updated_at = None
        self.completed_at = None

        self.results = {}
        self.processing_details = {}

    def to_dict(self) -> Dict[str, Any]:
        """タスクオブジェクトを辞書に変換"""
        return {
            "task_id": self.task_id,
            "task_type": self.task_type,
            "symbol": self.symbol,
            "status": self.status,
            "progress": {
                "current": self.current_items,
                "total": self.total_items,
                "percentage": (self.current_items / self.total_items * 100) if self.total_items > 0 else 0
            },
            "current_status": self.message,
            "start_time": self.started_at.isoformat() if self.started_at else None,
            "updated_at": self.updated_at.isoformat() if self.updated_at else None,
            "end_time": self.completed_at.isoformat() if self.completed_at else None,
            "processing_time_ms": self._get_processing_time_ms(),
            "results": self.results,
            "processing_details": self.processing_details,
            "error_message": self.error_message,
            "metadata": self.metadata
        }

    def _get_processing_time_ms(self) -> Optional[int]:
        """処理時間をミリ秒で計算"""
        if not self.started_at:
            return None

        end_time = self.completed_at or datetime.now()
        return int((end_time - self.started_at).total_seconds() * 1000)

class ProgressService:
    def __init__(self):
        self.tasks: Dict[str, Task] = {}
        self.logger = logging.getLogger(__name__)

        # WebSocket接続管理（将来実装）
        self.websocket_connections = {}

        # タスク履歴の自動削除（24時間後）
        self._start_cleanup_task()

    async def create_task(
        self,
        task_type: str,
        total_items: int,
        symbol: Optional[str] = None,
        metadata: Optional[Dict] = None
    ) -> str:
        """新しいタスクを作成"""

        task_id = str(uuid.uuid4())
        task = Task(task_id, task_type, total_items, symbol, metadata)

        self.tasks[task_id] = task

        self.logger.info(f"Created task {task_id}: {task_type}")

        # WebSocket通知（将来実装）
        # await self._notify_websocket_subscribers(task_id, "task_created", task.to_dict())

        return task_id

    async def update_progress(
        self,
        task_id: str,
        status: str,
        current_items: Optional[int] = None,
        message: Optional[str] = None,
        error_message: Optional[str] = None,
        results: Optional[Dict] = None,
        processing_details: Optional[Dict] = None
    ) -> Dict:
        """タスクの進捗を更新"""

        if task_id not in self.tasks:
            raise ValueError(f"Task {task_id} not found")

        task = self.tasks[task_id]

        # ステータス更新
        old_status = task.status
        task.status = status
        task.updated_at = datetime.now()

        # 開始時刻の記録
        if old_status == TaskStatus.CREATED and status == TaskStatus.RUNNING:
            task.started_at = datetime.now()

        # 完了時刻の記録
        if status in [TaskStatus.COMPLETED, TaskStatus.ERROR, TaskStatus.CANCELLED]:
            task.completed_at = datetime.now()

        # 進捗情報の更新
        if current_items is not None:
            task.current_items = current_items

        if message:
            task.message = message

        if error_message:
            task.error_message = error_message

        if results:
            task.results.update(results)

        if processing_details:
            task.processing_details.update(processing_details)

        self.logger.info(f"Updated task {task_id}: {status} ({current_items}/{task.total_items})")

        # WebSocket通知（将来実装）
        # await self._notify_websocket_subscribers(task_id, "progress_update", task.to_dict())

        return task.to_dict()

    async def get_task_status(self, task_id: str) -> Optional[Dict]:
        """タスクの状況を取得"""

        if task_id not in self.tasks:
            return None

        return self.tasks[task_id].to_dict()

    async def get_tasks_list(
        self,
        status: Optional[str] = None,
        task_type: Optional[str] = None,
        symbol: Optional[str] = None,
        page: int = 1,
        limit: int = 20
    ) -> Dict:
        """タスク一覧を取得"""

        # フィルタリング
        filtered_tasks = []
        for task in self.tasks.values():
            if status and task.status != status:
                continue
            if task_type and task.task_type != task_type:
                continue
            if symbol and task.symbol != symbol:
                continue

            filtered_tasks.append(task)

        # ソート（作成日時降順）
        filtered_tasks.sort(key=lambda t: t.created_at, reverse=True)

        # ページング
        total = len(filtered_tasks)
        start_idx = (page - 1) * limit
        end_idx = start_idx + limit
        page_tasks = filtered_tasks[start_idx:end_idx]

        # ステータス集計
        status_summary = {}
        for task in self.tasks.values():
            status_summary[task.status] = status_summary.get(task.status, 0) + 1

        return {
            "tasks": [task.to_dict() for task in page_tasks],
            "pagination": {
                "page": page,
                "limit": limit,
                "total": total,
                "pages": (total + limit - 1) // limit if total > 0 else 1
            },
            "summary": status_summary
        }

    async def cancel_task(self, task_id: str) -> Dict:
        """タスクをキャンセル"""

        if task_id not in self.tasks:
            raise ValueError(f"Task {task_id} not found")

        task = self.tasks[task_id]

        if task.status in [TaskStatus.COMPLETED, TaskStatus.ERROR, TaskStatus.CANCELLED]:
            raise ValueError(f"Cannot cancel task in status: {task.status}")

        task.status = TaskStatus.CANCELLED
        task.completed_at = datetime.now()
        task.message = "タスクがキャンセルされました"

        self.logger.info(f"Cancelled task {task_id}")

        return task.to_dict()

    def _start_cleanup_task(self):
        """古いタスクの自動削除タスクを開始"""
        asyncio.create_task(self._cleanup_old_tasks())

    async def _cleanup_old_tasks(self):
        """24時間以上前のタスクを削除"""
        while True:
            try:
                cutoff_time = datetime.now() - timedelta(hours=24)

                tasks_to_remove = []
                for task_id, task in self.tasks.items():
                    if (task.completed_at or task.created_at) < cutoff_time:
                        tasks_to_remove.append(task_id)

                for task_id in tasks_to_remove:
                    del self.tasks[task_id]
                    self.logger.info(f"Cleaned up old task {task_id}")

                # 1時間ごとに実行
                await asyncio.sleep(3600)

            except Exception as e:
                self.logger.error(f"Error in cleanup task: {str(e)}")
                await asyncio.sleep(3600)
'''  # noqa: E501

#: Section 3.2: its notifier.
NOTIFIER = '''# services/progress.py - 進捗通知ユーティリティ
class ProgressNotifier:
    """進捗通知のためのヘルパークラス"""

    def __init__(self, task_id: str, progress_service: ProgressService):
        self.task_id = task_id
        self.progress_service = progress_service
        self.last_update = datetime.now()
        self.update_interval = 1.0  # 1秒間隔で更新

    async def update(
        self,
        current: int,
        total: int,
        message: str = "",
        details: Optional[Dict] = None
    ):
        """進捗を更新（間隔制限付き）"""

        now = datetime.now()
        if (now - self.last_update).total_seconds() < self.update_interval:
            return

        await self.progress_service.update_progress(
            self.task_id,
            TaskStatus.RUNNING,
            current_items=current,
            message=message or f"処理中... ({current}/{total})",
            processing_details=details
        )

        self.last_update = now

    async def complete(self, results: Optional[Dict] = None, message: str = "完了しました"):
        """完了通知"""
        await self.progress_service.update_progress(
            self.task_id,
            TaskStatus.COMPLETED,
            message=message,
            results=results or {}
        )

    async def error(self, error_message: str):
        """エラー通知"""
        await self.progress_service.update_progress(
            self.task_id,
            TaskStatus.ERROR,
            error_message=error_message,
            message="エラーが発生しました"
        )
'''

#: Section 3.2: the notifier's example.
EXAMPLE = '''async def example_data_fetch_with_progress():
    """進捗通知付きのデータ取得例"""

    progress_service = ProgressService()

    # タスク作成
    task_id = await progress_service.create_task(
        "fetch_data",
        total_items=100,
        symbol="7203.T"
    )

    notifier = ProgressNotifier(task_id, progress_service)

    try:
        # 処理実行
        for i in range(100):
            # 何らかの処理
            await asyncio.sleep(0.1)

            # 進捗通知
            await notifier.update(
                current=i+1,
                total=100,
                message=f"データ処理中... ({i+1}/100)",
                details={"processing_rate": "10 items/sec"}
            )

        # 完了通知
        await notifier.complete(
            results={"processed": 100, "success": 100},
            message="すべてのデータ処理が完了しました"
        )

    except Exception as e:
        # エラー通知
        await notifier.error(f"処理中にエラーが発生しました: {str(e)}")
'''
