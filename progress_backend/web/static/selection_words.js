// The texts of a selection.
const en = (n) => n.toLocaleString("en"), ja = (n) => n.toLocaleString("ja");
const tasks = (n) => (n === null ? "all tasks that pass" : `${en(n)} ${n === 1 ? "task" : "tasks"}`);
const kens = (n) => (n === null ? "該当するすべてのタスク" : `${ja(n)} 件`);
const EN = { pause: "Pause", resume: "Resume", cancel: "Cancel" };
const JA = { pause: "一時停止", resume: "再開", cancel: "キャンセル" };

export const WORDS = {
  en: {
    select: (id) => `Select ${id}`, selected: (n, most) => (n < most ? `${en(n)} selected` : `${en(n)} selected, the most at once`),
    page: "All on this page", all: (n) => (n === null ? "All that pass the filter" : `All ${en(n)} that pass the filter`),
    onlyTicked: "Only those ticked", done: "Done", sure: (name, n) => `${EN[name]} ${tasks(n)}?`, yes: (name, n) => `${EN[name]} ${tasks(n)}`,
    how: (name, all) => [
      all && "Also those on other pages, the newest 1,000 at most.",
      name === "cancel" ? "Waiting tasks never begin. Running ones end at their next update." : "Running tasks heed it at their next update.",
    ].filter(Boolean).join(" "),
    going: (n) => `Asked of ${tasks(n)}, and going on…`,
    told: (n, why, more) => [`Asked of ${tasks(n)}.`, ...why.map(([text, count]) => `Not done of ${en(count)}: ${text}`), more && "There may be more."].filter(Boolean).join(" "),
  },
  ja: {
    select: (id) => `${id} を選択`, selected: (n, most) => (n < most ? `${ja(n)} 件選択中` : `${ja(n)} 件選択中（上限）`),
    page: "このページのすべて", all: (n) => (n === null ? "条件に合うすべて" : `条件に合う ${ja(n)} 件すべて`),
    onlyTicked: "選択したものだけ", done: "終了", sure: (name, n) => `${kens(n)}を${JA[name]}しますか?`, yes: (name, n) => `${kens(n)}を${JA[name]}`,
    how: (name, all) => [
      all && "ほかのページのタスクも含みます（新しい順に 1,000 件まで）。",
      name === "cancel" ? "待機中のタスクは開始されません。実行中のタスクは次の更新で終了します。" : "実行中のタスクは次の更新で応じます。",
    ].filter(Boolean).join(""),
    going: (n) => `${ja(n)} 件に依頼しました。続けています…`,
    told: (n, why, more) => [`${ja(n)} 件に依頼しました。`, ...why.map(([text, count]) => `${ja(count)} 件は実行されませんでした: ${text}`), more && "まだ残りがあります。"].filter(Boolean).join(""),
  },
};
