// The page's texts. What a task says of itself comes from its record, in the service's language.
export const WORDS = {
  en: {
    title: "Task progress", docs: "API", status: "Status", task: "Task", progress: "Progress",
    rate: "Rate", left: "Time", message: "Message", actions: "Actions", newer: "Newer",
    older: "Older", all: "all", other: "日本語",
    created: "created", running: "running", paused: "paused", completed: "completed",
    error: "error", cancelled: "cancelled",
    connecting: "connecting…", live: "live", away: "no connection; trying again…",
    empty: "No tasks yet.\nDecorate a Celery task with @progress_task and call it: it appears here as it is published.",
    nothing: "No task has this status.",
    storeAway: "The store does not answer. What is shown may be old; it is asked again and again.",
    refused: (text) => `Not done: ${text}`,
    paging: (page, pages, total) => `Page ${page} of ${pages}, ${total} tasks`,
    pause: "Pause", resume: "Resume", cancel: "Cancel",
    sure: (name) => `Cancel ${name}? A running job hears of it at its next update.`,
    rateOf: (n) => `${n}/s`, leftOf: (text) => `${text} left`, took: (text) => `took ${text}`,
  },
  ja: {
    title: "タスクの進捗", docs: "API", status: "状態", task: "タスク", progress: "進捗",
    rate: "速度", left: "時間", message: "メッセージ", actions: "操作", newer: "新しい",
    older: "古い", all: "すべて", other: "English",
    created: "待機中", running: "実行中", paused: "一時停止", completed: "完了",
    error: "エラー", cancelled: "取り消し",
    connecting: "接続しています…", live: "接続中", away: "接続が切れました。再接続しています…",
    empty: "タスクはまだありません。\nCelery タスクに @progress_task を付けて呼び出すと、送信と同時にここへ表示されます。",
    nothing: "この状態のタスクはありません。",
    storeAway: "ストアが応答しません。表示は古い可能性があります。再試行を続けています。",
    refused: (text) => `実行できませんでした: ${text}`,
    paging: (page, pages, total) => `${page} / ${pages} ページ、全 ${total} 件`,
    pause: "一時停止", resume: "再開", cancel: "取り消す",
    sure: (name) => `${name} を取り消しますか? 実行中のジョブには次の更新で伝わります。`,
    rateOf: (n) => `${n} 件/秒`, leftOf: (text) => `残り ${text}`, took: (text) => `所要 ${text}`,
  },
};

export const STATUSES = ["created", "running", "paused", "completed", "error", "cancelled"];

export function language() {
  const asked = new URLSearchParams(location.search).get("lang");
  const wanted = asked ?? navigator.language;
  return wanted.toLowerCase().startsWith("ja") ? "ja" : "en";
}

// 75 -> "1:15", 3700 -> "1:01:40".
export function clock(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] ? parts : parts.slice(1);
  return shown.map((n, i) => (i ? String(n).padStart(2, "0") : String(n))).join(":");
}
