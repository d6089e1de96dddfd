// The texts of a selection.
import { inEach, number } from "./words.js";

const tasks = (n) => `${number(n)} ${n === 1 ? "task" : "tasks"}`;
const kens = (n) => `${number(n)} 件`;
const EN = { pause: "Pause", resume: "Resume", cancel: "Cancel" };
const JA = { pause: "一時停止", resume: "再開", cancel: "キャンセル" };

// Tasks and workflows together.
function both(n, flows) {
  const whole = flows && `${number(flows)} ${flows === 1 ? "workflow" : "workflows"}`;
  return [(n || !flows) && tasks(n), whole].filter(Boolean).join(" and ");
}

function allKens(n, flows) {
  if (!flows) return kens(n);
  return [n > 0 && `タスク ${kens(n)}`, `ワークフロー ${kens(flows)}`].filter(Boolean).join("と");
}

export const WORDS = inEach(
  {},
  {
    select: [(id) => `Select ${id}`, (id) => `${id} を選択`],
    selectWorkflow: [(id) => `Select workflow ${id}`, (id) => `ワークフロー ${id} を選択`],
    selected: [
      (n, most) => (n < most ? `${number(n)} selected` : `${number(n)} selected, the most at once`),
      (n, most) => (n < most ? `${number(n)} 件選択中` : `${number(n)} 件選択中（上限）`),
    ],
    page: ["All on this page", "このページのすべて"],
    all: [
      (n) =>
        n === null ? "All tasks that pass the filter" : `All ${tasks(n)} that pass the filter`,
      (n) => (n === null ? "条件に合うタスクすべて" : `条件に合うタスク ${number(n)} 件すべて`),
    ],
    done: ["Leave selection", "選択をやめる"],
    sure: [
      (name, ...n) => `${EN[name]} ${both(...n)}?`,
      (name, ...n) => `${allKens(...n)}を${JA[name]}しますか?`,
    ],
    yes: [
      (name, ...n) => `${EN[name]} ${both(...n)}`,
      (name, ...n) => `${allKens(...n)}を${JA[name]}`,
    ],
    how: [
      "Waiting tasks never begin. Running ones end at their next update.",
      "待機中のタスクは開始されません。実行中のタスクは次の更新で終了します。",
    ],
    going: [
      (so, waits) =>
        `Asked of ${both(so.tasks, so.workflows)}${waits ? `. The service takes no more at once; going on in ${number(waits)} s…` : ", and going on…"}`,
      (so, waits) =>
        `${allKens(so.tasks, so.workflows)}に依頼しました。${waits ? `サービスの上限に達したため、${number(waits)} 秒後に続けます…` : "続けています…"}`,
    ],
    report: [
      (so, why) =>
        [
          `Asked of ${both(so.tasks, so.workflows)}.`,
          ...why.map(([text, n]) => `Not done of ${number(n)}: ${text}`),
          so.stopped,
          so.left.length > 0 && "Those that are left are still selected.",
        ]
          .filter(Boolean)
          .join(" "),
      (so, why) =>
        [
          `${allKens(so.tasks, so.workflows)}に依頼しました。`,
          ...why.map(([text, n]) => `${number(n)} 件は実行されませんでした。${text}`),
          so.stopped,
          so.left.length > 0 && "残りは選択されたままです。",
        ]
          .filter(Boolean)
          .join(""),
    ],
    codes: {
      changed_by_others: [
        "others were changing it; try again.",
        "ほかの更新と重なりました。もう一度お試しください。",
      ],
      too_large: ["its record would be too large.", "記録が大きくなりすぎます。"],
      unreadable: ["its record cannot be read.", "記録を読み取れません。"],
    },
  },
);
