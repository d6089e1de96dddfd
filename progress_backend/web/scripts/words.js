// The texts of <task-progress>, which the live page uses, too. A record's default texts are in texts.js.
import { STATES } from "./shared_words.js";

// 1234.5 -> "1,234.5", as both languages write it. Intl would do the same, but takes longer to load than the first
// rows take to draw.
export function number(n) {
  const [whole, part] = String(Number.isInteger(n) ? n : Math.round(n * 1_000) / 1_000).split(".");
  return whole.replace(/\B(?=(\d{3})+$)/g, ",") + (part ? `.${part}` : "");
}

// Makes the texts of each language from pairs [English, Japanese]; a single text is for both. They extend and
// override the texts of `base`.
export function inEach(base, texts) {
  function pick(one, place, base) {
    if (Array.isArray(one)) return one[place];
    if (typeof one !== "object") return one;
    const own = Object.entries(one).map(([name, text]) => [name, pick(text, place, base?.[name])]);
    return { ...base, ...Object.fromEntries(own) };
  }
  return { en: pick(texts, 0, base.en), ja: pick(texts, 1, base.ja) };
}

export const WORDS = inEach(
  {},
  {
    code: ["en", "ja"],
    ...STATES,
    stillRuns: [
      (worker) => (worker ? `still running on ${worker}` : "still running"),
      (worker) => (worker ? `${worker} で実行中` : "実行中"),
    ],
    connecting: ["Connecting…", "接続しています…"],
    stale: ["Not up to date", "最新ではありません"],
    unanswered: [
      "No answer: the request may have been carried out.",
      "応答がありません。実行されたかは不明です。",
    ],
    refused: [(text) => `Not done: ${text}`, (text) => `実行できませんでした。${text}`],
    isNow: [
      (status) => `its status is already “${status}”.`,
      (status) => `すでに「${status}」です。`,
    ],
    cancel: ["Cancel", "キャンセル"],
    doCancel: ["Cancel it", "キャンセルする"],
    keep: ["Keep it", "戻る"],
    expired: [(text) => `${text} (expired)`, (text) => `${text}（期限切れ）`],
    away: ["Cannot reach the service; trying again", "接続できません。再接続しています…"],
    startsIn: [(text) => `starts in ${text}`, (text) => `開始まで ${text}`],
    before: [(n) => `${number(n)} ahead`, (n) => `${number(n)} 件待ち`],
    leftOf: [(text) => `${text} left`, (text) => `残り ${text}`],
    took: [(text) => `took ${text}`, (text) => `所要 ${text}`],
    longer: ["longer than usual", "いつもより長い"],
    upTo: [(text) => `up to ${text}`, (text) => `最大 ${text}`],
    units: {
      s: ["s", "秒"],
      min: ["min", "分"],
      h: ["h", "時間"],
      d: ["d", "日"],
    },
    number,
    refusals: {
      4401: [
        "Your access has expired. Reload the page.",
        "アクセスの期限が切れました。再読み込みしてください。",
      ],
      4403: ["You do not have permission.", "権限がありません。"],
      4404: ["This job is no longer available.", "このジョブの記録はもうありません。"],
      4422: [
        "No valid task-id, workflow-id or token.",
        "task-id、workflow-id、トークンが正しくありません。",
      ],
      4429: ["Too many are watched at once.", "監視の数が上限を超えました。"],
      4500: ["The record cannot be read.", "記録を読み取れません。"],
    },
    workflow: ["Workflow", "ワークフロー"],
  },
);

export const STATUSES = ["created", "running", "paused", "completed", "error", "cancelled"];

export function language(asked) {
  return /^ja/i.test(asked ?? navigator.language) ? "ja" : "en";
}

// 75 -> "1:15", 3700 -> "1:01:40".
export function clock(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] ? parts : parts.slice(1);
  return shown.map((n, i) => (i ? String(n).padStart(2, "0") : String(n))).join(":");
}
