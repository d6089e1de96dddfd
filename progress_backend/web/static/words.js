// The texts of <task-progress>, which the live page has, too; what a record says by default is put
// into the same language by translated.js.
// 1234.5 -> "1,234.5", as both languages write it: Intl would be loaded for it, which takes longer than
// the list's first rows take.
export function number(n) {
  const [whole, part] = String(Number.isInteger(n) ? n : Math.round(n * 1_000) / 1_000).split(".");
  return whole.replace(/\B(?=(\d{3})+$)/g, ",") + (part ? `.${part}` : "");
}

export const WORDS = {
  en: {
    code: "en",
    created: "Created",
    waits: "Waiting",
    running: "Running",
    paused: "Paused",
    completed: "Completed",
    error: "Error",
    cancelled: "Cancelled",
    asked: { pause: "Pause asked", cancel: "Cancel asked" },
    connecting: "Connecting…",
    stale: "Not up to date",
    unanswered: "No answer; whether it was done is not known.",
    refused: (text) => `Not done: ${text}`,
    isNow: (status) => `the task is ${status.toLowerCase()} by now.`,
    mayNot: "you may not do this.",
    cancel: "Cancel",
    doCancel: "Cancel the task",
    keep: "Keep it",
    leftOf: (text) => `${text} left`,
    took: (text) => `took ${text}`,
    longer: "longer than usual",
    varies: "varies too much to say",
    units: { s: "s", min: "min", h: "h", d: "d" },
    number,
    nothingToFollow: "No task-id or workflow-id is given.",
    refusals: {
      4401: "You have no access any more; load the page again.",
      4403: "You may not see this.",
      4404: "It is not known here, or its record has expired.",
      4422: "The task-id, workflow-id or token is none.",
      4429: "Too many are watched at once.",
    },
    ofWorkflow: {
      name: "Workflow",
      doCancel: "Cancel the workflow",
      isNow: (status) => `the workflow is ${status.toLowerCase()} by now.`,
    },
  },
  ja: {
    code: "ja",
    created: "待機中",
    waits: "待機中",
    running: "実行中",
    paused: "一時停止中",
    completed: "完了",
    error: "エラー",
    cancelled: "キャンセル済み",
    asked: { pause: "停止依頼中", cancel: "取消依頼中" },
    connecting: "接続しています…",
    stale: "最新ではありません",
    unanswered: "応答がありません。実行されたかどうかは不明です。",
    refused: (text) => `実行できませんでした。${text}`,
    isNow: (status) => `タスクはすでに「${status}」です。`,
    mayNot: "操作する権限がありません。",
    cancel: "キャンセル",
    doCancel: "キャンセルする",
    keep: "戻る",
    leftOf: (text) => `残り ${text}`,
    took: (text) => `所要 ${text}`,
    longer: "いつもより長い",
    varies: "予測できません",
    units: { s: "秒", min: "分", h: "時間", d: "日" },
    number,
    nothingToFollow: "task-id か workflow-id がありません。",
    refusals: {
      4401: "アクセスの期限が切れました。ページを読み込み直してください。",
      4403: "表示する権限がありません。",
      4404: "見つかりません。記録の保存期間が過ぎた可能性があります。",
      4422: "task-id、workflow-id またはトークンが正しくありません。",
      4429: "監視の数が上限を超えました。",
    },
    ofWorkflow: {
      name: "ワークフロー",
      doCancel: "キャンセルする",
      isNow: (status) => `ワークフローはすでに「${status}」です。`,
    },
  },
};

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
