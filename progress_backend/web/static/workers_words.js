// The texts of the workers' view.
import { number } from "./words.js";

export const WORDS = {
  en: {
    workers: "Workers",
    none: "No worker has given a sign of life. One that runs with progress-backend installed is here at once.",
    refused: "Your token is for some of the tasks only: it does not see the workers.",
    live: "Live",
    gone: (text) => `no sign for ${text}`,
    ended: "has shut down",
    idle: "Runs nothing.",
    holds: (n) => `${number(n)} ${n === 1 ? "task" : "tasks"}`,
    more: (n) => `and ${number(n)} more`,
    others: (n) => `${number(n)} more ${n === 1 ? "worker is" : "workers are"} not listed.`,
  },
  ja: {
    workers: "ワーカー",
    none: "応答のあるワーカーはありません。progress-backend を組み込んだワーカーは、起動するとここに表示されます。",
    refused: "お使いのトークンは一部のタスク専用のため、ワーカーは表示できません。",
    live: "稼働中",
    gone: (text) => `応答なし ${text}`,
    ended: "停止済み",
    idle: "実行中のタスクはありません。",
    holds: (n) => `${number(n)} 件実行中`,
    more: (n) => `ほか ${number(n)} 件`,
    others: (n) => `ほかに ${number(n)} 台のワーカーがあります。`,
  },
};
