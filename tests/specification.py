"""What is run as the specification has it."""

#: Section 3.2.
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
