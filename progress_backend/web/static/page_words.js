// The live page's texts: those of <task-progress>, and more.
import { number, WORDS as SHARED } from "./words.js";

const two = (n) => String(n).padStart(2, "0");
// As both languages write a day and time, of one that needs no moving to a zone: for a row's title
// alone Intl would be loaded before the first row is drawn.
const WRITTEN = {
  en: (year, month, day, hour, rest) => `${month}/${day}/${year}, ${hour % 12 || 12}:${rest} ${hour < 12 ? "AM" : "PM"}`,
  ja: (year, month, day, hour, rest) => `${year}/${month}/${day} ${hour}:${rest}`,
};
const written = (code, at) => WRITTEN[code](
  at.getUTCFullYear(), at.getUTCMonth() + 1, at.getUTCDate(), at.getUTCHours(),
  `${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())}`,
);

const dated = (text) => text.slice(0, 16).replace("T", " ");

export const WORDS = {
  en: {
    ...SHARED.en,
    other: "日本語", title: "Task progress", docs: "API", status: "Status", task: "Task", progress: "Progress",
    rate: "Rate", time: "Time", message: "Message", actions: "Actions", newer: "Newer", older: "Older",
    all: "All", warnings: { stalled: "Stalled", late: "Late" }, live: "Live",
    away: "No connection; trying again…",
    heard: (s) => (s < 120 ? `last heard ${s} s ago` : `last heard ${Math.floor(s / 60)} min ago`),
    empty: "No tasks yet. Mark a Celery task and call it: it appears here as it is published.",
    nothing: "No task has this status.",
    storeAway: "The store does not answer. What is shown may be old; it is asked again and again.",
    listRefused: (why) => `The list was refused: ${why}`, tokenAgain: "This service asks for a token: load the page again to enter one.",
    gone: "there is no such task any more.", noAnswer: "the store does not answer.",
    total: (n) => `${number(n)} ${n === 1 ? "task" : "tasks"}`,
    both: (n) => `${number(n)} tasks and workflows`, tokenWhat: "This service asks for a token",
    tokenGive: "Enter", tokenHow: "It is kept until this tab is closed.",
    tokenWrong: "That token is not known, or has expired.", paging: (page, pages) => (pages ? `Page ${page} of ${pages}` : `Page ${page}`),
    pause: "Pause", resume: "Resume", sure: (name) => `Cancel ${name}?`,
    sureHow: "A waiting task never begins. A running one ends at its next update.", rateOf: (n) => `${n}/s`,
    startsIn: (text) => `starts in ${text}`, waitsLonger: "waits longer than usual",
    before: (n) => (n ? `${n < 10 ? "" : "about "}${number(n)} before it` : "next to start"),
    since: (at) => `since ${written("en", at)}`, reading: "Reading…", age: (text) => `for ${text}`,
    failed: (n) => `${number(n)} failed`, because: (failed, text) => `${failed}: ${text}`,
    tasksOf: (name) => `Tasks of ${name}`, runningNow: (n) => `${n} running`,
    owner: (name) => `Owner: ${name}`, notOnly: (text) => `Not only ${text}`,
    takenAway: (gone, kept) => `${gone.map((one) => `“${one}”`).join(", ")} ${gone.length === 1 ? "was taken away: it does" : "were taken away: they do"} not go together with “${kept}”, as there is no index of both.`,
    only: { status: (one) => `Status: ${WORDS.en[one]}`, owner: (name) => `Owner: ${name}`, task_type: (name) => `Type: ${name}`, symbol: (name) => `Symbol: ${name}`, id_prefix: (text) => `Id: ${text}…`,
      warning: (kind) => `Warning: ${WORDS.en.warnings[kind] ?? kind}`, created_from: (at) => `From ${dated(at)}`, created_to: (at) => `Before ${dated(at)}` },
    noneOf: (name) => `${name} has no tasks.`, noneSuch: "No task passes all of these filters.",
    lookFurther: "None among those that were looked at; “Older” looks further.", trace: "trace",
    bell: (name) => `Tell me when it ends: ${name}`, bellTitle: "Tell me when it ends",
    bellDenied: "The browser shows no notifications of this page: allow them in its settings.",
    sort: "Order", sorts: { newest: "Newest first", running: "Running first", ended: "Last ended first" },
    selectMany: "Select", filter: "Filter", any: "any", spans: { any: "any time", hour: "last hour", day: "last 24 hours", week: "last 7 days", between: "between…" },
    filterBy: { warning: "Warning", span: "Created", created_from: "From", created_to: "Before", task_type: "Type", symbol: "Symbol", owner: "Owner" },
    workersView: "Workers", tasksView: "Tasks", search: "Search this page, or an id", idsThatBegin: (text) => `Ids that begin with “${text}”`, within: (n, all) => `within this page: ${n} of ${all}`,
    news: (n) => `${number(n)} new`,
    ofWorkflow: {
      ...SHARED.en.ofWorkflow, gone: "there is no such workflow any more.",
      sureHow: "Its waiting tasks never begin. Its running ones end at their next update.",
    },
  },
  ja: {
    ...SHARED.ja,
    other: "English", title: "タスクの進捗", docs: "API", status: "状態", task: "タスク", progress: "進捗", rate: "速度",
    time: "時間", message: "メッセージ", actions: "操作", newer: "前へ", older: "次へ", all: "すべて",
    warnings: { stalled: "更新なし", late: "遅れ" }, live: "ライブ", away: "接続が切れました。再接続しています…",
    heard: (s) => (s < 120 ? `最後の受信: ${s} 秒前` : `最後の受信: ${Math.floor(s / 60)} 分前`),
    empty: "タスクはまだありません。Celery タスクに印を付けて呼び出すと、送信と同時にここへ表示されます。", nothing: "この状態のタスクはありません。",
    storeAway: "ストアが応答しません。表示は古い可能性があります。再試行を続けています。", listRefused: (why) => `一覧を取得できません。${why}`,
    tokenAgain: "トークンが必要です。ページを再読み込みして入力してください。", gone: "タスクはもうありません。", noAnswer: "ストアが応答しません。",
    total: (n) => `全 ${number(n)} 件`, both: (n) => `全 ${number(n)} 件`,
    tokenWhat: "トークンを入力してください", tokenGive: "入力", tokenHow: "このタブを閉じるまで保持されます。", tokenWrong: "不明なトークンか、期限切れです。",
    paging: (page, pages) => (pages ? `${page} / ${pages} ページ` : `${page} ページ`), pause: "一時停止", resume: "再開",
    sure: (name) => `${name} をキャンセルしますか?`, sureHow: "待機中のタスクは開始されません。実行中のタスクは次の更新で終了します。",
    rateOf: (n) => `${n} 件/秒`, startsIn: (text) => `開始まで ${text}`, waitsLonger: "いつもより長く待機",
    before: (n) => (n ? `${n < 10 ? "" : "約 "}${number(n)} 件待ち` : "次に開始"),
    since: (at) => `${written("ja", at)} から`, reading: "読み込んでいます…", age: (text) => `経過 ${text}`,
    failed: (n) => `失敗 ${number(n)} 件`, because: (failed, text) => `${failed}: ${text}`,
    tasksOf: (name) => `${name} のタスク`, runningNow: (n) => `${n} 件実行中`,
    owner: (name) => `所有者：${name}`, notOnly: (text) => `「${text}」の絞り込みをやめる`,
    takenAway: (gone, kept) => `${gone.map((one) => `「${one}」`).join("")}の絞り込みを外しました。「${kept}」と組み合わせた索引がないため、同時には絞り込めません。`,
    only: { status: (one) => `状態：${WORDS.ja[one]}`, owner: (name) => `所有者：${name}`, task_type: (name) => `種別：${name}`, symbol: (name) => `銘柄：${name}`, id_prefix: (text) => `ID：${text}…`,
      warning: (kind) => `警告：${WORDS.ja.warnings[kind] ?? kind}`, created_from: (at) => `${dated(at)} 以降`, created_to: (at) => `${dated(at)} より前` },
    noneOf: (name) => `${name} のタスクはありません。`, noneSuch: "すべての条件に合うタスクはありません。",
    lookFurther: "調べた範囲にはありません。「次へ」でさらに探します。", trace: "トレース",
    bell: (name) => `終了したら通知: ${name}`, bellTitle: "終了したら通知",
    bellDenied: "このページの通知はブラウザで許可されていません。ブラウザの設定で許可してください。",
    sort: "並び順", sorts: { newest: "新しい順", running: "実行中を先頭に", ended: "終了が新しい順" },
    selectMany: "選択", filter: "絞り込み", any: "指定なし", spans: { any: "指定なし", hour: "直近 1 時間", day: "直近 24 時間", week: "直近 7 日間", between: "期間を指定…" },
    filterBy: { warning: "警告", span: "作成日時", created_from: "開始", created_to: "終了", task_type: "種別", symbol: "銘柄", owner: "所有者" },
    workersView: "ワーカー", tasksView: "タスク", search: "ページ内を検索、または ID", idsThatBegin: (text) => `「${text}」で始まる ID を検索`, within: (n, all) => `このページ内: ${all} 件中 ${n} 件`,
    news: (n) => `新着 ${number(n)} 件`,
    ofWorkflow: {
      ...SHARED.ja.ofWorkflow, gone: "ワークフローはもうありません。",
      sureHow: "待機中のタスクは開始されません。実行中のタスクは次の更新で終了します。",
    },
  },
};

WORDS.en.example = WORDS.ja.example = `@app.task(bind=True)
@progress_task
def fetch_data(self, symbol): …`;
