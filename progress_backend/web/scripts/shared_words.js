export const STATES = {
  "created": [
    "Waiting",
    "待機中"
  ],
  "running": [
    "Running",
    "実行中"
  ],
  "paused": [
    "Paused",
    "一時停止中"
  ],
  "completed": [
    "Completed",
    "完了"
  ],
  "error": [
    "Error",
    "エラー"
  ],
  "cancelled": [
    "Cancelled",
    "キャンセル済み"
  ],
  "asked": {
    "pause": [
      "Pause requested",
      "一時停止の依頼中"
    ],
    "cancel": [
      "Cancel requested",
      "キャンセルの依頼中"
    ],
    "end": [
      "End requested",
      "終了の依頼中"
    ]
  }
};

export const WARNINGS = {
  "stalled": [
    "Stalled",
    "更新なし"
  ],
  "late": [
    "Late",
    "遅れ"
  ]
};

export const HAPPENED = {
  "created": [
    "Created",
    "作成"
  ],
  "started": [
    "Started",
    "開始"
  ],
  "ended": [
    "Ended",
    "終了"
  ],
  "phase": [
    "Phase",
    "フェーズ"
  ],
  "retried": [
    "Retry",
    "再試行"
  ],
  "requeued": [
    "Back in the queue",
    "キューに戻りました"
  ],
  "redelivered": [
    "Delivered again",
    "再配信"
  ],
  "returned": [
    "The run is back",
    "復帰"
  ],
  "pause": [
    "Pause requested",
    "一時停止の依頼"
  ],
  "cancel": [
    "Cancel requested",
    "キャンセルの依頼"
  ],
  "end": [
    "End requested",
    "終了の依頼"
  ],
  "acknowledged": [
    "Carried out",
    "依頼を実施"
  ],
  "resumed": [
    "Resumed",
    "再開"
  ],
  "stack": [
    "Stack",
    "実行箇所"
  ],
  "traceback": [
    "Traceback",
    "トレースバック"
  ]
};

export const CAUSES = {
  "request": [
    "on request",
    "依頼による"
  ],
  "cancel": [
    "cancel not carried out",
    "キャンセル未実施"
  ],
  "time_limit": [
    "time limit is near",
    "制限時間の直前"
  ],
  "no_answer": [
    "the job's process does not answer: it runs code outside Python, or is stopped",
    "ジョブのプロセスが応答しません。Python 以外のコードを実行中か、停止しています"
  ]
};

export const LABELS = {
  "status": [
    "Status",
    "状態"
  ],
  "progress": [
    "Progress",
    "進捗"
  ],
  "error": [
    "Error",
    "エラー"
  ],
  "owner": [
    "Owner",
    "所有者"
  ],
  "worker": [
    "Worker",
    "ワーカー"
  ],
  "results": [
    "Results",
    "結果"
  ],
  "details": [
    "Details",
    "詳細"
  ],
  "links": [
    "Links",
    "リンク"
  ],
  "metadata": [
    "Metadata",
    "メタデータ"
  ],
  "workflow": [
    "Workflow",
    "ワークフロー"
  ]
};
