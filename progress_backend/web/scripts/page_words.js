// The live page's texts, which extend those of <task-progress>.
import { LABELS, WARNINGS } from "./shared_words.js";
import { here } from "./translated.js";
import { inEach, number, WORDS as SHARED } from "./words.js";

// A date and time in the reader's time zone, without its offset.
const written = (text) => here(text).slice(0, 19).replace("T", " ");

export const WORDS = inEach(SHARED, {
  other: ["日本語", "English"],
  title: ["Task progress", "タスクの進捗"],
  status: LABELS.status,
  task: ["Task", "タスク"],
  progress: LABELS.progress,
  time: ["Time", "時間"],
  actions: ["Actions", "操作"],
  newer: ["Newer", "前へ"],
  older: ["Older", "次へ"],
  all: ["All", "すべて"],
  warnings: WARNINGS,
  live: ["Live", "ライブ"],
  away: ["No connection; trying again…", "接続が切れました。再接続しています…"],
  lastMessage: [
    (s) => (s < 120 ? `last message ${s} s ago` : `last message ${Math.floor(s / 60)} min ago`),
    (s) => (s < 120 ? `最後の受信: ${s} 秒前` : `最後の受信: ${Math.floor(s / 60)} 分前`),
  ],
  empty: [
    "No tasks yet. Each tracked task appears here when it is published.",
    "タスクはまだありません。追跡するタスクは、送信すると同時にここへ表示されます。",
  ],
  notAmong: [
    "None among the newest 10,000: give the whole id or symbol.",
    "最新の 10,000 件にはありません。ID かラベルの全体を入力してください。",
  ],
  storeAway: [
    "Redis is not answering. This list may be out of date; retrying.",
    "Redis が応答しません。この一覧は古い可能性があります。再接続しています…",
  ],
  listRefused: [(why) => `The list was refused: ${why}`, (why) => `一覧を取得できません。${why}`],
  tokenAgain: [
    "This service requires a token: load the page again to enter one.",
    "トークンが必要です。ページを再読み込みして入力してください。",
  ],
  gone: ["this job is no longer available.", "このジョブの記録はもうありません。"],
  noAnswer: ["Redis does not answer.", "Redis が応答しません。"],
  total: [(n) => `${number(n)} ${n === 1 ? "task" : "tasks"}`, (n) => `全 ${number(n)} 件`],
  rows: [
    (n, tasks) => `${number(tasks)} tasks in ${number(n)} rows`,
    (n, tasks) => `${number(tasks)} 件（${number(n)} 行）`,
  ],
  among: [
    (n) => `${number(n)} among the newest 10,000`,
    (n) => `最新の 10,000 件のうち ${number(n)} 件`,
  ],
  workflows: [
    (n) => `${number(n)} ${n === 1 ? "workflow" : "workflows"}`,
    (n) => `全 ${number(n)} 件`,
  ],
  noWorkflows: [
    "No workflows: a chain, group or chord is here once it is published.",
    "ワークフローはありません。chain・group・chordを送信すると、ここに表示されます。",
  ],
  workflowsView: ["Workflows", "ワークフロー"],
  menu: ["Settings", "設定"],
  theme: ["Colours", "配色"],
  themeOfSystem: ["As the system", "システムに合わせる"],
  themeLight: ["Light", "ライト"],
  themeDark: ["Dark", "ダーク"],
  oldest: [(wait) => `oldest waits ${wait}`, (wait) => `最長の待ち ${wait}`],
  failedNow: [(n) => `${number(n)} failed this hour`, (n) => `1 時間以内の失敗 ${number(n)} 件`],
  noValue: [
    (time, at) => `No value for ${time}${at && `, at ${at}`}`,
    (time, at) => `${time}前から値の更新なし${at && `：${at}`}`,
  ],
  lateBy: [(time) => `Late by ${time}`, (time) => `${time}の遅れ`],
  alive: [
    (n) => `${number(n)} ${n === 1 ? "worker" : "workers"}`,
    (n) => `ワーカー ${number(n)} 台`,
  ],
  doneBy: [
    (n, all, from, until) =>
      `${n < all || n < 2 ? `${number(n)} of ${number(all)}` : `These ${number(n)}`} open tasks will be done ${from ? `between ${from} and` : "by"} ${until}`,
    (n, all, from, until) =>
      `未完了 ${number(all)} 件${n < all ? `のうち ${number(n)} 件` : ""}は ${from ? `${from}〜${until} に` : `${until} までに`}終わる見込み`,
  ],
  noEnd: [
    (n) => `${number(n)} open: can't estimate the end`,
    (n) => `未完了 ${number(n)} 件：終了は予測できません`,
  ],
  tokenWhat: ["Sign in with a token", "トークンでサインイン"],
  tokenGive: ["Enter", "入力"],
  tokenHow: ["It is kept until this tab is closed.", "このタブを閉じるまで保持されます。"],
  tokenWrong: ["That token is not known, or has expired.", "不明なトークンか、期限切れです。"],
  paging: [
    (page, pages) => (pages ? `Page ${page} of ${pages}` : `Page ${page}`),
    (page, pages) => (pages ? `${page} / ${pages} ページ` : `${page} ページ`),
  ],
  pause: ["Pause", "一時停止"],
  resume: ["Resume", "再開"],
  sure: [(name) => `Cancel ${name}?`, (name) => `${name} をキャンセルしますか?`],
  doTerminate: ["Terminate the process", "強制終了する"],
  sureTerminateHow: [
    "The job reads a cancel only at its next update; to terminate it sends SIGTERM to its process now.",
    "ジョブがキャンセルを読むのは次の更新のときだけです。強制終了は、今すぐプロセスに SIGTERM を送ります。",
  ],
  sureHow: [
    "Waiting tasks will not start. Running tasks stop at their next update.",
    "待機中のタスクは開始されません。実行中のタスクは次の更新で止まります。",
  ],
  again: ["Run again", "再実行"],
  sureAgainHow: [
    "A new task starts, with the same arguments.",
    "同じ引数で新しいタスクを開始します。",
  ],
  nothingSent: [(why) => `Nothing was sent: ${why}`, (why) => `送信していません。${why}`],
  noStart: ["this API does not start this job.", "この API では開始できないジョブです。"],
  rateOf: [(n) => `${n}/s`, (n) => `${n} 件/秒`],
  before: [
    (n) => (n ? `${n < 10 ? "" : "about "}${number(n)} of its type ahead` : "first of its type"),
    (n) => (n ? `同じ種別で${n < 10 ? " " : "約 "}${number(n)} 件待ち` : "同じ種別で先頭"),
  ],
  by: {
    paused: [(who, at) => `Paused by ${who}, ${at}`, (who, at) => `${who} が一時停止、${at}`],
    cancelled: [
      (who, at) => `Cancelled by ${who}, ${at}`,
      (who, at) => `${who} がキャンセル、${at}`,
    ],
  },
  since: [(at) => `since ${written(at)}`, (at) => `${written(at)} から`],
  ago: [(n, unit) => `${n} ${unit} ago`, (n, unit) => `${n} ${unit}前に`],
  justNow: ["a moment ago", "たった今"],
  when: {
    ended: [(ago) => `ended ${ago}`, (ago) => `${ago}終了`],
    started: [(ago) => `started ${ago}`, (ago) => `${ago}開始`],
    created: [(ago) => `created ${ago}`, (ago) => `${ago}作成`],
  },
  today: ["Ended today", "本日終了"],
  earlier: ["Ended earlier", "昨日以前に終了"],
  counted: [
    (n, name) => (n === null ? name : `${number(n)} ${name.toLowerCase()}`),
    (n, name) => (n === null ? name : `${name} ${number(n)}`),
  ],
  first: [(name) => `oldest: ${name}`, (name) => `最も古いもの：${name}`],
  rest: ["Show all, newest first", "すべてを新しい順に表示"],
  reading: ["Reading…", "読み込んでいます…"],
  failed: [(n) => `${number(n)} failed`, (n) => `失敗 ${number(n)} 件`],
  unreached: [(n) => `${number(n)} never ran`, (n) => `未実行 ${number(n)} 件`],
  because: (failed, text) => `${failed}: ${text}`,
  tasksOf: [(name) => `Tasks of ${name}`, (name) => `${name} のタスク`],
  notOnly: [(text) => `Not only ${text}`, (text) => `「${text}」の絞り込みをやめる`],
  only: {
    status: [(one) => `Status: ${WORDS.en[one]}`, (one) => `状態：${WORDS.ja[one]}`],
    owner: [(name) => `Owner: ${name}`, (name) => `所有者：${name}`],
    task_type: [(name) => `Type: ${name}`, (name) => `種別：${name}`],
    symbol: [(name) => `Symbol: ${name}`, (name) => `ラベル：${name}`],
    symbol_prefix: [(text) => `Symbol: ${text}…`, (text) => `ラベル：${text}…`],
    id_prefix: [(text) => `Id: ${text}…`, (text) => `ID：${text}…`],
    ended_from: [(at) => `Ended since ${written(at)}`, (at) => `終了：${written(at)} 以降`],
    warning: [
      (kind) => `Warning: ${WORDS.en.warnings[kind] ?? kind}`,
      (kind) => `警告：${WORDS.ja.warnings[kind] ?? kind}`,
    ],
  },
  noneSuch: ["No tasks match.", "条件に合うタスクはありません。"],
  clear: ["Clear filters", "絞り込みを解除"],
  lookFurther: [
    "No match so far; “Older” searches further.",
    "調べた範囲にはありません。「次へ」でさらに探します。",
  ],
  sort: ["Order", "並び順"],
  sorts: {
    newest: ["Newest first", "新しい順"],
    running: ["Running first", "実行中を先頭に"],
    ended: ["Last ended first", "終了が新しい順"],
  },
  csv: ["Save as CSV", "CSV に保存"],
  csvHow: [
    "The newest 1,000 tasks that match the filters",
    "絞り込みに合う最新の 1,000 件のタスク",
  ],
  selectMany: ["Select", "選択"],
  skip: ["Skip to the list", "一覧へ移動"],
  close: ["Close", "閉じる"],
  keysWhat: ["Keys", "キー操作"],
  keySearch: ["Search", "検索"],
  keyRows: ["Next row, row before", "次の行、前の行"],
  keyOpen: ["Open the row", "行を開く"],
  keyAlong: ["Marks and buttons of the row", "行の印とボタン"],
  keyOn: ["Show the next row in the panel", "開いたまま次の行へ"],
  keyClose: ["Close the panel, or leave the selection", "パネルを閉じる、選択をやめる"],
  workersView: ["Workers", "ワーカー"],
  tasksView: ["Tasks", "タスク"],
  search: ["Filter these rows, or paste an id", "行を絞り込む、または ID を貼り付け"],
  within: [
    (n, all) => `within this page: ${n} of ${all}`,
    (n, all) => `このページ内: ${all} 件中 ${n} 件`,
  ],
  news: [(n) => `${number(n)} new`, (n) => `新着 ${number(n)} 件`],
  copyId: ["Copy the id", "ID をコピー"],
  copied: ["Copied", "コピーしました"],
  noWorker: ["no worker is running", "稼働中のワーカーがありません"],
  example: "@app.task(bind=True)\n@progress_task\ndef fetch_data(self, symbol): …",
});
