// The texts of the workers' view.
import { inEach, number } from "./words.js";

export const WORDS = inEach(
  {},
  {
    workers: ["Workers", "ワーカー"],
    none: [
      "No workers yet. A worker of an app with install() is listed here when it starts.",
      "応答のあるワーカーはありません。progress-backend を組み込んだワーカーは、起動するとここに表示されます。",
    ],
    refused: [
      "Your token is limited to some tasks: it cannot list workers.",
      "お使いのトークンは一部のタスク専用のため、ワーカーは表示できません。",
    ],
    live: ["Live", "稼働中"],
    gone: [(text) => `no heartbeat for ${text}`, (text) => `${text}前からハートビートなし`],
    ended: ["has shut down", "停止済み"],
    holds: [(n) => `${number(n)} ${n === 1 ? "task" : "tasks"}`, (n) => `${number(n)} 件実行中`],
    slots: [
      (n, all) => `${number(n)} of ${number(all)} slots`,
      (n, all) => `${number(all)} 枠中 ${number(n)} 枠を使用`,
    ],
    more: [(n) => `and ${number(n)} more`, (n) => `ほか ${number(n)} 件`],
    others: [
      (n) => `${number(n)} more ${n === 1 ? "worker is" : "workers are"} not listed.`,
      (n) => `ほかに ${number(n)} 台のワーカーがあります。`,
    ],
  },
);
