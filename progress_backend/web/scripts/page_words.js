// The pages' texts, which extend those of <task-progress>.
import { CAUSES, HAPPENED, LABELS, WARNINGS } from "./shared_words.js";
import { here } from "./translated.js";
import { inEach, language, number, WORDS as SHARED } from "./words.js";

// A date and time in the reader's time zone, without its offset.
const written = (text) => here(text).slice(0, 19).replace("T", " ");

// Texts with blanks: {0} is the first value, {0|task|tasks} depends on whether it is 1.
const blanks = (...texts) =>
  texts.map(
    (text) =>
      (...values) =>
        text.replace(/\{(\d)(?:\|(.*?)\|(.*?))?\}/g, (_, place, one, many) => {
          const value = values[place];
          if (one) return value === 1 ? one : many;
          return typeof value === "number" ? number(value) : value;
        }),
  );

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
  rows: blanks("{1} tasks in {0} rows", "{1} 件（{0} 行）"),
  among: blanks("{0} among the newest 10,000", "最新の 10,000 件のうち {0} 件"),
  workflows: blanks("{0} {0|workflow|workflows}", "全 {0} 件"),
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
  alive: blanks("{0} {0|worker|workers}", "ワーカー {0} 台"),
  doneBy: [
    (n, all, from, until) =>
      `${n < all ? `${number(n)} of ${number(all)} open tasks` : n > 1 ? `These ${number(n)} open tasks` : "The open task"} will be done ${from ? `between ${from} and` : "by"} ${until}`,
    (n, all, from, until) =>
      `未完了 ${number(all)} 件${n < all ? `のうち ${number(n)} 件` : ""}は ${from ? `${from}〜${until} に` : `${until} までに`}終わる見込み`,
  ],
  noEnd: blanks("{0} open: can't estimate the end", "未完了 {0} 件：終了は予測できません"),
  noEstimate: ["can't estimate", "予測できません"],
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
    cancelled: blanks("Cancelled by {0}, {1}", "{0} がキャンセル、{1}"),
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
  share: ["Share", "共有"],
  nameIt: ["Name of these filters", "この絞り込みの名前"],
  copyLink: ["Copy link", "リンクをコピー"],
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
  within: blanks("within this page: {0} of {1}", "このページ内: {1} 件中 {0} 件"),
  news: [(n) => `${number(n)} new`, (n) => `新着 ${number(n)} 件`],
  copyId: ["Copy the id", "ID をコピー"],
  copied: ["Copied", "コピーしました"],
  noWorker: ["no worker is running", "稼働中のワーカーがありません"],
  example: "@app.task(bind=True)\n@progress_task\ndef fetch_data(self, symbol): …",

  // Of a record.
  previous: ["Previous", "前の行"],
  following: ["Next", "次の行"],
  asPage: ["Own page", "ページで開く"],
  ended: ["Ended", "終了"],
  copy: ["Copy", "コピー"],
  notice: ["Notify me when this ends", "終了を通知"],
  noticeWhile: ["While this record is open here.", "この画面を開いている間だけ通知します。"],
  noticeRefused: [
    "This browser does not permit notifications here.",
    "このブラウザーでは通知が許可されていません。",
  ],
  save: ["Save as a file", "ファイルに保存"],
  terminate: ["Terminate", "強制終了"],
  stack: ["Show current line", "実行中の行を表示"],
  copyIncident: ["Copy for the incident", "障害報告用にコピー"],
  pauseWaiting: ["Pause the waiting ones of its type", "同じ種別の待機中を一時停止"],
  failedOf: blanks("{0} of {1} failed", "{1} 件中 {0} 件が失敗"),
  sureTerminate: [(name) => `Terminate ${name}?`, (name) => `${name} を強制終了しますか?`],
  sureAgain: [(name) => `Run ${name} again?`, (name) => `${name} を再実行しますか?`],
  missing: {
    task: {
      title: ["This job is no longer available", "このジョブの記録はもうありません"],
      how: [
        "Its record has expired, or no task ever had this id.",
        "記録の保存期間が過ぎたか、この ID のタスクはありません。",
      ],
    },
    workflow: {
      title: ["This workflow is no longer available", "このワークフローの記録はもうありません"],
      how: [
        "Its tasks' records have expired, or no workflow ever had this id.",
        "記録の保存期間が過ぎたか、この ID のワークフローはありません。",
      ],
    },
  },
  forbidden: ["No permission to see this", "表示する権限がありません"],
  forbiddenHow: ["Your token does not permit it.", "入力したトークンでは表示できません。"],
  unreadable: ["Its record cannot be read", "記録を読み取れません"],
  neverRan: [
    "Skipped because an earlier step failed:",
    "前のステップが失敗したため、実行されませんでした：",
  ],
  andMore: [(n) => `and ${number(n)} more`, (n) => `ほか ${number(n)} 件`],
  searchLog: ["Search the log", "ログを検索"],
  level: ["Level", "レベル"],
  levels: {
    debug: ["All levels", "すべてのレベル"],
    info: ["info and above", "info 以上"],
    warning: ["warning and above", "warning 以上"],
    error: ["error and above", "error 以上"],
    critical: "critical",
  },
  parts: {
    ...LABELS,
    case: ["What is wrong", "問題"],
    steps: ["Steps", "ステップ"],
    timeline: ["What happened", "経過"],
    log: ["Log", "ログ"],
    request: ["Request", "依頼"],
    times: ["Times", "時刻"],
    run: ["Run", "実行"],
    belongs: ["Belongs to", "所属"],
    members: ["Tasks", "タスク"],
  },
  facts: {
    ...LABELS,
    created: ["Created", "作成"],
    eta: ["Not before", "開始予定"],
    expires: ["Not after", "有効期限"],
    start: ["Started", "開始"],
    attempt: ["Attempt started", "この試行の開始"],
    updated: ["Last change", "最終更新"],
    estimated: ["Likely end", "終了予測"],
    end: ["Ended", "終了"],
    waited: ["Waited", "待ち時間"],
    took: ["Took", "所要時間"],
    again: ["May run again until", "再実行の可能性"],
    number: ["Attempt", "試行"],
    retries: ["Retries", "再試行"],
    cause: ["Cause", "原因"],
    asked: ["Request", "内容"],
    by: ["By", "依頼者"],
    why: ["Reason", "理由"],
    at: ["When", "日時"],
    acknowledged: ["Carried out", "実施済み"],
    trace: ["Trace", "トレース"],
    flower: "Flower",
    parent: ["Parent", "親タスク"],
    root: ["Root", "最初のタスク"],
    againOf: ["Runs again", "再実行元"],
    againBy: ["Run again by", "再実行先"],
    group: ["Group", "グループ"],
    canvas: ["Canvas", "キャンバス"],
    since: ["Since", "発生"],
    line: ["Line", "実行中の行"],
    ofType: ["Of its type", "同じ種別"],
    last: ["Last request", "最後の依頼"],
    stalled: ["Stalled since", "更新なし"],
    late: ["Late since", "遅れ"],
  },
  requested: {
    pause: ["Pause", "一時停止"],
    cancel: ["Cancel", "キャンセル"],
    end: ["End", "終了"],
  },
  linesGone: blanks("… {0} {0|line is|lines are} gone", "… {0} 行は残っていません"),
  logKeeps: [" (PROGRESS_LOG_KIB keeps more)", "（PROGRESS_LOG_KIB で増やせます）"],
  happened: { ...HAPPENED, ...WARNINGS },
  causes: CAUSES,
  showAll: ["Show all", "すべて表示"],
  attemptNo: [(number) => `attempt ${number}`, (number) => `${number} 回目`],
  entriesGone: blanks("… {0} older {0|entry is|entries are} gone", "… 古い {0} 件は残っていません"),
  now: ["now", "現在"],
  lane: {
    wait: [(text) => `Waited ${text}`, (text) => `待ち ${text}`],
    run: [(text) => `ran ${text}`, (text) => `実行 ${text}`],
    paused: [(text) => `paused ${text}`, (text) => `一時停止 ${text}`],
  },
  attempts: [(n) => `${n} attempts`, (n) => `試行 ${n} 回`],
  comma: [", ", "、"],
  usually: [(text) => `usually ${text}`, (text) => `いつもは ${text}`],

  // Of a selection.
  select: [(id) => `Select ${id}`, (id) => `${id} を選択`],
  selected: [
    (n, most) => (n < most ? `${number(n)} selected` : `${number(n)} selected, the most at once`),
    (n, most) => (n < most ? `${number(n)} 件選択中` : `${number(n)} 件選択中（上限）`),
  ],
  page: ["All on this page", "このページのすべて"],
  allMatching: [
    (n) => `All tasks that match the filter${n === null ? "" : ` (${number(n)})`}`,
    (n) => `条件に合うタスク${n === null ? "" : ` ${number(n)} 件`}すべて`,
  ],
  done: ["Leave selection", "選択をやめる"],
  sureAll: blanks("Cancel the {0} selected?", "選択した {0} 件をキャンセルしますか?"),
  yes: [(n) => `Cancel ${number(n)}`, (n) => `${number(n)} 件をキャンセル`],
  sureAgainAll: [
    (n, types) => `Run ${number(n)} again: ${types.join(", ")}?`,
    (n, types) => `${types.join("、")} の ${number(n)} 件を再実行しますか?`,
  ],
  oneCause: ["Failures of one cause", "原因ごとの失敗"],
  againAll: ["Run all again", "すべて再実行"],
  yesAgain: [(n) => `Run ${number(n)} again`, (n) => `${number(n)} 件を再実行`],
  askedOf: blanks("Requested for {0} {0|task|tasks}.", "{0} 件に依頼しました。"),
  goingOn: ["Continuing…", "続けています…"],
  notDone: blanks("{0} failed: {1}", "{0} 件は失敗しました。{1}"),
  left: ["The others are still selected.", "残りは選択されたままです。"],
  codes: {
    changed_by_others: [
      "another change came first; try again.",
      "ほかの更新と重なりました。もう一度お試しください。",
    ],
    too_large: ["its record would be too large.", "記録が大きくなりすぎます。"],
    unreadable: [
      "its record cannot be read; another version may have written it.",
      "記録を読み取れません。別のバージョンが書き込んだ可能性があります。",
    ],
  },

  // Of the workers.
  noWorkers: [
    "No workers yet. A worker of an app with install() is listed here when it starts.",
    "応答のあるワーカーはありません。progress-backend を組み込んだワーカーは、起動するとここに表示されます。",
  ],
  workersRefused: [
    "Your token is limited to some tasks: it cannot list workers.",
    "お使いのトークンは一部のタスク専用のため、ワーカーは表示できません。",
  ],
  workerLive: ["Live", "稼働中"],
  noHeartbeat: [(text) => `no heartbeat for ${text}`, (text) => `${text}前からハートビートなし`],
  hasShutDown: ["has shut down", "停止済み"],
  holds: [(n) => `${number(n)} ${n === 1 ? "task" : "tasks"}`, (n) => `${number(n)} 件実行中`],
  slots: blanks("{0} of {1} slots", "{1} 枠中 {0} 枠を使用"),
  others: blanks(
    "{0} more {0|worker is|workers are} not listed.",
    "ほかに {0} 台のワーカーがあります。",
  ),
});

// Those of the page's language; Node, which runs the tests, has neither `location` nor, before 21, `navigator`.
const { location, navigator } = globalThis;
const chosen = new URLSearchParams(location?.search).get("lang") ?? navigator?.language ?? "";
export const words = WORDS[language(chosen)];

export const joined = (between, ...texts) => texts.filter(Boolean).join(between);
