// The texts of the pages of one task or workflow: those of the live page, and more.
import { WORDS as PAGE } from "./page_words.js";
import { clock } from "./words.js";

export const WORDS = {
  en: {
    ...PAGE.en,
    backToList: "← All tasks", ended: "Ended", copy: "Copy", copied: "Copied", marked: "Marked",
    more: "Show all", less: "Show less", terminate: "Terminate",
    sureTerminate: (name) => `Terminate ${name}?`, doTerminate: "Terminate the process",
    sureTerminateHow: "Its process gets SIGTERM in the middle of its work. It was asked to cancel already, and ends at its next update by itself.",
    missing: {
      task: { title: "No such task", how: "Its record has expired, or no task ever had this id." },
      workflow: { title: "No such workflow", how: "Its tasks' records have expired, or no workflow ever had this id." },
    },
    forbidden: "Not yours to see", forbiddenHow: "The token that you have entered is not for this one.",
    parts: {
      timeline: "What happened", log: "Log", error: "Error", results: "Results", details: "Details", metadata: "Metadata", request: "Request",
      times: "Times", run: "Run", belongs: "Belongs to", members: "Tasks",
    },
    facts: {
      created: "Created", eta: "Not before", expires: "Not after", start: "Started", attempt: "Attempt began", updated: "Last change",
      estimated: "Likely end", end: "Ended", waited: "Waited", took: "Took", again: "May come again until",
      worker: "Worker", number: "Attempt", retries: "Retries", cause: "Cause", asked: "Asked for", by: "By", why: "Reason", at: "When",
      acknowledged: "Carried out", owner: "Owner", trace: "Trace", flower: "Flower", parent: "Parent", root: "Root", group: "Group", workflow: "Workflow", canvas: "Canvas",
      stalled: "Stalled since", late: "Late since",
    },
    actions: { pause: "Pause", cancel: "Cancel", end: "End" },
    linesGone: (count) => (count === 1 ? "… 1 line is gone" : `… ${count} lines are gone`),
    earlierLines: (count) => (count === 1 ? "… 1 earlier line is not shown" : `… ${count} earlier lines are not shown`),
    happened: {
      created: "Created", started: "Started", phase: "Phase", retried: "Retry", requeued: "Back in the queue", redelivered: "Delivered again",
      returned: "The run is back", pause: "Asked to pause", cancel: "Asked to cancel", end: "Asked to end", acknowledged: "Carried out", resumed: "Resumed",
      stalled: "Stalled", late: "Late",
    },
    attemptNo: (number) => `attempt ${number}`,
    entriesGone: (count) => (count === 1 ? "… 1 older entry is gone" : `… ${count} older entries are gone`),
    spark: (count, total, seconds, attempts, pauses) => [
      `Progress over time: ${total ? `${count} of ${total}` : count} in ${clock(seconds)}`,
      attempts > 1 && `${attempts} attempts`, pauses && (pauses === 1 ? "1 pause" : `${pauses} pauses`),
    ].filter(Boolean).join(", "),
  },
  ja: {
    ...PAGE.ja,
    backToList: "← タスク一覧", ended: "終了", copy: "コピー", copied: "コピーしました", marked: "選択しました",
    more: "すべて表示", less: "折りたたむ", terminate: "強制終了",
    sureTerminate: (name) => `${name} を強制終了しますか?`, doTerminate: "強制終了する",
    sureTerminateHow: "処理の途中でプロセスに SIGTERM を送ります。キャンセルは依頼済みで、次の更新で自然に終了します。",
    missing: {
      task: { title: "タスクが見つかりません", how: "記録の保存期間が過ぎたか、この ID のタスクはありません。" },
      workflow: { title: "ワークフローが見つかりません", how: "記録の保存期間が過ぎたか、この ID のワークフローはありません。" },
    },
    forbidden: "表示する権限がありません", forbiddenHow: "入力したトークンでは表示できません。",
    parts: {
      timeline: "経過", log: "ログ", error: "エラー", results: "結果", details: "詳細", metadata: "メタデータ", request: "依頼",
      times: "時刻", run: "実行", belongs: "所属", members: "タスク",
    },
    facts: {
      created: "作成", eta: "開始予定", expires: "有効期限", start: "開始", attempt: "この試行の開始", updated: "最終更新",
      estimated: "終了予測", end: "終了", waited: "待ち時間", took: "所要時間", again: "再実行の可能性",
      worker: "ワーカー", number: "試行", retries: "再試行", cause: "原因", asked: "内容", by: "依頼者", why: "理由", at: "日時",
      acknowledged: "実施済み", owner: "所有者", trace: "トレース", flower: "Flower", parent: "親タスク", root: "最初のタスク", group: "グループ", workflow: "ワークフロー", canvas: "キャンバス",
      stalled: "更新なし", late: "遅れ",
    },
    actions: { pause: "一時停止", cancel: "キャンセル", end: "終了" },
    linesGone: (count) => `… ${count} 行は残っていません`,
    earlierLines: (count) => `… これより前の ${count} 行は表示していません`,
    happened: {
      created: "作成", started: "開始", phase: "フェーズ", retried: "再試行", requeued: "キューに戻りました", redelivered: "再配信",
      returned: "復帰", pause: "一時停止の依頼", cancel: "キャンセルの依頼", end: "強制終了の依頼", acknowledged: "依頼を実施", resumed: "再開",
      stalled: "更新なし", late: "遅れ",
    },
    attemptNo: (number) => `${number} 回目`,
    entriesGone: (count) => `… 古い ${count} 件は残っていません`,
    spark: (count, total, seconds, attempts, pauses) => [
      `進捗の推移：${clock(seconds)} で ${total ? `${count} / ${total}` : count}`,
      attempts > 1 && `試行 ${attempts} 回`, pauses && `一時停止 ${pauses} 回`,
    ].filter(Boolean).join("、"),
  },
};
