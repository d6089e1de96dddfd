// The texts of the workers' view.
import { number } from "./words.js";

export const WORDS = {
  en: {
    workers: "Workers", none: "No worker has given a sign of life. One that runs with progress-backend installed is here at once.",
    refused: "Your token is for some of the tasks only: it does not see the workers.",
    live: "Live", gone: (text) => `no sign for ${text}`, ended: "has shut down", idle: "Runs nothing.",
    holds: (n) => `${number(n)} ${n === 1 ? "task" : "tasks"}`, more: (n) => `and ${number(n)} more`,
    others: (n) => `${number(n)} more ${n === 1 ? "worker is" : "workers are"} not listed.`,
    activity: (minutes) => `Ended in the last ${minutes} minutes`,
    summed: ({ completed, error, cancelled }) => `${number(completed)} completed, ${number(error)} failed, ${number(cancelled)} cancelled`,
    most: (n, at) => `at most ${number(n)} in a minute, at ${at}`,
    types: "Types", type: "Type", runs: "Last runs", took: "Median duration", waited: "Median wait", unknown: "–",
  },
  ja: {
    workers: "ワーカー", none: "応答のあるワーカーはありません。progress-backend を組み込んだワーカーは、起動するとここに表示されます。",
    refused: "お使いのトークンは一部のタスク専用のため、ワーカーは表示できません。",
    live: "稼働中", gone: (text) => `応答なし ${text}`, ended: "停止済み", idle: "実行中のタスクはありません。",
    holds: (n) => `${number(n)} 件実行中`, more: (n) => `ほか ${number(n)} 件`,
    others: (n) => `ほかに ${number(n)} 台のワーカーがあります。`,
    activity: (minutes) => `直近 ${minutes} 分間に終了したタスク`,
    summed: ({ completed, error, cancelled }) => `完了 ${number(completed)} 件、失敗 ${number(error)} 件、キャンセル ${number(cancelled)} 件`,
    most: (n, at) => `1 分間の最多は ${at} の ${number(n)} 件`,
    types: "種別", type: "種別", runs: "最近の実行", took: "所要時間（中央値）", waited: "待ち時間（中央値）", unknown: "–",
  },
};
