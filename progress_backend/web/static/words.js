// The page's own texts; what a record says by default is put into the same language by translated.js.

// How a time is written that needs no moving to a zone.
const UTC = { timeZone: "UTC" };

export const WORDS = {
  en: {
    code: "en", other: "日本語",
    title: "Task progress", docs: "API", status: "Status", task: "Task", progress: "Progress",
    rate: "Rate", time: "Time", message: "Message", actions: "Actions", newer: "Newer",
    older: "Older", all: "All",
    created: "Created", running: "Running", paused: "Paused", completed: "Completed",
    error: "Error", cancelled: "Cancelled",
    asked: { pause: "Pause asked", cancel: "Cancel asked" },
    remarks: { stalled: "Stalled", late: "Late", waiting: "Long wait" },
    connecting: "Connecting…", live: "Live", stale: "Not up to date",
    away: "No connection; trying again…",
    heard: (s) => (s < 120 ? `last heard ${s} s ago` : `last heard ${Math.floor(s / 60)} min ago`),
    unanswered: "No answer; whether it was done is not known.",
    empty: "No tasks yet. Mark a Celery task and call it: it appears here as it is published.",
    nothing: "No task has this status.",
    storeAway: "The store does not answer. What is shown may be old; it is asked again and again.",
    refused: (text) => `Not done: ${text}`, isNow: (status) => `the task is ${status.toLowerCase()} by now.`,
    gone: "there is no such task any more.", noAnswer: "the store does not answer.",
    total: (n) => `${n.toLocaleString("en")} ${n === 1 ? "task" : "tasks"}`,
    both: (n) => `${n.toLocaleString("en")} tasks and workflows`,
    tokenWhat: "This service asks for a token", tokenGive: "Enter",
    tokenHow: "It is kept until this tab is closed.", tokenWrong: "That token is not known, or has expired.",
    paging: (page, pages) => `Page ${page} of ${pages}`,
    pause: "Pause", resume: "Resume", cancel: "Cancel", doCancel: "Cancel the task", keep: "Keep it",
    sure: (name) => `Cancel ${name}?`,
    sureHow: "A waiting task never begins. A running one ends at its next update.",
    rateOf: (n) => `${n}/s`, leftOf: (text) => `${text} left`, took: (text) => `took ${text}`,
    startsIn: (text) => `starts in ${text}`, waitsLonger: "waits longer than usual",
    before: (n) => (n ? `${n < 10 ? "" : "about "}${n.toLocaleString("en")} before it` : "next to start"),
    longer: "longer than usual", varies: "varies too much to say", units: { s: "s", min: "min", h: "h", d: "d" },
    since: (at) => `since ${at.toLocaleString("en", UTC)}`,
    reading: "Reading…", age: (text) => `for ${text}`,
    failed: (n) => `${n.toLocaleString("en")} failed`, because: (failed, text) => `${failed}: ${text}`,
    tasksOf: (name) => `Tasks of ${name}`,
    ofWorkflow: {
      name: "Workflow", doCancel: "Cancel the workflow", gone: "there is no such workflow any more.",
      sureHow: "Its waiting tasks never begin. Its running ones end at their next update.",
      isNow: (status) => `the workflow is ${status.toLowerCase()} by now.`,
    },
    runningNow: (n) => `${n} running`,
    number: (n) => n.toLocaleString("en"), nothingToFollow: "No task-id or workflow-id is given.",
    refusals: {
      4401: "You have no access any more; load the page again.", 4403: "You may not see this.",
      4404: "It is not known here, or its record has expired.", 4422: "The task-id, workflow-id or token is none.",
      4429: "Too many are watched at once.",
    },
  },
  ja: {
    code: "ja", other: "English",
    title: "タスクの進捗", docs: "API", status: "状態", task: "タスク", progress: "進捗",
    rate: "速度", time: "時間", message: "メッセージ", actions: "操作", newer: "前へ",
    older: "次へ", all: "すべて",
    created: "待機中", running: "実行中", paused: "一時停止中", completed: "完了",
    error: "エラー", cancelled: "キャンセル済み",
    asked: { pause: "停止依頼中", cancel: "取消依頼中" },
    remarks: { stalled: "更新なし", late: "遅れ", waiting: "長い待ち" },
    connecting: "接続しています…", live: "ライブ", stale: "最新ではありません",
    away: "接続が切れました。再接続しています…",
    heard: (s) => (s < 120 ? `最後の受信: ${s} 秒前` : `最後の受信: ${Math.floor(s / 60)} 分前`),
    unanswered: "応答がありません。実行されたかどうかは不明です。",
    empty: "タスクはまだありません。Celery タスクに印を付けて呼び出すと、送信と同時にここへ表示されます。",
    nothing: "この状態のタスクはありません。",
    storeAway: "ストアが応答しません。表示は古い可能性があります。再試行を続けています。",
    refused: (text) => `実行できませんでした。${text}`, isNow: (status) => `タスクはすでに「${status}」です。`,
    gone: "タスクはもうありません。", noAnswer: "ストアが応答しません。",
    total: (n) => `全 ${n.toLocaleString("ja")} 件`,
    both: (n) => `全 ${n.toLocaleString("ja")} 件`,
    tokenWhat: "トークンを入力してください", tokenGive: "入力",
    tokenHow: "このタブを閉じるまで保持されます。", tokenWrong: "不明なトークンか、期限切れです。",
    paging: (page, pages) => `${page} / ${pages} ページ`,
    pause: "一時停止", resume: "再開", cancel: "キャンセル", doCancel: "キャンセルする", keep: "戻る",
    sure: (name) => `${name} をキャンセルしますか?`,
    sureHow: "待機中のタスクは開始されません。実行中のタスクは次の更新で終了します。",
    rateOf: (n) => `${n} 件/秒`, leftOf: (text) => `残り ${text}`, took: (text) => `所要 ${text}`,
    startsIn: (text) => `開始まで ${text}`, waitsLonger: "いつもより長く待機",
    before: (n) => (n ? `${n < 10 ? "" : "約 "}${n.toLocaleString("ja")} 件待ち` : "次に開始"),
    longer: "いつもより長い", varies: "予測できません", units: { s: "秒", min: "分", h: "時間", d: "日" },
    since: (at) => `${at.toLocaleString("ja", UTC)} から`,
    reading: "読み込んでいます…", age: (text) => `経過 ${text}`,
    failed: (n) => `失敗 ${n.toLocaleString("ja")} 件`, because: (failed, text) => `${failed}: ${text}`,
    tasksOf: (name) => `${name} のタスク`,
    ofWorkflow: {
      name: "ワークフロー", doCancel: "キャンセルする", gone: "ワークフローはもうありません。",
      sureHow: "待機中のタスクは開始されません。実行中のタスクは次の更新で終了します。",
      isNow: (status) => `ワークフローはすでに「${status}」です。`,
    },
    runningNow: (n) => `${n} 件実行中`,
    number: (n) => n.toLocaleString("ja"), nothingToFollow: "task-id か workflow-id がありません。",
    refusals: {
      4401: "アクセスの期限が切れました。ページを読み込み直してください。", 4403: "表示する権限がありません。",
      4404: "見つかりません。記録の保存期間が過ぎた可能性があります。", 4422: "task-id、workflow-id またはトークンが正しくありません。",
      4429: "監視の数が上限を超えました。",
    },
  },
};

WORDS.en.example = WORDS.ja.example = `@app.task(bind=True)
@progress_task
def fetch_data(self, symbol): …`;

export const STATUSES = ["created", "running", "paused", "completed", "error", "cancelled"];

export function language(asked) {
  return (asked ?? navigator.language).toLowerCase().startsWith("ja") ? "ja" : "en";
}

// 75 -> "1:15", 3700 -> "1:01:40".
export function clock(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] ? parts : parts.slice(1);
  return shown.map((n, i) => (i ? String(n).padStart(2, "0") : String(n))).join(":");
}
