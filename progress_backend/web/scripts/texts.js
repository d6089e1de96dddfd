import { inEach } from "./words.js";

export const TEXTS = inEach({}, {
  "progressed": [
    "Processing... ({current}/{total})",
    "処理中... ({current}/{total})"
  ],
  "progressed_unknown_total": [
    "Processing... ({current})",
    "処理中... ({current})"
  ],
  "completed": [
    "Completed",
    "完了しました"
  ],
  "failed": [
    "An error occurred",
    "エラーが発生しました"
  ],
  "cancelled": [
    "The task was cancelled",
    "タスクがキャンセルされました"
  ],
  "failed_until": [
    "An error occurred; may run again until {time}",
    "エラーが発生しました。{time} までに再実行される可能性があります"
  ],
  "worker_lost_until": [
    "Worker lost; may run again until {time}",
    "ワーカーが失われました。{time} までに再実行される可能性があります"
  ],
  "started_after_loss": [
    "attempt {number}: an earlier attempt lost its process",
    "{number} 回目の試行: これまでに一度プロセスを失いました"
  ],
  "started_after_losses": [
    "attempt {number}: {lost} earlier attempts lost their processes",
    "{number} 回目の試行: これまでに {lost} 回プロセスを失いました"
  ],
  "lost": [
    "Worker {worker} stopped answering",
    "ワーカー {worker} が応答しなくなりました"
  ],
  "run_missing": [
    "Worker {worker} is not running the task",
    "ワーカー {worker} はこのタスクを実行していません"
  ],
  "not_redelivered": [
    "The broker did not deliver the task's message again",
    "ブローカーからタスクのメッセージが再配信されませんでした"
  ],
  "not_published": [
    "The task could not be published: {reason}",
    "タスクを送信できませんでした: {reason}"
  ],
  "revoked": [
    "The task was revoked",
    "タスクは取り消されました"
  ],
  "expired": [
    "The task expired before it could run",
    "タスクの有効期限が切れました"
  ],
  "unknown_task": [
    "No worker knows this task: {name}",
    "未登録のタスクです: {name}"
  ],
  "upstream": [
    "Not run, because a previous step did not complete: {name}",
    "前の処理が完了しなかったため実行されませんでした: {name}"
  ],
  "members": [
    "{current} of {total} tasks have ended",
    "{total} 件中 {current} 件が終了"
  ],
  "member_waits": [
    "{current} of {total} tasks have ended; no update since {since}; 1 step waits, its message is not found",
    "{total} 件中 {current} 件が終了、{since} から更新なし。1 件が待機中（メッセージの所在は不明）"
  ],
  "members_wait": [
    "{current} of {total} tasks have ended; no update since {since}; {waiting} steps wait, their messages are not found",
    "{total} 件中 {current} 件が終了、{since} から更新なし。{waiting} 件が待機中（メッセージの所在は不明）"
  ],
  "never_published": [
    "The workflow stopped, so the task was not published",
    "ワークフローが先へ進まず、タスクは送信されませんでした"
  ],
  "retry": [
    "try {number}: {reason}",
    "{number} 回目の試行: {reason}"
  ],
  "retry_of": [
    "try {number} of {limit}: {reason}",
    "{number}/{limit} 回目の試行: {reason}"
  ],
  "retry_in": [
    "try {number} in {seconds} s: {reason}",
    "{seconds} 秒後に {number} 回目の試行: {reason}"
  ],
  "retry_in_of": [
    "try {number} of {limit} in {seconds} s: {reason}",
    "{seconds} 秒後に {number}/{limit} 回目の試行: {reason}"
  ],
  "retry_at": [
    "try {number} at {time}: {reason}",
    "{time} に {number} 回目の試行: {reason}"
  ],
  "retry_at_of": [
    "try {number} of {limit} at {time}: {reason}",
    "{time} に {number}/{limit} 回目の試行: {reason}"
  ]
});

export const COMPUTED = {
  processing_rate: /^[0-9.]+ items\/sec$/,
  estimated_remaining: /^[0-9.]+ seconds?$/,
};
