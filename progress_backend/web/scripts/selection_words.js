// The texts of a selection.
import { inEach, number } from "./words.js";

export const WORDS = inEach(
  {},
  {
    select: [(id) => `Select ${id}`, (id) => `${id} を選択`],
    selected: [
      (n, most) => (n < most ? `${number(n)} selected` : `${number(n)} selected, the most at once`),
      (n, most) => (n < most ? `${number(n)} 件選択中` : `${number(n)} 件選択中（上限）`),
    ],
    page: ["All on this page", "このページのすべて"],
    all: [
      (n) => `All tasks that match the filter${n === null ? "" : ` (${number(n)})`}`,
      (n) => `条件に合うタスク${n === null ? "" : ` ${number(n)} 件`}すべて`,
    ],
    done: ["Leave selection", "選択をやめる"],
    sureAll: [
      (n) => `Cancel the ${number(n)} selected?`,
      (n) => `選択した ${number(n)} 件をキャンセルしますか?`,
    ],
    yes: [(n) => `Cancel ${number(n)}`, (n) => `${number(n)} 件をキャンセル`],
    sureAgain: [
      (n, types) => `Run ${number(n)} again: ${types.join(", ")}?`,
      (n, types) => `${types.join("、")} の ${number(n)} 件を再実行しますか?`,
    ],
    causes: ["Failures of one cause", "原因ごとの失敗"],
    againAll: ["Run all again", "すべて再実行"],
    yesAgain: [(n) => `Run ${number(n)} again`, (n) => `${number(n)} 件を再実行`],
    askedOf: [
      (n) => `Requested for ${number(n)} ${n === 1 ? "task" : "tasks"}.`,
      (n) => `${number(n)} 件に依頼しました。`,
    ],
    goingOn: ["Continuing…", "続けています…"],
    notDone: [
      (n, why) => `${number(n)} failed: ${why}`,
      (n, why) => `${number(n)} 件は失敗しました。${why}`,
    ],
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
  },
);
