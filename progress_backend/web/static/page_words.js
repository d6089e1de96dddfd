// The live page's texts: those of <task-progress>, and more.
import { inEach, number, WORDS as SHARED } from "./words.js";

// A day and time as the service writes it, in its zone.
const written = (text) => text.slice(0, 19).replace("T", " ");

// A time of the address in the reader's language and zone; what is none as it is.
const dated = (code, text) =>
  Number.isNaN(Date.parse(text))
    ? text
    : new Date(text).toLocaleString(code, { dateStyle: "short", timeStyle: "short" });

export const WORDS = inEach(SHARED, {
  other: ["日本語", "English"],
  title: ["Task progress", "タスクの進捗"],
  status: ["Status", "状態"],
  task: ["Task", "タスク"],
  progress: ["Progress", "進捗"],
  time: ["Time", "時間"],
  actions: ["Actions", "操作"],
  newer: ["Newer", "前へ"],
  older: ["Older", "次へ"],
  all: ["All", "すべて"],
  warnings: {
    stalled: ["Stalled", "更新なし"],
    late: ["Late", "遅れ"],
  },
  live: ["Live", "ライブ"],
  away: ["No connection; trying again…", "接続が切れました。再接続しています…"],
  lastMessage: [
    (s) => (s < 120 ? `last message ${s} s ago` : `last message ${Math.floor(s / 60)} min ago`),
    (s) => (s < 120 ? `最後の受信: ${s} 秒前` : `最後の受信: ${Math.floor(s / 60)} 分前`),
  ],
  empty: [
    "No tasks yet. Mark a Celery task and call it: it appears here as it is published.",
    "タスクはまだありません。Celery タスクに印を付けて呼び出すと、送信と同時にここへ表示されます。",
  ],
  nothing: ["No task has this status.", "この状態のタスクはありません。"],
  storeAway: [
    "The store does not answer. What is shown may be old; it is asked again and again.",
    "ストアが応答しません。表示は古い可能性があります。再試行を続けています。",
  ],
  listRefused: [(why) => `The list was refused: ${why}`, (why) => `一覧を取得できません。${why}`],
  tokenAgain: [
    "This service asks for a token: load the page again to enter one.",
    "トークンが必要です。ページを再読み込みして入力してください。",
  ],
  gone: ["there is no such task any more.", "タスクはもうありません。"],
  noAnswer: ["the store does not answer.", "ストアが応答しません。"],
  total: [(n) => `${number(n)} ${n === 1 ? "task" : "tasks"}`, (n) => `全 ${number(n)} 件`],
  both: [(n) => `${number(n)} tasks and workflows`, (n) => `全 ${number(n)} 件`],
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
  strip: [
    ({ running, waiting, wait, workers }) =>
      [
        `${number(running)} running`,
        `${number(waiting)} waiting`,
        wait && `oldest waits ${wait}`,
        `${number(workers)} ${workers === 1 ? "worker" : "workers"}`,
      ]
        .filter(Boolean)
        .join(" · "),
    ({ running, waiting, wait, workers }) =>
      [
        `実行中 ${number(running)}`,
        `待機中 ${number(waiting)}`,
        wait && `最長の待ち ${wait}`,
        `ワーカー ${number(workers)} 台`,
      ]
        .filter(Boolean)
        .join(" · "),
  ],
  tokenWhat: ["This service asks for a token", "トークンを入力してください"],
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
  sureHow: [
    "A waiting task never begins. A running one ends at its next update.",
    "待機中のタスクは開始されません。実行中のタスクは次の更新で終了します。",
  ],
  rateOf: [(n) => `${n}/s`, (n) => `${n} 件/秒`],
  startsIn: [(text) => `starts in ${text}`, (text) => `開始まで ${text}`],
  waitsLonger: ["waits longer than usual", "いつもより長く待機"],
  before: [
    (n) => (n ? `${n < 10 ? "" : "about "}${number(n)} before it` : "next to start"),
    (n) => (n ? `${n < 10 ? "" : "約 "}${number(n)} 件待ち` : "次に開始"),
  ],
  since: [(at) => `since ${written(at)}`, (at) => `${written(at)} から`],
  waiting: [(n) => `${number(n)} waiting`, (n) => `待機中 ${number(n)} 件`],
  ago: [(n, unit) => `${n} ${unit} ago`, (n, unit) => `${n} ${unit}前`],
  justNow: ["just now", "たった今"],
  next: [(name) => `next: ${name}`, (name) => `次：${name}`],
  allWaiting: [(n) => `Show all ${number(n)}`, (n) => `待機中の ${number(n)} 件をすべて表示`],
  rest: ["Show all, newest first", "すべてを新しい順に表示"],
  reading: ["Reading…", "読み込んでいます…"],
  failed: [(n) => `${number(n)} failed`, (n) => `失敗 ${number(n)} 件`],
  because: (failed, text) => `${failed}: ${text}`,
  tasksOf: [(name) => `Tasks of ${name}`, (name) => `${name} のタスク`],
  runningNow: [(n) => `${n} running`, (n) => `${n} 件実行中`],
  notOnly: [(text) => `Not only ${text}`, (text) => `「${text}」の絞り込みをやめる`],
  takenAway: [
    (gone, kept) =>
      `${gone.map((one) => `“${one}”`).join(", ")} ${gone.length === 1 ? "was taken away: it does" : "were taken away: they do"} not go together with “${kept}”, as there is no index of both.`,
    (gone, kept) =>
      `${gone.map((one) => `「${one}」`).join("")}の絞り込みを外しました。「${kept}」と組み合わせた索引がないため、同時には絞り込めません。`,
  ],
  only: {
    status: [(one) => `Status: ${WORDS.en[one]}`, (one) => `状態：${WORDS.ja[one]}`],
    owner: [(name) => `Owner: ${name}`, (name) => `所有者：${name}`],
    task_type: [(name) => `Type: ${name}`, (name) => `種別：${name}`],
    symbol: [(name) => `Symbol: ${name}`, (name) => `銘柄：${name}`],
    id_prefix: [(text) => `Id: ${text}…`, (text) => `ID：${text}…`],
    warning: [
      (kind) => `Warning: ${WORDS.en.warnings[kind] ?? kind}`,
      (kind) => `警告：${WORDS.ja.warnings[kind] ?? kind}`,
    ],
    created_from: [(at) => `From ${dated("en", at)}`, (at) => `${dated("ja", at)} 以降`],
    created_to: [(at) => `Before ${dated("en", at)}`, (at) => `${dated("ja", at)} より前`],
  },
  noneOf: [(name) => `${name} has no tasks.`, (name) => `${name} のタスクはありません。`],
  noneSuch: ["No task passes all of these filters.", "すべての条件に合うタスクはありません。"],
  lookFurther: [
    "None among those that were looked at; “Older” looks further.",
    "調べた範囲にはありません。「次へ」でさらに探します。",
  ],
  sort: ["Order", "並び順"],
  sorts: {
    newest: ["Newest first", "新しい順"],
    running: ["Running first", "実行中を先頭に"],
    ended: ["Last ended first", "終了が新しい順"],
  },
  selectMany: ["Select", "選択"],
  spans: {
    hour: ["Created: last hour", "作成：直近 1 時間"],
    day: ["Created: last 24 hours", "作成：直近 24 時間"],
    week: ["Created: last 7 days", "作成：直近 7 日間"],
  },
  skip: ["Skip to the list", "一覧へ移動"],
  close: ["Close", "閉じる"],
  keysWhat: ["Keys", "キー操作"],
  keySearch: ["Search", "検索"],
  keyRows: ["Next row, row before", "次の行、前の行"],
  keyOpen: ["Open the row", "行を開く"],
  keyAlong: ["Marks and buttons of the row", "行の印とボタン"],
  keyCopy: ["Copy the row's id", "行の ID をコピー"],
  keyOn: ["Go on to the next row with the panel open", "開いたまま次の行へ"],
  keyClose: ["Close the panel, or leave the selection", "パネルを閉じる、選択をやめる"],
  workersView: ["Workers", "ワーカー"],
  tasksView: ["Tasks", "タスク"],
  search: ["Search this page, or an id", "ページ内を検索、または ID"],
  within: [
    (n, all) => `within this page: ${n} of ${all}`,
    (n, all) => `このページ内: ${all} 件中 ${n} 件`,
  ],
  news: [(n) => `${number(n)} new`, (n) => `新着 ${number(n)} 件`],
  ofWorkflow: {
    gone: ["there is no such workflow any more.", "ワークフローはもうありません。"],
    sureHow: [
      "Its waiting tasks never begin. Its running ones end at their next update.",
      "待機中のタスクは開始されません。実行中のタスクは次の更新で終了します。",
    ],
  },
  copyId: ["Copy the id", "ID をコピー"],
  copied: ["Copied", "コピーしました"],
  noWorker: ["no worker is running", "稼働中のワーカーがありません"],
  example: "@app.task(bind=True)\n@progress_task\ndef fetch_data(self, symbol): …",
});
